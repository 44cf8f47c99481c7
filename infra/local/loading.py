"""Importing what ``app`` may not know by name: handlers and the ASGI application."""

import importlib
from typing import Any


def load(reference: str) -> Any:
    """Return the object behind ``module.name`` or ``module:name``."""
    module, _, name = reference.replace(":", ".").rpartition(".")
    return getattr(importlib.import_module(module), name)
