"""The gates by name; a collector is imported when it is asked."""

from collections.abc import Awaitable, Callable
from importlib import import_module

from infra.verify.evidence import Evidence
from infra.verify.target import Target

#: Each module has ``collect(target)``.
GATES = {
    "contract": "infra.verify.gates.contract",
    "supply-chain": "infra.verify.gates.supply_chain",
    "posture": "infra.verify.gates.posture",
    "leakage": "infra.verify.gates.leakage",
    "performance": "infra.verify.gates.performance",
    "cost": "infra.verify.gates.cost",
    "errors": "infra.verify.gates.errors",
    "flow": "infra.verify.gates.flow",
}


def load_collector(gate: str) -> Callable[[Target], Awaitable[Evidence]]:
    """Return what collects the evidence of a gate."""
    collect: Callable[[Target], Awaitable[Evidence]] = import_module(GATES[gate]).collect
    return collect
