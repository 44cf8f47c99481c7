"""Tokens, cookies and modes (openapi/CONTRACT.md, 3.1 to 3.4)."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import jwt
import pytest
from httpx import AsyncClient, Response

from app.domain.errors import StoreUnavailableError
from app.domain.user import Role
from app.security.signing_keys import get_signing_keys
from app.store.keys import username_key
from app.store.table import Table
from tests.support.shop import (
    PASSWORD,
    UNAUTHORIZED,
    bearer,
    fresh,
    refusal,
    stored_user,
    tokens_of,
)

pytestmark = pytest.mark.unmeasured

FOREIGN_KEY = b"f" * 64


async def forged(
    user_id: str,
    *,
    key: bytes | None = None,
    algorithm: str = "HS256",
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return an access token that differs from a real one in what is named."""
    payload = {
        "sub": user_id,
        "Username": "somebody",
        "role": "customer",
        "exp": int(datetime.now(UTC).timestamp()) + 600,
    } | claims
    signing = (await get_signing_keys()).access[0] if key is None else key
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        signing,
        algorithm=algorithm,
        headers={"kid": "signin_1"} if header is None else header,
    )


STRANGE_HEADERS: list[Any] = [
    [],
    "x",
    {"alg": "HS256", "kid": ["signin_1"]},
    {"alg": ["HS256"], "kid": "signin_1"},
    {"alg": 1, "kid": "signin_1"},
    {"alg": "HS256", "kid": "signin_1", "crit": ["x"]},
    {"alg": "HS256", "kid": "signin_1", "b64": False},
    b'{"kid":' + b"1" * 2900 + b"}",
    # Deeper than Python's own parser goes.
    b"[" * 2900,
    b'{"a":' * 590,
    bytes(range(256)),
]


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


async def cart_with(client: AsyncClient, user_id: str, token: str) -> Response:
    return await client.get(f"/cart/items/{user_id}", headers={"Authorization": f"Bearer {token}"})


async def test_a_role_of_a_later_release_may_do_what_a_customer_may(client: AsyncClient) -> None:
    user_id = fresh()
    token = await forged(user_id, role="auditor")

    assert (await cart_with(client, user_id, token)).status_code == 200
    answer = await client.get("/cart/all", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


async def logged_in(client: AsyncClient, table: Table, **headers: str) -> Response:
    user = await stored_user(table)
    answer = await client.post(
        "/login", json={"username": user.username, "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 200
    client.cookies.clear()
    return answer


def cookies_of(answer: Response) -> dict[str, Morsel[str]]:
    jar: dict[str, Morsel[str]] = {}
    for line in answer.headers.get_list("set-cookie"):
        jar |= SimpleCookie(line)
    return jar


# What a token looks like.


async def test_an_access_token_says_what_the_pages_read(client: AsyncClient, table: Table) -> None:
    before = datetime.now(UTC)

    answer = (await logged_in(client, table)).json()

    token = answer["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "signin_1", "typ": "JWT"}
    assert claims["sub"] == answer["token"]
    assert claims["Username"].startswith("user-")
    assert timedelta(minutes=59) < _expiry(claims) - before < timedelta(minutes=61)


async def test_a_refresh_token_lives_three_hours(client: AsyncClient, table: Table) -> None:
    before = datetime.now(UTC)

    answer = (await logged_in(client, table)).json()

    token = answer["refresh_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "signin_2", "typ": "JWT"}
    assert claims["sub"] == answer["token"]
    assert timedelta(minutes=179) < _expiry(claims) - before < timedelta(minutes=181)


def _expiry(claims: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(claims["exp"], UTC)


# How a token is presented.


@pytest.mark.parametrize(
    "form",
    [
        {"Authorization": "Bearer {}"},
        {"authorization": "bearer {}"},
        {"Authorization": "BEARER  {} "},
        {"X-Access-Token": "{}"},
        {"Cookie": "logged_in={}"},
        {"Cookie": "a=b; logged_in={}; user_id=x"},
        {"Authorization": "Bearer guest", "X-Access-Token": "{}"},
        {"Authorization": "Bearer undefined", "Cookie": "logged_in={}"},
        {"Authorization": "Bearer", "X-Access-Token": "null", "Cookie": "logged_in={}"},
        {"Authorization": "Basic ZXJpYzp4", "Cookie": "logged_in={}"},
    ],
)
async def test_a_token_is_taken_from_any_of_three_places(
    client: AsyncClient, stack: dict[str, str], form: dict[str, str]
) -> None:
    user_id = fresh()
    token = (await tokens_of(user_id)).access
    headers = {name: text.format(token) for name, text in form.items()}

    answer = await client.get(f"/cart/items/{user_id}", headers=headers)

    assert answer.status_code == 200


async def test_the_header_outweighs_the_other_places(client: AsyncClient) -> None:
    mine, other = fresh(), fresh()
    tokens = [(await tokens_of(user_id)).access for user_id in (mine, other)]
    others = {"X-Access-Token": tokens[1], "Cookie": f"logged_in={tokens[1]}"}

    bearer_first = await client.get(
        f"/cart/items/{mine}", headers={"Authorization": f"Bearer {tokens[0]}", **others}
    )
    own_header_next = await client.get(
        f"/cart/items/{mine}",
        headers={"X-Access-Token": tokens[0], "Cookie": f"logged_in={tokens[1]}"},
    )

    assert (bearer_first.status_code, own_header_next.status_code) == (200, 200)


@pytest.mark.parametrize("word", ["guest", "undefined", "null", "", " "])
@pytest.mark.parametrize("place", ["Authorization", "X-Access-Token", "Cookie"])
async def test_some_words_are_no_token(client: AsyncClient, word: str, place: str) -> None:
    text = {"Authorization": f"Bearer {word}", "Cookie": f"logged_in={word}"}.get(place, word)

    answer = await client.get("/cart/items/guest", headers={place: text})

    assert answer.status_code == 401
    assert refusal(answer) == UNAUTHORIZED
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("word", ["guest", "undefined", "null", ""])
async def test_in_open_mode_these_words_let_guests_in(
    client: AsyncClient, open_mode: None, word: str
) -> None:
    answer = await client.get("/cart/items/guest", headers={"Authorization": f"Bearer {word}"})

    assert answer.status_code == 200


async def test_in_open_mode_a_token_that_is_sent_must_be_valid(
    client: AsyncClient, open_mode: None
) -> None:
    answer = await client.get("/cart/items/guest", headers={"Authorization": "Bearer junk"})

    assert answer.status_code == 401


async def test_in_open_mode_a_token_does_not_bind_to_its_cart(
    client: AsyncClient, open_mode: None
) -> None:
    answer = await client.get("/cart/items/dan", headers=await bearer(fresh()))

    assert answer.status_code == 200


# What is no valid token.


async def test_a_token_like_ours_is_valid(client: AsyncClient) -> None:
    """Shows that the forgeries below fail for what they name, not for how they are made."""
    user_id = fresh()

    answer = await cart_with(client, user_id, await forged(user_id, extra="claim", iat=0))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"key": FOREIGN_KEY},
        {"algorithm": "HS512", "key": FOREIGN_KEY},
        {"header": {"kid": "signin_2"}},
        {"header": {"kid": "signin_3"}},
        {"header": {"kid": ""}},
        {"header": {}},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"Username": None},
        {"role": None},
        {"nbf": 99999999999},
    ],
)
async def test_a_token_that_is_not_ours_is_refused(
    client: AsyncClient, how: dict[str, Any]
) -> None:
    user_id = fresh()

    answer = await cart_with(client, user_id, await forged(user_id, **how))

    assert answer.status_code == 401
    assert refusal(answer) == UNAUTHORIZED


async def test_our_key_signs_by_hand(client: AsyncClient) -> None:
    """Shows that the next test's token is refused for its algorithm alone."""
    user_id = fresh()

    answer = await cart_with(client, user_id, await signed_by_hand(user_id, "HS256"))

    assert answer.status_code == 200


async def test_hs512_is_refused_even_with_our_key(client: AsyncClient) -> None:
    user_id = fresh()

    answer = await cart_with(client, user_id, await signed_by_hand(user_id, "HS512"))

    assert refusal(answer) == UNAUTHORIZED


async def signed_by_hand(user_id: str, algorithm: str) -> str:
    """Return a token signed with our own key, which the library would find too short."""
    key = (await get_signing_keys()).access[0]
    expiry = int(datetime.now(UTC).timestamp()) + 600
    header = encoded({"alg": algorithm, "kid": "signin_1", "typ": "JWT"})
    payload = encoded({"sub": user_id, "Username": "x", "role": "customer", "exp": expiry})
    digest = algorithm.replace("HS", "sha")
    signature = hmac.new(key, f"{header}.{payload}".encode(), digest).digest()
    return f"{header}.{payload}.{encoded(signature)}"


async def test_alg_none_without_a_signature_is_refused(client: AsyncClient) -> None:
    user_id = fresh()
    expiry = int(datetime.now(UTC).timestamp()) + 600
    payload = encoded({"sub": user_id, "Username": "x", "role": "staff", "exp": expiry})

    for algorithm in ("none", "None", "NONE", ""):
        header = encoded({"alg": algorithm, "kid": "signin_1", "typ": "JWT"})
        answer = await cart_with(client, user_id, f"{header}.{payload}.")
        assert answer.status_code == 401


async def test_a_token_that_was_changed_is_refused(client: AsyncClient) -> None:
    user_id = fresh()
    header, payload, signature = (await tokens_of(user_id)).access.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    promoted = encoded(claims | {"role": "staff"})

    for token in (
        f"{header}.{promoted}.{signature}",
        f"{header}.{payload}.{signature[1:]}",
        f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f".{payload}.{signature}",
    ):
        assert (await cart_with(client, user_id, token)).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        "junk",
        "a.b.c",
        "...",
        "%",
        "é.é.é",
        *(f"{encoded(header)}.e30.x" for header in STRANGE_HEADERS),
    ],
)
async def test_junk_is_refused_wherever_it_is_shown(client: AsyncClient, token: str) -> None:
    header = await client.get(
        "/cart/items/dan", headers={b"Authorization": f"Bearer {token}".encode()}
    )
    verified = await client.post("/verify-token", json={"access_token": token})
    refreshed = await client.post("/refresh-token", json={"refresh_token": token})

    for answer in (header, verified, refreshed):
        # Only what outgrows a field is malformed rather than unauthorized.
        assert answer.status_code == (400 if len(token) > 4000 and answer is not header else 401)
        assert token not in answer.text


async def test_an_expired_token_is_refused_and_a_last_second_is_not(client: AsyncClient) -> None:
    user_id = fresh()
    now = datetime.now(UTC)
    expired = await tokens_of(user_id, at=now - timedelta(minutes=60, seconds=1))
    late = await tokens_of(user_id, at=now - timedelta(minutes=59))

    refused = await cart_with(client, user_id, expired.access)
    taken = await cart_with(client, user_id, late.access)

    assert (refused.status_code, taken.status_code) == (401, 200)
    # Wherever a token is shown.
    for token, status, told in ((expired.access, 401, {}), (late.access, 200, user_id)):
        verified = await client.post("/verify-token", json={"access_token": token})
        asked = await client.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert verified.status_code == status
        assert asked.json().get("userId", {}) == told
    old = await tokens_of(user_id, at=now - timedelta(minutes=180, seconds=1))
    renewed = await client.post("/refresh-token", json={"refresh_token": old.refresh})
    assert renewed.status_code == 401


async def test_a_refresh_token_is_no_access_token(client: AsyncClient) -> None:
    user_id = fresh()
    tokens = await tokens_of(user_id)

    cart = await cart_with(client, user_id, tokens.refresh)
    verified = await client.post("/verify-token", json={"access_token": tokens.refresh})

    assert refusal(cart) == UNAUTHORIZED
    assert refusal(verified) == UNAUTHORIZED


async def test_a_token_of_the_staff_is_of_the_staff_only_by_its_role(client: AsyncClient) -> None:
    customer = await client.get("/users", headers=await bearer("staff"))
    employee = await client.get("/users", headers=await bearer("x", role=Role.STAFF))

    assert (customer.status_code, employee.status_code) == (403, 200)


# Verify and refresh.


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_valid_token_is_verified(client: AsyncClient, slash: str) -> None:
    token = (await tokens_of(fresh())).access

    answer = await client.post(f"/verify-token{slash}", json={"access_token": token})

    assert answer.status_code == 200
    assert answer.json() == {"message": "Token Valid. User Authorized", "status": 200}


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_refresh_gives_working_tokens_of_the_same_user(
    client: AsyncClient, table: Table, slash: str
) -> None:
    login = (await logged_in(client, table)).json()

    answer = await client.post(
        f"/refresh-token{slash}", json={"REFRESH_TOKEN": login["refresh_token"]}
    )

    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"access_token", "refresh_token", "status"})
    assert body["status"] == 200
    assert (await cart_with(client, login["token"], body["access_token"])).status_code == 200
    again = await client.post("/refresh-token", json={"refresh_token": body["refresh_token"]})
    assert again.status_code == 200
    claims = jwt.decode(again.json()["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["role"]) == (login["token"], "customer")


async def test_what_is_no_refresh_token_gives_none(client: AsyncClient) -> None:
    user_id = fresh()
    tokens = await tokens_of(user_id)
    old = await tokens_of(user_id, at=datetime.now(UTC) - timedelta(minutes=181))
    signed_by_access_key = await forged(user_id, header={"kid": "signin_2"})

    for token in (tokens.access, old.refresh, signed_by_access_key):
        answer = await client.post("/refresh-token", json={"refresh_token": token})
        assert refusal(answer) == UNAUTHORIZED


@pytest.mark.parametrize(
    ("path", "field"), [("/verify-token", "access_token"), ("/refresh-token", "refresh_token")]
)
@pytest.mark.parametrize("value", [None, "", [], {"hunter2": 1}, "hunter2" * 1000])
async def test_a_token_that_is_no_text_is_named_and_not_repeated(
    client: AsyncClient, path: str, field: str, value: Any
) -> None:
    answer = await client.post(path, json={field: value})

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith(f"{field}: ")
    assert "hunter2" not in answer.text


# Cookies.


async def test_a_login_sets_both_cookies(client: AsyncClient, table: Table) -> None:
    answer = await logged_in(client, table)

    cookies = cookies_of(answer)
    access, refresh = cookies["logged_in"], cookies["refresh_token"]
    assert access.value == answer.json()["access_token"]
    assert refresh.value == answer.json()["refresh_token"]
    assert (access["max-age"], refresh["max-age"]) == ("3600", "10800")
    # Scripts of the pages read the access token, no script the refresh token.
    assert not access["httponly"]
    assert refresh["httponly"] is True
    for cookie in (access, refresh):
        assert cookie["path"] == "/"
        assert cookie["samesite"].lower() == "strict"
        assert not cookie["secure"]
        assert not cookie["domain"]


@pytest.mark.parametrize("proto", ["https", "HTTPS", "https, http"])
async def test_cookies_are_secure_on_https(client: AsyncClient, table: Table, proto: str) -> None:
    login = await logged_in(client, table, **{"X-Forwarded-Proto": proto})
    logout = await client.post(
        "/logout", headers={**await bearer(fresh()), "X-Forwarded-Proto": proto}
    )

    for answer in (login, logout):
        assert all(cookie["secure"] for cookie in cookies_of(answer).values())


async def test_cookies_are_secure_when_the_shop_itself_speaks_https(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)

    answer = await client.post(
        "https://shop/login", json={"username": user.username, "password": PASSWORD}
    )

    assert all(cookie["secure"] for cookie in cookies_of(answer).values())


async def test_the_cookies_of_a_login_open_the_own_cart(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)
    await client.post("/login", json={"username": user.username, "password": PASSWORD})

    answer = await client.get(f"/cart/items/{user.user_id}")

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/logout", "/logout/", "/users/logout", "/users/logout/"])
async def test_a_logout_expires_both_cookies(client: AsyncClient, path: str) -> None:
    answer = await client.post(path, headers=await bearer(fresh()))

    cookies = cookies_of(answer)
    assert (answer.status_code, answer.json()) == (202, {"message": "Done", "status": 202})
    assert set(cookies) == {"logged_in", "refresh_token"}
    for cookie in cookies.values():
        assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")
        assert cookie["samesite"].lower() == "strict"


@pytest.mark.parametrize("path", ["/logout", "/users/logout"])
@pytest.mark.parametrize("place", ["Authorization", "X-Access-Token", "logged_in", "refresh_token"])
async def test_a_logout_ends_the_session_wherever_its_token_is(
    client: AsyncClient, table: Table, path: str, place: str
) -> None:
    login = (await logged_in(client, table)).json()
    token = login["refresh_token" if place == "refresh_token" else "access_token"]
    headers = {
        "Authorization": {"Authorization": f"Bearer {token}"},
        "X-Access-Token": {"X-Access-Token": token},
    }.get(place, {"Cookie": f"{place}={token}"})

    answer = await client.post(path, headers=headers)

    assert answer.status_code == 202
    refused = await client.post("/refresh-token", json={"refresh_token": login["refresh_token"]})
    assert refusal(refused) == UNAUTHORIZED


@pytest.mark.parametrize("token", ["", "junk", "stale.stale.stale"])
async def test_a_logout_deletes_the_cookies_whatever_token_came(
    client: AsyncClient, token: str
) -> None:
    """Of a dead token nothing is left on a shared machine."""
    cookies = f"logged_in={token}; refresh_token=abc"

    for answer in (
        await client.post("/logout", headers={"Cookie": cookies}),
        await client.post("/logout", headers={"Authorization": f"Bearer {token}"}),
    ):
        assert answer.status_code == 202
        assert {cookie["max-age"] for cookie in cookies_of(answer).values()} == {"0"}
        assert set(cookies_of(answer)) == {"logged_in", "refresh_token"}


async def test_a_logout_that_cannot_end_the_session_says_so_and_deletes_the_cookies(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailableError("the store does not answer")

    monkeypatch.setattr("app.services.sessions.store.revoke_session", fail)

    answer = await client.post("/logout", headers=await bearer(fresh()))

    assert refusal(answer)["status"] == 503
    assert answer.headers["retry-after"]
    assert set(cookies_of(answer)) == {"logged_in", "refresh_token"}


async def test_a_logout_everywhere_ends_every_session(client: AsyncClient, table: Table) -> None:
    user = await stored_user(table)
    body = {"username": user.username, "password": PASSWORD}
    logins = [(await client.post("/login", json=body)).json() for _ in range(2)]
    client.cookies.clear()

    headers = {"Authorization": f"Bearer {logins[0]['access_token']}"}
    answer = await client.post("/logout-everywhere", headers=headers)

    assert (answer.status_code, answer.json()) == (202, {"message": "Done", "status": 202})
    for login in logins:
        token = {"refresh_token": login["refresh_token"]}
        assert (await client.post("/refresh-token", json=token)).status_code == 401
    assert refusal(await client.post("/logout-everywhere")) == UNAUTHORIZED
    again = await client.post("/logout-everywhere", headers=headers)
    assert refusal(again) == UNAUTHORIZED


async def test_a_password_is_changed_and_an_account_closed(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)
    old, new = PASSWORD, "correct horse battery"
    body = {"username": user.username, "password": old}
    login = (await client.post("/login", json=body)).json()
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {login['access_token']}"}

    wrong = await client.post(
        "/change-password", json={"password": "x", "newPassword": new}, headers=headers
    )
    changed = await client.post(
        "/change-password", json={"password": old, "newPassword": new}, headers=headers
    )

    assert refusal(wrong) == {"message": "password: is wrong", "status": 401}
    assert set(changed.json()) == {"access_token", "refresh_token", "status"}
    assert cookies_of(changed)["logged_in"].value == changed.json()["access_token"]

    client.cookies.clear()
    headers = {"Authorization": f"Bearer {changed.json()['access_token']}"}
    closed = await client.post("/close-account", json={"password": new}, headers=headers)

    assert closed.json() == {"message": "Account closed", "status": 200}
    assert cookies_of(closed)["logged_in"]["max-age"] == "0"
    answer = await client.post("/login", json={**body, "password": new})
    assert answer.status_code == 401


async def test_a_demoted_or_deleted_member_of_staff_is_one_at_once_no_more(
    client: AsyncClient, table: Table
) -> None:
    name = fresh("boss")
    headers = await bearer(fresh("id"), role=Role.STAFF, username=name)
    before = await client.get("/users", headers=headers)
    await table.update(
        username_key(name),
        "SET #role = :role",
        names={"#role": "role"},
        values={":role": "customer"},
    )
    demoted = await client.get("/users", headers=headers)
    await table.delete(username_key(name))
    deleted = await client.get("/users", headers=headers)

    statuses = [answer.status_code for answer in (before, demoted, deleted)]
    assert statuses == [200, 403, 401]


async def test_in_open_mode_a_guest_logs_out(client: AsyncClient, open_mode: None) -> None:
    answer = await client.post("/logout")

    assert answer.status_code == 202


# What is always open.


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("GET", "/products", {200}),
        ("GET", "/products/unknown", {404}),
        ("GET", "/static/images/unknown_square.jpg", {404}),
        ("GET", "/catalogliveness", {200}),
        ("GET", "/liveness", {200}),
        ("GET", "/live", {200}),
        ("GET", "/healthz", {200}),
        ("GET", "/", {200}),
        ("GET", "/docs", {200}),
        ("GET", "/userinfo", {200}),
        ("POST", "/login", {400}),
        ("POST", "/register", {400}),
        ("POST", "/refresh-token", {400}),
        ("POST", "/verify-token", {400}),
    ],
)
async def test_some_paths_ask_for_no_token(
    client: AsyncClient, method: str, path: str, statuses: set[int]
) -> None:
    plain = await client.request(method, path)
    with_junk = await client.request(method, path, headers={"Authorization": "Bearer junk"})

    assert {plain.status_code, with_junk.status_code} == statuses


async def test_the_end_of_a_single_sign_on_leads_to_no_other_host(client: AsyncClient) -> None:
    answer = await client.get("/scg-logout", headers={"Referer": "https://other.example/"})

    assert (answer.status_code, answer.headers["location"]) == (302, "/")
