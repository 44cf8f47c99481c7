"""Instants as text that sorts like time: ``2026-11-23T09:00:00.000000Z``."""

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant_to_text(instant: datetime) -> str:
    """Return an aware instant as text in UTC, to the microsecond."""
    return instant.astimezone(UTC).strftime(_FORMAT)


def text_to_instant(text: str) -> datetime:
    """Return the instant that :func:`instant_to_text` wrote."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
