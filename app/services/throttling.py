"""Counting attempts at what an attacker would try without end, and refusing the next too soon.

A counter's key is a keyed hash: the table holds neither the names that were typed nor addresses. An
unknown name is counted like a known one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from app.domain.errors import InvalidCredentialsError, TooManyAttemptsError
from app.domain.throttling import (
    Attempts,
    Counter,
    Limits,
    check_attempts,
    check_counters,
    seconds_to_wait,
)
from app.security.origins import Origin, address_hash, keyed_hash, known_device
from app.security.signing_keys import SigningKeys
from app.store import attempts as store
from app.store.table import Table
from app.usernames import name_to_count


@asynccontextmanager
async def limited_login(
    table: Table,
    keys: SigningKeys,
    *,
    limits: Limits,
    username: str,
    origin: Origin,
    now: datetime,
) -> AsyncIterator[None]:
    """Let the block check a password, unless too many were wrong; count it if it is wrong.

    The limit of a name from everywhere holds for addresses that have been wrong before: one that
    has not may try at once, or strangers who never stop would keep the user out. So many addresses
    have so many guesses. The limit of an address over all names always holds, but for a known
    device: one password is tried for many names otherwise.

    The block's result is told only if the counters still allow it afterwards, so guesses at
    the same moment gain nothing. Costs a read of each counter, in one call, and one read when the
    password was right or a write for each counter when it was wrong.

    Raises:
        TooManyAttemptsError: the attempt comes too soon.
    """
    counters = login_counters(keys, limits, username, origin)
    seen = await store.list_attempts(table, [counter.key for counter in counters], now=now)
    check_counters(counters, seen, now=now)
    try:
        yield
    except InvalidCredentialsError:
        for counter, before in zip(counters, seen, strict=True):
            await _count(table, counter, before, now=now)
        raise
    own = counters[0]
    attempts = await _check(table, own, now=now, consistent=True)
    if attempts.count:
        await store.delete_attempts(table, own.key, now=now)


def login_counters(
    keys: SigningKeys, limits: Limits, username: str, origin: Origin
) -> tuple[Counter, ...]:
    """Return the counters of a login: of the device if it is known, else of address and name."""
    name = name_to_count(username)
    device = known_device(keys, origin, username)
    if device is not None:
        return (Counter(keyed_hash(keys, "login-device", name, device), limits.login),)
    address = address_hash(keys, origin)
    return (
        Counter(keyed_hash(keys, "login", name, address), limits.login),
        Counter(keyed_hash(keys, "login-name", name), limits.login_by_name),
        Counter(
            keyed_hash(keys, "login-address", address), limits.login_by_address, always_holds=True
        ),
    )


def decline_counters(
    keys: SigningKeys, limits: Limits, *, user_id: str | None, origin: Origin
) -> tuple[Counter, ...]:
    """Return the counters of an order: of the user, then of the address.

    ``user_id`` is None where ids prove nothing, in the open mode: a client that shops as ``guest``
    could otherwise stop all other guests.
    """
    address = Counter(
        keyed_hash(keys, "declined-address", address_hash(keys, origin)),
        limits.declined_cards_by_address,
    )
    if user_id is None:
        return (address,)
    return Counter(keyed_hash(keys, "declined-user", user_id), limits.declined_cards), address


async def check_registration(
    table: Table, keys: SigningKeys, *, limits: Limits, origin: Origin, now: datetime
) -> None:
    """Count a registration from an address, whatever becomes of it.

    Costs a read and a write.

    Raises:
        TooManyAttemptsError: it comes too soon; nothing was counted.
    """
    key = keyed_hash(keys, "registration", address_hash(keys, origin))
    counter = Counter(key, limits.registrations)
    seen = await _check(table, counter, now=now)
    await _count(table, counter, seen, now=now)


async def _check(
    table: Table, counter: Counter, *, now: datetime, consistent: bool = False
) -> Attempts:
    attempts = await store.get_attempts(table, counter.key, now=now, consistent=consistent)
    check_attempts(counter.limit, attempts, now=now)
    return attempts


async def _count(table: Table, counter: Counter, seen: Attempts, *, now: datetime) -> None:
    """Count one attempt.

    Raises:
        TooManyAttemptsError: others at the same moment have used up the limit; it is not counted.
    """
    limit = counter.limit
    most = max(seen.count, limit.free - 1)
    stored = await store.add_attempt(table, counter.key, most=most, now=now)
    if stored is not None:
        # The last one may be older than the read that did not see it yet.
        raise TooManyAttemptsError(max(1, seconds_to_wait(limit, stored, now=now)))
