"""The gates by name; a collector is imported when it is asked."""

from collections.abc import Awaitable, Callable
from importlib import import_module

from app.verify.evidence import Evidence
from app.verify.target import Target

#: Each module has ``collect(target)``.
GATES = {
    "contract": "app.verify.gates.contract",
    "supply-chain": "app.verify.gates.supply_chain",
    "posture": "app.verify.gates.posture",
    "leakage": "app.verify.gates.leakage",
    "performance": "app.verify.gates.performance",
    "cost": "app.verify.gates.cost",
    "errors": "app.verify.gates.errors",
    "flow": "app.verify.gates.flow",
}


def collector_of(gate: str) -> Callable[[Target], Awaitable[Evidence]]:
    """Return what collects the evidence of a gate."""
    collect: Callable[[Target], Awaitable[Evidence]] = import_module(GATES[gate]).collect
    return collect
