"""Logging in."""

from asyncio import as_completed, create_task, gather
from threading import Event
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher
from httpx import AsyncClient

from app.security.passwords import (
    MAX_AT_ONCE,
    _hasher,
    get_password_pool,
    hash_password_blocking,
)
from app.store.table import Table
from app.store.users import change_password, find_credentials, replace_hash
from tests.support.registrations import peter
from tests.support.shop import (
    PASSWORD,
    count_calls,
    fresh,
    refusal,
    stored_user,
)

WRONG = {"message": "Invalid username or password", "status": 401}


@pytest.mark.parametrize("password", ["vmware1!", "x" * 128, "e\u0301" * 128, "\U0001f600" * 8])
async def test_a_good_new_password_logs_in_whatever_the_keyboard_sends(
    client: AsyncClient, password: str
) -> None:
    body = peter() | {"password": password}
    registered = await client.post("/register", json=body)

    composed = await client.post("/login", json=body | {"password": normalize("NFC", password)})
    taken_apart = await client.post(
        "/login", json=body | {"password": normalize("NFD", password)[:200]}
    )

    assert (registered.status_code, composed.status_code) == (201, 200)
    if len(normalize("NFD", password)) <= 200:
        assert taken_apart.status_code == 200


async def test_a_password_of_an_earlier_release_logs_in_and_gets_a_hash_of_today(
    client: AsyncClient, table: Table, full_password_work: None
) -> None:
    password = "cafe\u0301"  # Short, and hashed in the form that was sent.
    user = await stored_user(table)
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    stored = await find_credentials(table, user.username)
    assert stored is not None
    for old_hash in (_hasher().hash(password), weaker.hash(normalize("NFC", password))):
        await replace_hash(table, stored, old_hash)
        body = {"username": user.username, "password": password}

        first = await client.post("/login", json=body)
        renewed = await find_credentials(table, user.username)
        made = count_calls(table)
        again = await client.post("/login", json=body)

        assert (first.status_code, again.status_code) == (200, 200)
        assert renewed is not None
        assert renewed.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert renewed.password_hash != old_hash
        assert (await find_credentials(table, user.username)) == renewed
        assert renewed.generation == stored.generation
        assert "update" not in made
        refreshed = {"refresh_token": first.json()["refresh_token"]}
        assert (await client.post("/refresh-token", json=refreshed)).status_code == 200
        stored = renewed


async def test_a_hash_is_not_renewed_over_another_password(table: Table) -> None:
    user = await stored_user(table)
    seen = await find_credentials(table, user.username)
    assert seen is not None
    changed = await change_password(table, seen, hash_password_blocking("another one"))
    assert changed is not None

    await replace_hash(table, seen, hash_password_blocking(PASSWORD))

    assert await find_credentials(table, user.username) == changed


@pytest.mark.unmeasured
async def test_logins_take_no_place_from_other_requests(client: AsyncClient, table: Table) -> None:
    """120 logins at once while no thread hashes: most wait, the rest is refused at once."""
    body = {"username": (await stored_user(table)).username, "password": PASSWORD}
    pool, may_work = get_password_pool(), Event()
    blocked = [create_task(pool.run(may_work.wait)) for _ in range(4)]
    logins = [create_task(client.post("/login", json=body)) for _ in range(120)]
    refused = []
    try:
        for answer in as_completed(logins, timeout=20):
            refused.append(await answer)
            if len(refused) == 120 - MAX_AT_ONCE:
                break
        others = [await client.get("/products"), await client.get("/cart/items/dan")]
    finally:
        may_work.set()

    await gather(*blocked)
    answered = [answer for answer in await gather(*logins) if answer not in refused]
    assert [other.status_code for other in others] == [200, 401]
    assert {answer.status_code for answer in refused} == {503}
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    assert [answer.status_code for answer in answered] == [200] * MAX_AT_ONCE


@pytest.mark.parametrize("pasted", ["{}\u200b", "\ufeff{}", "\u2060{}\n", "{}\u2800"])
async def test_an_invisible_character_that_was_pasted_stops_no_login(
    client: AsyncClient, table: Table, pasted: str
) -> None:
    user = await stored_user(table)
    body = {"username": pasted.format(user.username), "password": PASSWORD}

    answer = await client.post("/login", json=body)

    assert answer.status_code == 200
    assert answer.json()["token"] == user.user_id


# Login.


@pytest.mark.parametrize("path", ["/login", "/login/", "/acme-login", "/acme-login/"])
async def test_a_login_answers_tokens_and_the_user_id(
    client: AsyncClient, table: Table, path: str
) -> None:
    user = await stored_user(table)

    answer = await client.post(path, json={"username": user.username, "password": PASSWORD})

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "status", "token"}
    assert (body["status"], body["token"]) == (200, user.user_id)
    assert body["access_token"] != body["refresh_token"]


async def test_a_login_does_not_mind_the_case_of_the_name(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)

    answer = await client.post(
        "/login", json={"username": user.username.upper(), "password": PASSWORD}
    )

    assert answer.json()["token"] == user.user_id


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)

    wrong = await client.post("/login", json={"username": user.username, "password": "vmware1"})
    cased = await client.post("/login", json={"username": user.username, "password": "VMWARE1!"})
    unknown = await client.post("/login", json={"username": fresh(), "password": PASSWORD})

    for answer in (wrong, cased, unknown):
        assert answer.status_code == 401
        assert refusal(answer) == WRONG
        assert "set-cookie" not in answer.headers


async def test_open_mode_does_not_open_the_login(
    client: AsyncClient, table: Table, open_mode: None
) -> None:
    user = await stored_user(table)

    answer = await client.post("/login", json={"username": user.username, "password": "wrong"})

    assert answer.status_code == 401


@pytest.mark.parametrize("field", ["username", "password"])
async def test_a_login_needs_both_fields(client: AsyncClient, field: str) -> None:
    body = {"username": "eric", "password": "hunter2"}
    del body[field]

    answer = await client.post("/login", json=body)

    assert refusal(answer) == {"message": f"{field}: is missing", "status": 400}


async def test_a_login_is_three_reads_and_a_write_and_a_wrong_one_counts_thrice(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)
    made = count_calls(table)

    await client.post("/login", json={"username": user.username, "password": PASSWORD})
    good = made.copy()
    made.clear()
    await client.post("/login", json={"username": fresh(), "password": PASSWORD})

    # The first reads the counters, the last stores the session.
    assert good == ["batch_get", "get_item", "get_item", "put_item"]
    assert made == ["batch_get", "get_item"] + ["update_item"] * 3
