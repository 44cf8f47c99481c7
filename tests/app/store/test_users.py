"""Users in the table: a profile and a name, stored together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.errors import UsernameTakenError, UserNotFoundError
from app.domain.user import Credentials, Role, User
from app.store.keys import lookalike_key
from app.store.table import Table
from app.store.users import (
    add_user,
    credentials_to_item,
    find_credentials,
    free_lookalikes,
    get_user,
    item_to_user,
    reserve_lookalikes,
    user_to_item,
)
from tests.support.shop import fresh

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def user() -> User:
    return User(fresh("id"), fresh("Eric"), "Eric", "Cartman", "e@example.com", Role.STAFF, NOW)


def credentials(of: User) -> Credentials:
    return Credentials(of.user_id, of.username, of.role, "hash")


def test_a_user_is_read_as_it_was_stored() -> None:
    made = user()

    assert item_to_user(user_to_item(made)) == made


async def test_credentials_are_found_under_any_case_of_the_name(table: Table) -> None:
    made = user()
    await add_user(table, made, credentials(made))

    assert await get_user(table, made.user_id) == made
    assert await find_credentials(table, made.username.upper()) == credentials(made)
    assert await find_credentials(table, fresh("unknown")) is None


async def test_of_two_users_with_one_name_the_second_leaves_nothing(table: Table) -> None:
    first = user()
    second = replace(first, user_id=fresh("id"), username=first.username.lower())
    await add_user(table, first, credentials(first))

    with pytest.raises(UsernameTakenError):
        await add_user(table, second, credentials(second))

    with pytest.raises(UserNotFoundError):
        await get_user(table, second.user_id)
    assert await find_credentials(table, first.username) == credentials(first)


async def test_the_look_of_a_name_stays_with_who_reserved_it(table: Table) -> None:
    look = fresh("look")
    await table.put({**lookalike_key(look), "user_id": "owner"})

    await free_lookalikes(table, [look], user_id="other")
    assert await table.get(lookalike_key(look))
    await free_lookalikes(table, [look], user_id="owner")
    assert await table.get(lookalike_key(look)) is None


async def test_nothing_is_reserved_for_who_is_gone_meanwhile(table: Table) -> None:
    gone, look = credentials(user()), fresh("look")

    assert await reserve_lookalikes(table, gone, [look]) == ()
    assert await table.get(lookalike_key(look)) is None
    # Nor for who had the name before.
    await table.put(credentials_to_item(replace(gone, user_id=fresh("heir"))))
    assert await reserve_lookalikes(table, gone, [look]) == ()
    assert await table.get(lookalike_key(look)) is None


async def test_a_reservation_may_be_repeated_and_tells_who_has_the_look(table: Table) -> None:
    first, second, look = credentials(user()), credentials(user()), fresh("look")
    for stored in (first, second):
        await table.put(credentials_to_item(stored))

    for _ in range(2):
        assert await reserve_lookalikes(table, first, [look]) == ()
        assert await reserve_lookalikes(table, second, [look, look]) == (first.user_id,)
    for stored in (first, second):
        found = await find_credentials(table, stored.username)
        assert found == replace(stored, has_reserved_look=True)
