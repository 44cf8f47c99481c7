"""Checking what many clients saw of one cart at the same time.

A history is a list of calls with the moments they began and ended. It is good when the calls
can be put in one order that respects those moments and in which every read tells what a cart
would (linearizability), looked at item by item. A call that was never answered may have
taken effect at any time after it began, or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

Kind = Literal["add", "set", "clear", "read"]

#: A search that takes longer is given up: the order of a few histories is too open.
MOST_STEPS = 2_000_000


@dataclass(frozen=True)
class Call:
    """One call about one item; a read's ``quantity`` is what it told, 0 for not there.

    ``ended`` is infinity when no answer came.
    """

    kind: Kind
    quantity: int
    began: float
    ended: float


class UndecidedError(Exception):
    """There are too many orders to try."""


def after(call: Call, state: int) -> int | None:
    """Return how many there are after a call, or None if it cannot come here."""
    if call.kind == "add":
        return state + call.quantity
    if call.kind == "set":
        return call.quantity if state else 0
    if call.kind == "clear":
        return 0
    return state if call.quantity == state else None


def is_linearizable(calls: Iterable[Call], *, most_steps: int = MOST_STEPS) -> bool:
    """Tell whether some order explains what the calls about one item told.

    The search of Wing and Gong with Lowe's memory: it goes through the calls by the time
    they began and never comes to the same set of done calls and quantity twice.

    Raises:
        UndecidedError: not found within ``most_steps``.
    """
    # A read that was not answered told nothing.
    ordered = sorted(
        (call for call in calls if call.kind != "read" or call.ended < inf),
        key=lambda call: call.began,
    )
    needed = sum(1 << index for index, call in enumerate(ordered) if call.ended < inf)
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        done, state = waiting.pop()
        if done & needed == needed:
            return True
        following = []
        for index in _possible(ordered, done):
            new_state = after(ordered[index], state)
            if new_state is None:
                continue
            step = (done | 1 << index, new_state)
            if step not in seen:
                seen.add(step)
                following.append(step)
        if len(seen) > most_steps:
            raise UndecidedError
        waiting += reversed(following)
    return False


def _possible(ordered: Sequence[Call], done: int) -> list[int]:
    """Return the calls that may come next: those that began before any other had to be over."""
    # The lowest zero: everything below it is done.
    index = (~done & (done + 1)).bit_length() - 1
    first_end = inf
    found = []
    while index < len(ordered) and ordered[index].began <= first_end:
        if not done >> index & 1:
            found.append(index)
            first_end = min(first_end, ordered[index].ended)
        index += 1
    return [index for index in found if ordered[index].began <= first_end]


def broken_counters(adds: Sequence[Call], reads: Sequence[Call]) -> list[Call]:
    """Return the reads of an item that is never removed that tell of too few or too many.

    At least everything acknowledged before the read began, at most everything that was
    asked for before it ended.
    """
    return [
        read
        for read in reads
        if read.ended < inf
        and not (
            sum(add.quantity for add in adds if add.ended < read.began)
            <= read.quantity
            <= sum(add.quantity for add in adds if add.began < read.ended)
        )
    ]


def by_item(calls: Iterable[tuple[str, Call]]) -> dict[str, list[Call]]:
    """Return the calls about each item."""
    found: dict[str, list[Call]] = defaultdict(list)
    for item, call in calls:
        found[item].append(call)
    return found
