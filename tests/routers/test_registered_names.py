"""Names at registration: what is taken, in disguise, or none."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.store.table import Table
from app.store.users import find_credentials
from tests.support.registrations import peter
from tests.support.shop import (
    PASSWORD,
    count_calls,
    fresh,
    refusal,
    stored_user,
)


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


@pytest.mark.parametrize("name", ["{}\u200b", "\u0435{}", "\u2800{}", "{}\u0000"])
async def test_a_name_that_an_earlier_release_took_still_logs_in(
    client: AsyncClient, table: Table, name: str
) -> None:
    user = await stored_user(table, username=name.format(fresh("ric")))

    answer = await client.post("/login", json={"username": user.username, "password": PASSWORD})

    assert answer.json()["token"] == user.user_id
