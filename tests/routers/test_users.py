"""Profiles, their list, and the gateway's pages for users."""

import pytest
from httpx import AsyncClient

from app.domain.user import Role
from app.store.table import Table, get_table
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
