"""Compressed answers of the local server: what a network of caches does in a stack."""

from typing import Any

from starlette.middleware.gzip import GZipMiddleware

#: Below this the headers of a packet weigh more than what is saved.
_MINIMUM_BYTES = 1000
#: Higher levels take twice the time for two percent.
_LEVEL = 5


def compressed(app: Any) -> GZipMiddleware:
    """Return ``app`` with answers compressed for clients that say they can read it."""
    return GZipMiddleware(app, minimum_size=_MINIMUM_BYTES, compresslevel=_LEVEL)
