"""What the bench prints: figures, each with how far its rounds lie apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Figure:
    """One measured value; ``unit`` says what it counts.

    ``low`` and ``high`` are the quartiles of its rounds, where there were rounds; ``base`` is
    what the last release had, where it was measured, too.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    base: float | None = None


@dataclass(frozen=True)
class Case:
    """One thing to do, as each contestant did it: round by round, in milliseconds of CPU.

    ``goal`` is the ratio to each peer that the shop should reach.
    """

    name: str
    rounds: dict[str, list[float]]
    goal: dict[str, float] = field(default_factory=dict)
    unit: str = "ms CPU"


def figures(case: Case) -> list[Figure]:
    """Return the medians of a case, and the shop's ratio to each of its peers."""
    found = [
        _figure(f"{case.name}, {contestant}", values, case.unit)
        for contestant, values in case.rounds.items()
    ]
    own = case.rounds["shop"]
    for peer, values in case.rounds.items():
        if peer != "shop":
            ratios = [mine / other for mine, other in zip(own, values, strict=True)]
            low, high = _quartiles(ratios)
            ratio = median(own) / median(values)
            unit = f"x {peer}" + (f" (goal {case.goal[peer]:.3g})" if peer in case.goal else "")
            found.append(Figure(f"{case.name}, against {peer}", ratio, unit, low, high))
    return found


def _figure(name: str, values: Sequence[float], unit: str) -> Figure:
    return Figure(name, median(values), unit, *_quartiles(values))


def _quartiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None  # One round says nothing about noise.
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def noise(found: Sequence[Figure]) -> float | None:
    """Return how far the quartiles of a contestant's rounds lie apart, typically, as a share."""
    spreads = [
        (figure.high - figure.low) / figure.value
        for figure in found
        if figure.low is not None and figure.high is not None and figure.unit == "ms CPU"
    ]
    return median(spreads) if spreads else None
