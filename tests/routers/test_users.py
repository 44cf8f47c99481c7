"""Registration, login and profiles over HTTP (openapi/CONTRACT.md, 1.5, 3.3 and 3.4)."""

from asyncio import as_completed, create_task, gather
from threading import Event
from typing import Any
from unicodedata import normalize
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from httpx import AsyncClient

from app.domain.user import Role
from app.security.passwords import (
    MAX_AT_ONCE,
    _hasher,
    get_password_pool,
    hash_password_blocking,
)
from app.store.table import Table, get_table
from app.store.users import change_password, find_credentials, get_user, replace_hash
from tests.support.shop import (
    PASSWORD,
    UNAUTHORIZED,
    bearer,
    count_calls,
    fresh,
    refusal,
    shop_client,
    staff,
    stored_user,
)

WRONG = {"message": "Invalid username or password", "status": 401}


def peter(username: str | None = None) -> dict[str, Any]:
    """Return the README's registration under a name of its own."""
    return {
        "username": username or fresh("peterp"),
        "password": PASSWORD,
        "firstname": "amazing",
        "lastname": "spiderman",
        "email": "peterp@acmefitness.com",
    }


# Registration.


@pytest.mark.parametrize("slash", ["", "/"])
async def test_registering_answers_with_the_id(client: AsyncClient, slash: str) -> None:
    body = peter()

    answer = await client.post(f"/register{slash}", json=body)

    assert answer.status_code == 201
    assert answer.json() == {
        "message": "User created successfully!",
        "resourceId": answer.json()["resourceId"],
        "status": 201,
    }
    assert str(UUID(answer.json()["resourceId"])) == answer.json()["resourceId"]


async def test_who_registered_can_log_in_and_read_their_profile(client: AsyncClient) -> None:
    body = peter()
    registered = await client.post("/register", json=body)

    login = await client.post("/login", json=body)
    profile = await client.get(
        f"/users/{login.json()['token']}",
        headers={"Authorization": f"Bearer {login.json()['access_token']}"},
    )

    assert login.json()["token"] == registered.json()["resourceId"]
    assert profile.json() == {
        "data": {
            "id": registered.json()["resourceId"],
            "username": body["username"],
            "firstname": "amazing",
            "lastname": "spiderman",
            "email": "peterp@acmefitness.com",
        },
        "status": 200,
    }


async def test_a_new_user_is_a_customer_whatever_they_send(
    client: AsyncClient, table: Table
) -> None:
    body = peter() | {"role": "staff", "Role": "staff", "id": "x", "user_id": "x", "is_staff": True}

    answer = await client.post("/register", json=body)

    stored = await find_credentials(table, body["username"])
    assert answer.status_code == 201
    assert stored is not None
    assert (stored.role, stored.user_id) == (Role.CUSTOMER, answer.json()["resourceId"])


async def test_a_password_is_stored_as_a_slow_salted_hash(
    client: AsyncClient, table: Table
) -> None:
    first, second = peter(), peter()
    for body in (first, second):
        await client.post("/register", json=body)

    hashes = [await find_credentials(table, user["username"]) for user in (first, second)]

    one, other = (credentials.password_hash for credentials in hashes if credentials)
    assert one.startswith("$argon2id$")
    assert one != other


async def test_email_is_optional_and_names_match_in_any_case(client: AsyncClient) -> None:
    name = fresh("peterp")

    answer = await client.post(
        "/register",
        json={
            "UserName": name,
            "PASSWORD": PASSWORD,
            "FirstName": "a",
            "lastName": "b",
            "email": None,
        },
    )

    login = await client.post("/login", json={"USERNAME": name, "Password": PASSWORD})
    assert (answer.status_code, login.status_code) == (201, 200)


@pytest.mark.parametrize("field", ["username", "password", "firstname", "lastname"])
@pytest.mark.parametrize("value", [None, "", [], {}, True])
async def test_a_field_that_is_missing_or_none_is_named(
    client: AsyncClient, table: Table, field: str, value: Any
) -> None:
    body = peter() | {field: value}
    made = count_calls(table)

    answer = await client.post("/register", json=body)

    assert answer.status_code == 400
    message = refusal(answer)["message"]
    assert message.startswith(f"{field}: ")
    assert PASSWORD not in message
    assert made == []


async def test_a_missing_field_is_told_as_missing(client: AsyncClient) -> None:
    body = peter()
    del body["lastname"]

    answer = await client.post("/register", json=body)

    assert refusal(answer) == {"message": "lastname: is missing", "status": 400}


@pytest.mark.parametrize("secret", [["hunter2"], {"hunter2": "hunter2"}, "hunter2" * 50])
async def test_a_refusal_never_repeats_the_password(client: AsyncClient, secret: Any) -> None:
    answers = [
        await client.post("/register", json=peter() | {"password": secret, "email": secret}),
        await client.post("/login", json={"username": fresh(), "password": secret}),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert "password" in refusal(answer)["message"]
        assert "hunter2" not in answer.text


@pytest.mark.parametrize("name", [" \t\u3000", "\x1c\x1f", "\u2003"])
async def test_a_name_that_is_only_space_is_none(client: AsyncClient, name: str) -> None:
    registered = await client.post("/register", json=peter(name))
    login = await client.post("/login", json={"username": name, "password": PASSWORD})

    for answer in (registered, login):
        assert answer.status_code == 400
        assert refusal(answer)["message"].startswith("username: ")


async def test_a_name_that_grows_when_names_are_compared_is_refused(client: AsyncClient) -> None:
    """One Arabic ligature counts as eighteen letters then, more than a key can hold."""
    name = "\ufdfa" * 200

    registered = await client.post("/register", json=peter(name))
    login = await client.post("/login", json={"username": name, "password": PASSWORD})

    for answer in (registered, login):
        assert refusal(answer) == {"message": "username: is too long", "status": 400}


async def test_the_longest_name_can_register_and_log_in(client: AsyncClient) -> None:
    name = fresh().ljust(200, "\U0001f600")

    registered = await client.post("/register", json=peter(name))
    login = await client.post("/login", json={"username": name, "password": PASSWORD})

    assert (registered.status_code, login.status_code) == (201, 200)


@pytest.mark.parametrize(
    "spell",
    [str.upper, str.title, lambda name: f" {name} ", lambda name: name.replace("p", "\uff50")],
)
async def test_a_name_that_reads_the_same_is_taken(
    client: AsyncClient, table: Table, spell: Any
) -> None:
    body = peter()
    await client.post("/register", json=body)
    before = await find_credentials(table, body["username"])

    answer = await client.post(
        "/register", json=peter(spell(body["username"])) | {"password": "another one"}
    )

    assert answer.status_code == 409
    assert refusal(answer) == {"message": "username: is taken", "status": 409}
    assert await find_credentials(table, body["username"]) == before
    assert (await client.post("/login", json=body)).status_code == 200


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("x", "must have at least 8 characters"),
        ("1234567", "must have at least 8 characters"),
        ("   ", "must have at least 8 characters"),
        ("e\u0301" * 7, "must have at least 8 characters"),
        ("x" * 129, "must have at most 128 characters"),
        ("password", "one of the most common"),
        ("Password123", "one of the most common"),
        ("  12345678 ", "one of the most common"),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "one of the most common"),
        ("PeterP-the-first", "must not be the user name"),
    ],
)
async def test_a_poor_new_password_is_refused(
    client: AsyncClient, table: Table, password: str, says: str
) -> None:
    body = peter("peterp-the-first") | {"password": password}
    user = await stored_user(table, username=f"peterp-the-first{fresh()}")
    headers = await bearer(user.user_id, username=user.username)
    made = count_calls(table)

    registered = await client.post("/register", json=body)
    if "user name" in says:
        password = user.username.title()
    changed = await client.post(
        "/change-password", json={"password": PASSWORD, "new_password": password}, headers=headers
    )

    for answer, field in ((registered, "password"), (changed, "new_password")):
        assert answer.status_code == 400
        message = refusal(answer)["message"]
        assert message.startswith(f"{field}: ")
        assert says in message
    assert made == []


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


@pytest.mark.parametrize("disguise", ["\u0435{}", "{}\u200b", "{}\u0000", "\u3164", "a\u00add{}"])
async def test_a_name_in_disguise_is_refused(
    client: AsyncClient, table: Table, disguise: str
) -> None:
    made = count_calls(table)

    answer = await client.post("/register", json=peter(disguise.format(fresh("ric"))))

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith("username: must not")
    assert made == []


@pytest.mark.unmeasured
async def test_a_name_in_letters_like_those_of_another_is_taken(client: AsyncClient) -> None:
    """Whichever of the two comes first; the name is free once its account is closed."""
    name = f"pollim{fresh().translate(str.maketrans('01', 'ol'))}"
    disguises = (
        name.replace("i", "\u0131"),
        name.replace("ll", "Il"),
        name.replace("ll", "l1"),
        name.replace("po", "p0"),
        name.replace("m", "rn"),
    )
    taken = {"message": "username: is taken", "status": 409}

    for first in (name, disguises[0], disguises[1]):
        registered = await client.post("/register", json=peter(first))
        assert registered.status_code == 201
        for other in {name, *disguises} - {first}:
            assert refusal(await client.post("/register", json=peter(other))) == taken
        login = {"username": first, "password": PASSWORD}
        token = (await client.post("/login", json=login)).json()["access_token"]
        closed = await client.post(
            "/close-account",
            json={"password": PASSWORD},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert closed.status_code == 200


async def test_a_name_of_an_earlier_release_keeps_its_look_alikes_taken(
    client: AsyncClient, table: Table
) -> None:
    name = f"pollim{fresh().translate(str.maketrans('01', 'ol'))}"
    await stored_user(table, username=name)

    answer = await client.post("/register", json=peter(name.replace("i", "\u0131")))

    assert answer.status_code == 409


@pytest.mark.parametrize(
    "name",
    [
        "4111111111111111",
        "card 4111-1111 1111 1111",
        "5555555555554444x",
        "Zo\u00eb 4111111111111111",
        "\uff14" + 15 * "\uff11",
    ],
)
async def test_a_name_is_no_card_number(client: AsyncClient, table: Table, name: str) -> None:
    made = count_calls(table)

    answer = await client.post("/register", json=peter(name))

    assert answer.status_code == 400
    assert refusal(answer)["message"] == "username: must not have the number of a card"
    assert made == []


async def test_card_numbers_in_a_profile_are_masked(client: AsyncClient, table: Table) -> None:
    number = "5555 5555 5555 4444"
    typed = {"firstname": f"Peter {number}", "lastname": number, "email": f"{number}@x.example"}

    answer = await client.post("/register", json=peter(fresh("peter")) | typed)

    user = await get_user(table, answer.json()["resourceId"])
    masked = "**** **** **** 4444"
    assert (user.first_name, user.last_name) == (f"Peter {masked}", masked)
    assert user.email == f"{masked}@x.example"


@pytest.mark.parametrize("pasted", ["{}\u200b", "\ufeff{}", "\u2060{}\n", "{}\u2800"])
async def test_an_invisible_character_that_was_pasted_stops_no_login(
    client: AsyncClient, table: Table, pasted: str
) -> None:
    user = await stored_user(table)
    body = {"username": pasted.format(user.username), "password": PASSWORD}

    answer = await client.post("/login", json=body)

    assert answer.status_code == 200
    assert answer.json()["token"] == user.user_id


@pytest.mark.parametrize("name", ["{}\u200b", "\u0435{}", "\u2800{}", "{}\u0000"])
async def test_a_name_that_an_earlier_release_took_still_logs_in(
    client: AsyncClient, table: Table, name: str
) -> None:
    user = await stored_user(table, username=name.format(fresh("ric")))

    answer = await client.post("/login", json={"username": user.username, "password": PASSWORD})

    assert answer.json()["token"] == user.user_id


async def test_of_16_registrations_of_one_name_one_wins(client: AsyncClient, table: Table) -> None:
    name = fresh("peterp")

    answers = await gather(
        *(client.post("/register", json=peter(name) | {"firstname": str(n)}) for n in range(16))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
    (winner,) = (answer.json()["resourceId"] for answer in answers if answer.status_code == 201)
    stored = await find_credentials(table, name)
    assert stored is not None
    assert stored.user_id == winner


async def test_of_names_that_differ_in_case_only_one_wins(own_table: dict[str, str]) -> None:
    async with shop_client() as client:
        answers = await gather(
            *(
                client.post("/register", json=peter(f"{'PETERP'[:n]}{'peterp'[n:]}"))
                for n in range(7)
            )
        )
        listed = await client.get("/users", headers=await staff())

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 6
    # The losers left nothing behind.
    assert len(listed.json()["data"]) == 1


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


async def test_a_registration_is_counted_and_is_one_transaction(
    client: AsyncClient, table: Table
) -> None:
    made = count_calls(table)

    # No other name looks like it.
    name = fresh("peterp").replace("0", "a").replace("1", "b")
    await client.post("/register", json=peter(name))

    assert made == ["get_item", "update_item", "transact_write"]


# Profiles.


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_user_reads_their_own_profile(
    client: AsyncClient, table: Table, slash: str
) -> None:
    user = await stored_user(table)

    answer = await client.get(f"/users/{user.user_id}{slash}", headers=await bearer(user.user_id))

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "id": user.user_id,
            "username": user.username,
            "firstname": "Eric",
            "lastname": "Cartman",
            "email": "eric@acmefitness.com",
        },
        "status": 200,
    }


async def test_only_staff_read_every_profile(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)
    path = f"/users/{user.user_id}"

    anonymous = await client.get(path)
    stranger = await client.get(path, headers=await bearer(fresh()))
    employee = await client.get(path, headers=await staff())

    assert refusal(anonymous) == UNAUTHORIZED
    assert refusal(stranger) == {"message": "this belongs to another user", "status": 403}
    assert employee.json()["data"]["id"] == user.user_id


async def test_a_stranger_does_not_learn_who_exists(client: AsyncClient) -> None:
    answer = await client.get(f"/users/{fresh('nobody')}", headers=await bearer(fresh()))

    assert answer.status_code == 403


async def test_an_unknown_user_is_404(client: AsyncClient) -> None:
    user_id = fresh("nobody")

    to_staff = await client.get(f"/users/{user_id}", headers=await staff())
    to_self = await client.get(f"/users/{user_id}", headers=await bearer(user_id))

    for answer in (to_staff, to_self):
        assert refusal(answer) == {"message": "no user has this id", "status": 404}


async def test_in_open_mode_a_guest_reads_a_profile(
    client: AsyncClient, table: Table, open_mode: None
) -> None:
    user = await stored_user(table)

    answer = await client.get(f"/users/{user.user_id}")

    assert answer.json()["data"]["id"] == user.user_id


async def test_reading_a_profile_is_one_call(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)
    headers = await bearer(user.user_id)
    made = count_calls(table)

    await client.get(f"/users/{user.user_id}", headers=headers)

    assert made == ["get_item"]


# The list of users.


async def test_the_list_of_users_is_for_staff(client: AsyncClient) -> None:
    anonymous = await client.get("/users")
    customer = await client.get("/users", headers=await bearer(fresh()))
    employee = await client.get("/users", headers=await staff())

    assert [answer.status_code for answer in (anonymous, customer, employee)] == [401, 403, 200]
    assert refusal(customer)["message"] == "this is for staff"


async def test_in_open_mode_the_list_holds_customers_only(
    own_table: dict[str, str], open_mode: None
) -> None:
    customer = await stored_user(get_table())
    await stored_user(get_table(), role=Role.STAFF)

    async with shop_client() as client:
        answer = await client.get("/users")

    assert [user["id"] for user in answer.json()["data"]] == [customer.user_id]


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_list_holds_every_profile_and_no_secret(
    own_table: dict[str, str], open_mode: None, slash: str
) -> None:
    users = [await stored_user(get_table()) for _ in range(3)]
    async with shop_client() as client:
        answer = await client.get(f"/users{slash}")

    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, 200)
    assert [profile["id"] for profile in body["data"]] == [user.user_id for user in users]
    assert {frozenset(profile) for profile in body["data"]} == {
        frozenset({"id", "username", "firstname", "lastname", "email"})
    }
    assert "argon2" not in answer.text


@pytest.mark.unmeasured
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
async def test_pages_of_any_size_hold_every_user_once(
    own_table: dict[str, str], open_mode: None, limit: int
) -> None:
    users = [await stored_user(get_table()) for _ in range(5)]
    seen: list[str] = []
    async with shop_client() as client:
        path: str | None = f"/users/?limit={limit}"
        while path:
            answer = await client.get(path)
            seen += [profile["id"] for profile in answer.json()["data"]]
            path = answer.links.get("next", {}).get("url")

    assert seen == [user.user_id for user in users]


async def test_a_token_of_another_list_is_400(own_table: dict[str, str], open_mode: None) -> None:
    async with shop_client() as client:
        for name in ("a", "b"):
            await client.post(f"/cart/item/add/{name}", json={"itemid": "x"})
        carts = await client.get("/cart/all?limit=1")
        token = carts.links["next"]["url"].partition("next=")[2].partition("&")[0]

        answer = await client.get(f"/users?next={token}")

    assert answer.status_code == 400
    assert refusal(answer)["message"] == "next: is not a token of this list"


# Who is logged in.


@pytest.mark.parametrize("path", ["/userinfo", "/userinfo/", "/whoami", "/whoami/"])
async def test_who_is_logged_in_is_told(client: AsyncClient, table: Table, path: str) -> None:
    user = await stored_user(table)
    login = await client.post("/login", json={"username": user.username, "password": PASSWORD})
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}

    answer = await client.get(path, headers=headers)

    assert answer.status_code == 200
    assert answer.json() == {"userId": user.user_id, "userName": user.username}


@pytest.mark.parametrize("path", ["/userinfo", "/whoami"])
@pytest.mark.parametrize("header", [None, "Bearer guest", "Bearer junk", "Bearer a.b.c", "junk"])
async def test_a_caller_without_a_token_is_an_empty_object(
    client: AsyncClient, path: str, header: str | None
) -> None:
    answer = await client.get(path, headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer.json()) == (200, {})


# The gateway's single sign-on.


@pytest.mark.parametrize("path", ["/acme-login", "/oauth2/authorization/sso"])
async def test_the_gateways_login_is_a_page(client: AsyncClient, path: str) -> None:
    answer = await client.get(path, params={"redirect": "/shop/"})

    assert answer.status_code == 200
    assert "/static/log-in/log-in.js" in answer.text


@pytest.mark.parametrize("target", ["/", "https://evil.example/", "//evil.example"])
async def test_the_gateways_logout_never_leads_to_another_host(
    client: AsyncClient, target: str
) -> None:
    answer = await client.get("/scg-logout", params={"redirect": target})

    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert len(answer.headers.get_list("set-cookie")) == 2
    assert all("Max-Age=0" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_head_logs_nobody_out(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)
    body = {"username": user.username, "password": PASSWORD}
    tokens = (await client.post("/login", json=body)).json()
    cookies = f"refresh_token={tokens['refresh_token']}"

    answer = await client.head("/scg-logout", headers={"Cookie": cookies})

    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert "set-cookie" not in answer.headers
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert (await client.post("/refresh-token", json=refresh)).status_code == 200
