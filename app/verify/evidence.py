"""What a gate hands over to be judged; collectors measure and judge nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.domain.errors import SettingsError
from app.messages import explain


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


_EVIDENCE = TypeAdapter(list[Evidence])


def evidence_to_json(evidence: list[Evidence]) -> list[dict[str, Any]]:
    """Return evidence in the form in which it is stored: plain JSON, UTC instants."""
    plain: list[dict[str, Any]] = _EVIDENCE.dump_python(evidence, mode="json")
    return plain


def evidence_from_json(text: str) -> list[Evidence]:
    """Return the evidence that was stored as ``text``.

    Raises:
        SettingsError: it is in another shape; names the field.
    """
    try:
        return _EVIDENCE.validate_json(text)
    except ValidationError as failure:
        raise SettingsError(f"the evidence is damaged: {explain(failure)}") from None
