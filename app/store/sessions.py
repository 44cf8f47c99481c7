"""Sessions in the table: one item per login, which DynamoDB deletes some time after its end.

The deletion can come days late (``expires_at`` is the table's TTL attribute), so no decision
relies on it: what an item says of its end is compared with the clock.
"""

from datetime import UTC, datetime

from app.domain.instants import instant_to_text
from app.domain.session import REVOKED, Session
from app.store.keys import session_key
from app.store.schema import TIME_TO_LIVE
from app.store.stored_values import read_instant, read_own_id, read_typed
from app.store.table import NOT_THERE, Item, Table
from app.store.table_errors import ConditionFailedError
from app.store.unreadable_items import read_or_none


def session_to_item(session: Session) -> Item:
    """Return the item that stores a session."""
    return {
        **session_key(session.session_id),
        "session_id": session.session_id,
        "user_id": session.user_id,
        "username": session.username,
        "generation": session.generation,
        "rotation": session.rotation,
        "rotated_at": instant_to_text(session.rotated_at),
        TIME_TO_LIVE: int(session.ends_at.timestamp()),
    }


def item_to_session(item: Item) -> Session:
    """Return the session that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    return Session(
        session_id=read_own_id(item, "session_id", session_key),
        user_id=read_typed(item, "user_id", str),
        username=read_typed(item, "username", str),
        generation=read_typed(item, "generation", str, ""),
        rotation=read_typed(item, "rotation", int),
        rotated_at=read_instant(item, "rotated_at"),
        ends_at=datetime.fromtimestamp(read_typed(item, TIME_TO_LIVE, int), UTC),
    )


async def add_session(table: Table, session: Session) -> Session | None:
    """Store a new session; return None, or the session that already has this id."""
    try:
        await table.put(session_to_item(session), condition=NOT_THERE)
    except ConditionFailedError as failure:
        stored = item_to_session(failure.item or {})
        # The same one: the answer to the first try was lost.
        return None if stored == session else stored
    return None


async def rotate_session(
    table: Table, session_id: str, *, rotation: int, now: datetime
) -> Session | None:
    """Move a session on from ``rotation``; return it as it is stored then, or None if it is gone.

    One conditional write, which changes nothing where the session has another rotation: of two
    callers with one token, one moves it. Safe to repeat.
    """
    try:
        item = await table.update(
            session_key(session_id),
            "SET rotation = :next, rotated_at = :now",
            values={":next": rotation + 1, ":now": instant_to_text(now), ":seen": rotation},
            condition="rotation = :seen",
        )
    except ConditionFailedError as failure:
        return None if failure.item is None else _read(failure.item)
    return _read(item)


def _read(item: Item) -> Session | None:
    """Return a session; one that cannot be read is reported and has ended, for a new login."""
    return read_or_none("session", item, item_to_session)


async def revoke_session(table: Table, session: Session) -> None:
    """End a session for good, one that is not stored too. Safe to repeat."""
    ended = {**session_to_item(session), "rotation": REVOKED}
    await table.put(ended)
