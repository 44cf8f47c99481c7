"""Registering: which fields, which passwords, and what is stored."""

from asyncio import gather
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from app.domain.user import Role
from app.store.table import Table
from app.store.users import find_credentials, get_user
from tests.support.registrations import peter
from tests.support.shop import (
    PASSWORD,
    bearer,
    count_calls,
    fresh,
    refusal,
    shop_client,
    staff,
    stored_user,
)

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


async def test_card_numbers_in_a_profile_are_masked(client: AsyncClient, table: Table) -> None:
    number = "5555 5555 5555 4444"
    typed = {"firstname": f"Peter {number}", "lastname": number, "email": f"{number}@x.example"}

    answer = await client.post("/register", json=peter(fresh("peter")) | typed)

    user = await get_user(table, answer.json()["resourceId"])
    masked = "**** **** **** 4444"
    assert (user.first_name, user.last_name) == (f"Peter {masked}", masked)
    assert user.email == f"{masked}@x.example"


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


async def test_a_registration_is_counted_and_is_one_transaction(
    client: AsyncClient, table: Table
) -> None:
    made = count_calls(table)

    # No other name looks like it.
    name = fresh("peterp").replace("0", "a").replace("1", "b")
    await client.post("/register", json=peter(name))

    assert made == ["get_item", "update_item", "transact_write"]
