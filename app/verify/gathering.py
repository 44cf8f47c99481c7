"""Asking the gates of a stage, one after the other: some of them measure this machine."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from importlib import import_module, util

from app.verify.evidence import Evidence
from app.verify.policy import PolicyError
from app.verify.target import Target

Collect = Callable[[Target], Awaitable[Evidence]]

_GATES = "app.verify.gates"


def collector(gate: str) -> Collect:
    """Return what gathers the evidence of a gate; imported only now.

    Raises:
        PolicyError: there is no such gate.
    """
    name = f"{_GATES}.{gate}"
    if not gate.isidentifier() or util.find_spec(name) is None:
        raise PolicyError(f"there is no gate called {gate}")
    collect: Collect = import_module(name).collect
    return collect


async def gather(target: Target, gates: Iterable[str]) -> list[Evidence]:
    """Return the evidence of every gate; one that breaks says so and stops no other."""
    return [await _asked(gate, collect, target) for gate, collect in _named(gates)]


def _named(gates: Iterable[str]) -> list[tuple[str, Collect]]:
    return [(gate, collector(gate)) for gate in gates]


async def _asked(gate: str, collect: Collect, target: Target) -> Evidence:
    try:
        return await collect(target)
    except Exception as failure:  # noqa: BLE001  # Its text may hold anything; its kind does not.
        told = f"the gate broke: {type(failure).__name__}"
        return Evidence(gate, "nothing", datetime.now(UTC), unreachable=told)
