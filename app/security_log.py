"""The security log: one event for everything that operators may have to account for later.

An event is a line of the logger ``shop.security``: its kind, the user's id where it is known, a
keyed hash of the address, and what the kind adds. Time and request id (``trace_id``) are those of
the line. No event holds a name that was typed, a password, a token, a card or a body.
"""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum

from app.domain.ids import UUID_PATTERN
from app.metrics import LOGINS, REFUSALS, THROTTLES, emit_metrics

log = logging.getLogger("shop.security")

_TOO_MANY = 429

#: User ids that the shop itself gave: its own and those of its first users.
_USER_ID = re.compile(f"[0-9a-f]{{24}}|{UUID_PATTERN}")


class Kind(StrEnum):
    """The kinds of security events."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    REFUSED = "refused"
    REGISTERED = "registered"
    ROLE_CHANGED = "role_changed"
    SESSION_REVOKED = "session_revoked"
    STAFF_ACCESS = "staff_access"
    KEYS_ROTATED = "keys_rotated"


class Client:
    """Who makes the request at hand, as far as it is known yet."""

    __slots__ = ("hash_address", "user_id")

    def __init__(self, hash_address: Callable[[], str | None]) -> None:
        """Keep how the address is hashed; most requests never need it."""
        self.hash_address = hash_address
        self.user_id: str | None = None


#: The client of the request at hand; None outside of one.
current_client: ContextVar[Client | None] = ContextVar("client", default=None)


def note_user(user_id: str) -> None:
    """Note the user that the request at hand turned out to be from, or about."""
    if client := current_client.get():
        client.user_id = user_id


def record_security_event(kind: Kind, *, user_id: str | None = None, **facts: str | int) -> None:
    """Write one event; ``user_id`` is the user of the request unless another one is given."""
    client = current_client.get()
    known = {
        "user": user_id or (client.user_id if client else None),
        "from": client.hash_address() if client else None,
    }
    told = {name: value for name, value in known.items() if value} | facts
    log.info("security.%s", " ".join([kind, *(f"{name}={value}" for name, value in told.items())]))
    now = datetime.now(UTC)
    if kind is Kind.LOGIN:
        emit_metrics({LOGINS: 1}, now=now)
    elif facts.get("status") == _TOO_MANY:
        emit_metrics({THROTTLES: 1}, now=now)
    elif kind in {Kind.LOGIN_FAILED, Kind.REFUSED}:
        emit_metrics({REFUSALS: 1}, now=now)


def shown_user_id(user_id: str) -> str:
    """Return an id out of a path as it may stand in the log: a path can hold any text."""
    return user_id if _USER_ID.fullmatch(user_id) else "?"
