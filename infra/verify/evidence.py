"""The evidence of a gate: collectors measure, ``decision.py`` judges."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Measurement:
    """One figure. ``value`` is None when there was nothing to measure.

    ``samples`` is how many observations it rests on, ``baseline`` what the version before
    had, ``unit`` what it counts.
    """

    name: str
    value: float | None
    unit: str
    samples: int = 1
    baseline: float | None = None
    about: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: which rule, with what, and how. Never a secret."""

    rule: str
    subject: str
    message: str


@dataclass(frozen=True)
class Evidence:
    """What one gate found out, from where and when; ``unreachable`` says why nothing."""

    gate: str
    source: str
    taken_at: datetime
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreachable: str | None = None
