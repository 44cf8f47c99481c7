"""Sessions from login to log-out, at any time."""

from asyncio import gather
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app.domain.errors import UnauthorizedError
from app.domain.session import GRACE
from app.domain.user import Role, User
from app.security.signing_keys import SigningKeys
from app.security.tokens import Caller, TokenPair, read_access_token
from app.services.sessions import (
    confirm_staff,
    end_all_sessions,
    end_sessions,
    refresh_session,
    start_session,
)
from app.store.keys import username_key
from app.store.table import Table
from app.store.users import delete_credentials, find_credentials
from tests.support.shop import count_calls, stored_user

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
LIFETIME = timedelta(hours=12)
SECOND = timedelta(seconds=1)


async def start(table: Table, user: User) -> TokenPair:
    credentials = await find_credentials(table, user.username)
    assert credentials is not None
    return await start_session(table, KEYS, credentials, now=NOW, lifetime=LIFETIME)


async def refresh(table: Table, token: str, *, at: datetime = NOW) -> TokenPair:
    return await refresh_session(table, KEYS, refresh_token=token, now=at, lifetime=LIFETIME)


async def set_role(table: Table, user: User, role: Role) -> None:
    await table.update(
        username_key(user.username),
        "SET #role = :role",
        names={"#role": "role"},
        values={":role": str(role)},
    )


def caller_of(user: User, role: Role = Role.STAFF) -> Caller:
    return Caller(user.user_id, user.username, role)


async def test_two_logins_in_one_second_are_two_sessions(table: Table) -> None:
    user = await stored_user(table)

    one, other = await gather(start(table, user), start(table, user))

    assert not {one.access, one.refresh} & {other.access, other.refresh}


async def test_a_renewal_costs_one_read_and_one_write(table: Table) -> None:
    tokens = await start(table, await stored_user(table))
    calls = count_calls(table)

    await refresh(table, tokens.refresh)

    assert calls == ["get_item", "update_item"]


async def test_a_refresh_token_gets_one_answer_for_a_moment(table: Table) -> None:
    """It was lost, or several tabs ask at once."""
    tokens = await start(table, await stored_user(table))

    answers = await gather(*(refresh(table, tokens.refresh) for _ in range(6)))
    again = await refresh(table, tokens.refresh, at=NOW + GRACE)

    assert {*answers, again} == {again}
    assert again != tokens
    assert await refresh(table, again.refresh, at=NOW + 2 * GRACE) != again


async def test_a_token_that_is_used_twice_ends_the_session(table: Table) -> None:
    """Whoever was first, the user or the thief, the other one has the old token."""
    stolen = (await start(table, await stored_user(table))).refresh
    renewed = await refresh(table, stolen)

    with pytest.raises(UnauthorizedError):
        await refresh(table, stolen, at=NOW + GRACE + SECOND)

    with pytest.raises(UnauthorizedError):
        await refresh(table, renewed.refresh, at=NOW + GRACE + SECOND)


async def test_a_session_ends_for_good_however_often_it_is_renewed(table: Table) -> None:
    token, at = (await start(table, await stored_user(table))).refresh, NOW
    while at + timedelta(hours=2) < NOW + LIFETIME:
        at += timedelta(hours=2)
        token = (await refresh(table, token, at=at)).refresh

    with pytest.raises(UnauthorizedError):
        await refresh(table, token, at=NOW + LIFETIME)


async def test_a_renewal_has_the_role_of_now(table: Table) -> None:
    user = await stored_user(table, role=Role.STAFF)
    tokens = await start(table, user)
    await set_role(table, user, Role.CUSTOMER)

    renewed = await refresh(table, tokens.refresh)

    assert not read_access_token(renewed.access, KEYS, now=NOW).is_staff


async def test_a_user_who_is_gone_renews_nothing(table: Table) -> None:
    user = await stored_user(table)
    tokens = await start(table, user)
    await delete_credentials(table, user.username)
    with pytest.raises(UnauthorizedError):
        await refresh(table, tokens.refresh)

    # Somebody else takes the name.
    await stored_user(table, username=user.username)
    with pytest.raises(UnauthorizedError):
        await refresh(table, tokens.refresh)


@pytest.mark.parametrize("kind", ["access", "refresh"])
async def test_a_log_out_ends_the_session_of_either_token(table: Table, kind: str) -> None:
    tokens = await start(table, await stored_user(table))
    other = await start(table, await stored_user(table))

    for _ in range(2):
        await end_sessions(table, KEYS, ["junk", getattr(tokens, kind)])

    with pytest.raises(UnauthorizedError):
        await refresh(table, tokens.refresh)
    await refresh(table, other.refresh)


async def test_a_log_out_ends_the_session_of_each_token(table: Table) -> None:
    one, other = [await start(table, await stored_user(table)) for _ in range(2)]

    await end_sessions(table, KEYS, [one.access, one.refresh, other.access])

    for tokens in (one, other):
        with pytest.raises(UnauthorizedError):
            await refresh(table, tokens.refresh)


async def test_a_log_out_everywhere_ends_every_session(table: Table) -> None:
    user = await stored_user(table)
    sessions = [await start(table, user) for _ in range(3)]

    await end_all_sessions(table, caller_of(user))

    for tokens in sessions:
        with pytest.raises(UnauthorizedError):
            await refresh(table, tokens.refresh)
    await refresh(table, (await start(table, user)).refresh)


async def test_nobody_else_logs_a_user_out_everywhere(table: Table) -> None:
    user, other = await stored_user(table), await stored_user(table)
    tokens = await start(table, user)

    with pytest.raises(UnauthorizedError):
        await end_all_sessions(table, Caller(other.user_id, user.username, Role.STAFF))

    await refresh(table, tokens.refresh)


async def test_a_token_of_before_ends_no_session_of_later(table: Table) -> None:
    user = await stored_user(table)
    caller = caller_of(user)
    await end_all_sessions(table, caller)
    later = await start(table, user)

    for generation in ("", "other"):
        with pytest.raises(UnauthorizedError):
            await end_all_sessions(table, replace(caller, generation=generation))

    later = await refresh(table, later.refresh)
    now_known = read_access_token(later.access, KEYS, now=NOW)
    calls = count_calls(table)
    await end_all_sessions(table, now_known)
    assert calls == ["update_item"]
    with pytest.raises(UnauthorizedError):
        await refresh(table, later.refresh)


async def test_staff_are_who_is_stored_as_such(table: Table) -> None:
    user = await stored_user(table, role=Role.STAFF)
    caller = caller_of(user)

    assert (await confirm_staff(table, caller)).is_staff
    await set_role(table, user, Role.CUSTOMER)
    assert not (await confirm_staff(table, caller)).is_staff
    await end_all_sessions(table, caller)
    with pytest.raises(UnauthorizedError):
        await confirm_staff(table, caller)


async def test_a_refresh_token_of_the_release_before_becomes_a_session(table: Table) -> None:
    user = await stored_user(table)
    claims = {"sub": user.user_id, "Username": user.username, "role": "customer"}
    expiry = int((NOW + timedelta(minutes=180)).timestamp())
    old = jwt.encode(
        {**claims, "exp": expiry}, b"r" * 32, algorithm="HS256", headers={"kid": "signin_2"}
    )

    one, other = await gather(refresh(table, old), refresh(table, old))
    assert one == other
    renewed = await refresh(table, one.refresh, at=NOW + SECOND)

    with pytest.raises(UnauthorizedError):
        await refresh(table, old, at=NOW + GRACE + SECOND)
    with pytest.raises(UnauthorizedError):
        await refresh(table, renewed.refresh, at=NOW + GRACE + SECOND)
