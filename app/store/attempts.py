"""Counters of attempts, one item for each and each hour; DynamoDB deletes them when they are old.

``last_at`` is in milliseconds since 1970, ``expires_at`` in seconds, as DynamoDB wants it.

The hour is part of the key, so an old counter counts for nothing, deleted or not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeGuard

from app.domain.throttling import WINDOW_SECONDS, Attempts, window_of
from app.store.keys import Key, attempts_key
from app.store.schema import TIME_TO_LIVE
from app.store.table import Item, Table
from app.store.table_errors import ConditionFailedError

#: More than can be counted in an hour, for a counter that refuses nothing.
_NO_LIMIT = 10**9

_MAY_COUNT = "attribute_not_exists(attempts) OR attempts <= :most"
_IS_DAMAGED = "NOT attribute_type(attempts, :number) OR NOT attribute_type(last_at, :number)"


def _key(counter: str, now: datetime) -> Key:
    return attempts_key(counter, window_of(now))


def item_to_attempts(item: Item | None) -> Attempts:
    """Return what a counter's item says; there is none before the first attempt.

    A damaged counter counts as none: only who may write the table damages one, never who tries
    passwords, and a user who is kept out for an hour would be the one who pays for it.
    """
    return _undamaged(item or {}) or Attempts()


def _undamaged(item: Item) -> Attempts | None:
    count, last_at = item.get("attempts"), item.get("last_at")
    if not (_is_number(count) and _is_number(last_at)):
        return None
    return Attempts(count=max(0, int(count)), last_at=last_at / 1000)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def get_attempts(
    table: Table, counter: str, *, now: datetime, consistent: bool = False
) -> Attempts:
    """Return what was counted this hour; nothing is stored before the first attempt."""
    return item_to_attempts(await table.get(_key(counter, now), consistent=consistent))


async def list_attempts(table: Table, counters: Sequence[str], *, now: datetime) -> list[Attempts]:
    """Return what each counter has counted this hour; one call for all of them."""
    keys = [_key(counter, now) for counter in counters]
    found = {item["PK"]: item for item in await table.get_many(keys)}
    return [item_to_attempts(found.get(key["PK"])) for key in keys]


async def add_attempt(table: Table, counter: str, *, most: int, now: datetime) -> Attempts | None:
    """Count one attempt if no more than ``most`` are counted, and return None.

    Otherwise return what is counted; nothing is written. One conditional write.
    """
    return await count_under(table, _key(counter, now), most=most, now=now)


async def count_under(
    table: Table, key: Key, *, most: int = _NO_LIMIT, now: datetime
) -> Attempts | None:
    """Count one attempt under the key of this hour's counter, as :func:`add_attempt` does.

    A damaged counter that holds no number, or one beyond ``most``, begins anew, with one call more.
    """
    times = f"SET last_at = :now, {TIME_TO_LIVE} = :expires"
    values = {
        ":one": 1,
        ":now": int(now.timestamp() * 1000),
        ":expires": (window_of(now) + 2) * WINDOW_SECONDS,
    }
    more, anew = f"{times} ADD attempts :one", f"{times}, attempts = :one"
    try:
        await _write(table, key, more, values | {":most": most}, condition=_MAY_COUNT)
    except ConditionFailedError as failure:
        if (stored := _undamaged(failure.item or {})) is not None:
            return stored
    else:
        return None
    try:
        await _write(table, key, anew, values | {":number": "N"}, condition=_IS_DAMAGED)
    except ConditionFailedError:
        # Another attempt at the same moment has begun it anew.
        return await count_under(table, key, most=most, now=now)
    return None


async def _write(
    table: Table, key: Key, expression: str, values: dict[str, Any], *, condition: str
) -> None:
    # After a lost answer it would count twice.
    await table.update(key, expression, values=values, condition=condition, is_repeatable=False)


async def delete_attempts(table: Table, counter: str, *, now: datetime) -> None:
    """Forget what was counted this hour."""
    await table.delete(_key(counter, now))
