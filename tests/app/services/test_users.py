"""Registration and login."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.errors import InvalidCredentialsError, UsernameTakenError
from app.domain.user import Credentials, Role, User
from app.security.origins import Origin
from app.security.passwords import hash_password
from app.security.signing_keys import SigningKeys
from app.security.tokens import read_access_token
from app.services.accounts import forget_user
from app.services.users import log_in, register_user
from app.settings import read_settings
from app.store.keys import lookalike_key
from app.store.table import Table
from app.store.users import credentials_to_item, find_credentials, get_user
from app.usernames import skeletons
from tests.support.shop import count_calls, fresh

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORIGIN, LIMITS = Origin("192.0.2.1"), read_settings({}).limits
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)

CALM: dict[str, Any] = {"origin": ORIGIN, "limits": LIMITS, "now": NOW, "lifetime": DAY}


async def register(table: Table, username: str, **changes: Any) -> User:
    facts = {
        "user_id": fresh("id"),
        "password": "vmware1!",
        "first_name": "Eric",
        "last_name": "Cartman",
        "email": "eric@acmefitness.com",
        "now": NOW,
    }
    return await register_user(table, username=username, **{**facts, **changes})


async def test_a_user_is_a_customer_and_the_password_is_stored_as_a_hash(table: Table) -> None:
    name = fresh("eric")

    user = await register(table, name)

    assert await get_user(table, user.user_id) == user
    credentials = await find_credentials(table, name)
    assert credentials is not None
    assert credentials.role is Role.CUSTOMER
    assert credentials.password_hash.startswith("$argon2id$")


async def test_a_profile_keeps_no_card_number(table: Table) -> None:
    number = "4111 1111 1111 1111"
    facts = {"first_name": number, "last_name": f"a {number}", "email": f"{number}@acme.example"}

    user = await register(table, fresh("eric"), **facts)

    masked = "**** **** **** 1111"
    stored = await get_user(table, user.user_id)
    assert (stored.first_name, stored.last_name) == (masked, f"a {masked}")
    assert stored.email == f"{masked}@acme.example"


async def test_a_name_is_taken_once_whatever_its_case(table: Table) -> None:
    name = fresh("eric")
    await register(table, name)

    with pytest.raises(UsernameTakenError):
        await register(table, name.upper())


async def test_a_login_gives_tokens_of_the_user(table: Table) -> None:
    name = fresh("eric")
    user = await register(table, name, role=Role.STAFF)

    login = await log_in(table, KEYS, username=name, password="vmware1!", **CALM)

    caller = read_access_token(login.tokens.access, KEYS, now=NOW)
    assert login.user_id == caller.user_id == user.user_id
    assert (caller.username, caller.is_staff) == (name, True)


async def test_a_wrong_password_and_an_unknown_name_are_the_same_error(table: Table) -> None:
    name = fresh("eric")
    await register(table, name)

    texts = set()
    for username, password in ((name, "wrong"), (fresh("unknown"), "vmware1!")):
        with pytest.raises(InvalidCredentialsError) as refused:
            await log_in(table, KEYS, username=username, password=password, **CALM)
        texts.add(str(refused.value))

    assert len(texts) == 1


def plain_name() -> str:
    """Return a name without characters that look like others."""
    return f"peric{fresh().translate(str.maketrans('01', 'ol'))}"


async def register_in_earlier_release(table: Table, name: str) -> Credentials:
    """Store credentials as ff5ee60 does: they reserve the name, and not what it looks like."""
    credentials = Credentials(fresh("id"), name, Role.CUSTOMER, await hash_password("vmware1!"))
    await table.put(credentials_to_item(credentials))
    return credentials


@pytest.mark.parametrize(
    ("letter", "like", "calls"),
    [
        # Of one script with the rest, and of two, which a new name must not have.
        ("l", "1", ["put_item", "update_item"]),
        ("e", "\N{CYRILLIC SMALL LETTER IE}", ["put_item", "update_item"]),
        # A name that looks like one other as it is shown, and like a second as it is compared.
        ("l", "I", ["put_item", "put_item", "update_item"]),
    ],
)
async def test_the_first_login_of_an_old_name_reserves_what_it_looks_like(
    table: Table, letter: str, like: str, calls: list[str]
) -> None:
    plain = plain_name() + "l"
    old = await register_in_earlier_release(table, plain.replace(letter, like))
    made = count_calls(table)

    for further in (calls, []):
        made.clear()
        await log_in(table, KEYS, username=old.username, password="vmware1!", **CALM)
        writes = [call for call in made if call not in {"get_item", "batch_get"}]
        # The last one is the session.
        assert writes == [*further, "put_item"]

    with pytest.raises(UsernameTakenError):
        await register(table, plain)
    await forget_user(table, old.user_id, username=old.username)
    await register(table, plain)


async def test_a_login_takes_nobody_elses_look(table: Table) -> None:
    plain = plain_name() + "l"
    old = await register_in_earlier_release(table, plain.replace("l", "1"))
    new = await register(table, plain)

    for _ in range(2):
        login = await log_in(table, KEYS, username=old.username, password="vmware1!", **CALM)
        assert login.user_id == old.user_id
    await forget_user(table, old.user_id, username=old.username)

    (form,) = skeletons(plain)
    owner = await table.get(lookalike_key(form))
    assert owner
    assert owner["user_id"] == new.user_id
