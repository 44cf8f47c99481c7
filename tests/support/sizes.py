"""How much each proof does: little in ``make test``, all of it in ``make proof``.

Both run the same tests. ``PROOF=1`` in the environment chooses the full length;
``PROOF_SCALE=0.1`` makes that a tenth (never less than ``make test`` does), and ``PROOF_SEED``
is added to every seed.
"""

import os
from dataclasses import dataclass, fields
from typing import Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Sizes:
    """The figures that differ; one of them for each proof."""

    #: Is this the full length? Only then are seconds judged.
    is_full: bool
    #: Added to the seeds that proofs draw from.
    seed: int
    #: Fault schedules in simulated time.
    schedules: int
    #: Fault schedules in which two releases run side by side, for each pair of releases.
    release_schedules: int
    #: Planted bugs that are drawn from the catalogue, or all there are.
    planted_bugs: int
    #: Random calls compared between the table in memory and the emulator.
    compared_calls: int
    #: Seconds of ``kill -9``; outages come on top.
    kill_seconds: int
    #: Seconds of mixed traffic on a faulty connection, and how many customers come at once then.
    soak_seconds: int
    crowd: int
    #: Rounds of 64 checkouts under one key.
    checkout_rounds: int
    #: Histories of one cart, half of them of additions alone; edits of each of 16 clients.
    cart_histories: int
    cart_edits: int
    #: Bad messages for each of the four queues.
    bad_messages: int
    #: Hostile requests of each kind, or messages.
    hostile_requests: int
    #: Drawn examples of each property.
    examples: int
    #: Orders whose writes are counted by key.
    placed_orders: int
    #: Drawn histories of a sale in the till.
    till_histories: int

    def scaled(self, factor: float, least: Self) -> "Sizes":
        """Return the sizes times ``factor``, none below ``least``."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in values.items():
            if name not in {"is_full", "seed"}:
                values[name] = max(int(value * factor), getattr(least, name))
        return Sizes(**values)


SMALL = Sizes(
    is_full=False,
    seed=0,
    schedules=120,
    release_schedules=25,
    planted_bugs=1,
    compared_calls=800,
    kill_seconds=0,
    soak_seconds=4,
    crowd=100,
    checkout_rounds=1,
    cart_histories=2,
    cart_edits=10,
    bad_messages=12,
    hostile_requests=25,
    examples=40,
    placed_orders=1_500,
    till_histories=1_500,
)

FULL = Sizes(
    is_full=True,
    seed=int(os.environ.get("PROOF_SEED") or 0),
    schedules=100_000,
    release_schedules=10_000,
    planted_bugs=1_000,
    compared_calls=50_000,
    kill_seconds=600,
    soak_seconds=1_200,
    crowd=400,
    checkout_rounds=200,
    cart_histories=50,
    cart_edits=100,
    bad_messages=1_000,
    hostile_requests=5_000,
    examples=2_000,
    placed_orders=100_000,
    till_histories=30_000,
)

SIZES = (
    FULL.scaled(float(os.environ.get("PROOF_SCALE") or 1), SMALL)
    if os.environ.get("PROOF")
    else SMALL
)


def matrix(*values: T) -> tuple[T, ...]:
    """Return what a test is repeated for: the first value in small, all at full length."""
    return values if SIZES.is_full else values[:1]
