"""Declined cards: who had many of them must wait before the next order.

An open registration and unlimited tries would make the shop a service that tells good card
numbers from bad ones. Payment counts, because it knows what was declined and when for the first
time; the api looks, with the read of the products, so an order that is paid costs no write more.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from app.domain.errors import StoreUnavailableError, TooManyAttemptsError
from app.domain.throttling import Attempts, Counter, check_counters
from app.store import declines as store
from app.store.table import Table

log = logging.getLogger("shop.worker")


async def check_declines(
    table: Table, counters: Sequence[Counter], seen: Sequence[Attempts], *, now: datetime
) -> None:
    """Return if another order may be tried; ``seen`` is what the first counter had counted.

    The limit of an address holds for users who had a card declined themselves, or one of them
    could block all users at that address: the counters behind the first are read, with one call,
    only where that has counted something. Beyond a limit each order takes its turn with one write.

    Raises:
        TooManyAttemptsError: it comes too soon.
    """
    if any(attempts.count for attempts in seen) and (others := counters[len(seen) :]):
        found = await store.find_declines(table, [counter.key for counter in others], now=now)
        seen = [*seen, *found]
    for counter, attempts in check_counters(counters[: len(seen)], seen, now=now):
        wait = counter.limit.wait_seconds(attempts.count)
        if wait and not await store.take_turn(table, counter.key, attempts, now=now):
            raise TooManyAttemptsError(wait)


async def count_decline(table: Table, counters: Sequence[str], *, now: datetime) -> None:
    """Count a card that was declined just now; one write for each counter.

    A counter that cannot be written stays behind by one: a customer who waits for the answer, and
    the order itself, are worth more.
    """
    for counter in counters:
        try:
            await store.add_decline(table, counter, now=now)
        except StoreUnavailableError:
            log.warning("decline.not_counted")
