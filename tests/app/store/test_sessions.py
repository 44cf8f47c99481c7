"""Sessions in the table."""

from asyncio import gather
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.domain.session import REVOKED
from app.store.keys import session_key
from app.store.sessions import (
    add_session,
    item_to_session,
    revoke_session,
    rotate_session,
    session_to_item,
)
from app.store.table import Table
from tests.support.shop import fresh, session_of

NOW = datetime(2026, 11, 23, 9, 0, 0, 5, tzinfo=UTC)
LATER = NOW + timedelta(seconds=3)


async def test_a_session_is_read_as_it_was_stored_and_its_end_is_the_tables_ttl() -> None:
    session = replace(session_of("u", at=NOW), ends_at=datetime(2026, 11, 24, tzinfo=UTC))
    item = session_to_item(session)

    assert item_to_session(item) == session
    assert item["expires_at"] == 1795478400


async def test_of_many_callers_with_one_token_one_moves_the_session(table: Table) -> None:
    session = replace(session_of(fresh("id"), at=NOW), ends_at=datetime(2026, 11, 24, tzinfo=UTC))
    await add_session(table, session)

    found = await gather(
        *(rotate_session(table, session.session_id, rotation=0, now=LATER) for _ in range(8))
    )

    assert set(found) == {replace(session, rotation=1, rotated_at=LATER)}


async def test_a_second_session_with_an_id_is_not_stored(table: Table) -> None:
    session = replace(session_of(fresh("id"), at=NOW), ends_at=datetime(2026, 11, 24, tzinfo=UTC))

    assert await add_session(table, session) is None
    # The answer to the first try was lost.
    assert await add_session(table, session) is None
    assert await add_session(table, replace(session, rotation=7)) == session


async def test_what_is_revoked_or_unknown_is_not_moved(table: Table) -> None:
    session = session_of(fresh("id"), at=NOW)

    assert await rotate_session(table, session.session_id, rotation=0, now=LATER) is None
    assert await table.get(session_key(session.session_id)) is None

    for _ in range(2):
        await revoke_session(table, session)
        stored = await rotate_session(table, session.session_id, rotation=0, now=LATER)
        assert stored is not None
        assert stored.rotation == REVOKED
