"""A handler that records which settings it reads: ``NOTED_HANDLER``, into the file ``NOTES``."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from app import settings

#: What is worked out from settings, and from which.
_MEANS = {
    "catalog_seconds": ("kept_catalog_seconds", "stage"),
    "is_open": ("auth_mode",),
    "trusts_events": ("trust_events",),
    "session_lifetime": ("session_hours",),
    # What a collector gets is read where there is one.
    "otlp_endpoint": ("otlp_endpoint", "otlp_headers", "otlp_resource", "otlp_service"),
    "origin_hashes": ("origin_header_sha256",),
    "limits": (
        "login_attempts",
        "login_attempts_by_name",
        "login_attempts_by_address",
        "registrations",
        "declined_cards",
        "declined_cards_by_address",
    ),
}

_read_settings = settings.read_settings


class _Recorded:
    """Settings that write down the names they are asked for."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._settings = _read_settings(environment)

    def __getattr__(self, name: str) -> Any:
        for setting in _MEANS.get(name, (name,)):
            _note(setting)
        return getattr(self._settings, name)

    def required(self, name: str) -> str:
        """Return a setting that has to be there."""
        _note(name)
        return self._settings.required(name)

    def queue_url(self, queue: str) -> str:
        """Return the URL of a queue; each queue is a setting of its own."""
        _note(f"{queue.replace('-', '_')}_queue_url")
        return self._settings.queue_url(queue)


def _note(name: str) -> None:
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(f"{name}\n")


settings.read_settings = _Recorded  # type: ignore[assignment]
_module, _, _name = os.environ["NOTED_HANDLER"].rpartition(".")
handler = getattr(import_module(_module), _name)
