"""How often something may be tried that an attacker would try without end.

Attempts are counted within one hour. So many of them are free; each one beyond makes the next one
wait twice as long, up to a longest wait. Nothing is locked for good: an attempt that is refused
is not counted, and a new hour begins with new counters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from app.domain.errors import TooManyAttemptsError

WINDOW_SECONDS = 60 * 60

#: Beyond this number of doublings every wait is the longest.
_MOST_DOUBLINGS = 16


@dataclass(frozen=True)
class Limit:
    """``free`` attempts an hour without a wait, and the longest wait between later ones."""

    free: int
    longest_wait_seconds: int

    def wait_seconds(self, count: int) -> int:
        """Return the pause before the next attempt when so many were counted; 0 for none."""
        beyond = count - self.free
        if beyond < 0:
            return 0
        return min(1 << min(beyond, _MOST_DOUBLINGS), self.longest_wait_seconds)


@dataclass(frozen=True)
class Limits:
    """Every limit of a shop.

    ``login`` counts the wrong passwords for one name from one address or one known device,
    ``login_by_name`` those for one name from everywhere: it only slows guesses down.
    ``login_by_address`` counts those for all names from one address, where no device is known.
    ``declined_cards`` counts the declined orders of one user, ``declined_cards_by_address`` those
    of all users at one address.
    """

    login: Limit
    login_by_name: Limit
    login_by_address: Limit
    registrations: Limit
    declined_cards: Limit
    declined_cards_by_address: Limit


@dataclass(frozen=True)
class Counter:
    """One counter: its key in the table, its limit, and whether that holds in any case."""

    key: str
    limit: Limit
    always_holds: bool = False


@dataclass(frozen=True)
class Attempts:
    """What a counter holds: how many attempts this hour, and when the last one was."""

    count: int = 0
    last_at: float = 0.0


def window_of(now: datetime) -> int:
    """Return the number of the hour in which attempts are counted together."""
    return int(now.timestamp()) // WINDOW_SECONDS


def seconds_to_wait(limit: Limit, attempts: Attempts, *, now: datetime) -> int:
    """Return the seconds until the next attempt is allowed; 0 if it is allowed now."""
    wait = limit.wait_seconds(attempts.count)
    # A clock that was ahead when it counted makes no wait longer.
    elapsed = max(0.0, now.timestamp() - attempts.last_at)
    return max(0, ceil(wait - elapsed))


def check_attempts(limit: Limit, attempts: Attempts, *, now: datetime) -> None:
    """Return if another attempt is allowed.

    Raises:
        TooManyAttemptsError: it comes too soon; the error says in how many seconds it will not.
    """
    if seconds := seconds_to_wait(limit, attempts, now=now):
        raise TooManyAttemptsError(seconds)


def check_counters(
    counters: Sequence[Counter], seen: Sequence[Attempts], *, now: datetime
) -> list[tuple[Counter, Attempts]]:
    """Return the counters whose limit holds, each with what it has counted.

    The first one always holds; the others do once the first has counted something, or always.

    Raises:
        TooManyAttemptsError: an attempt comes too soon.
    """
    holding = [
        (counter, attempts)
        for counter, attempts in zip(counters, seen, strict=True)
        if seen[0].count or counter is counters[0] or counter.always_holds
    ]
    for counter, attempts in holding:
        check_attempts(counter.limit, attempts, now=now)
    return holding
