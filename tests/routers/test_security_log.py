"""What the security log tells of requests, and what it never tells."""

import logging
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from app.domain.user import Role
from app.security.signing_keys import get_signing_keys
from app.security_log import shown_user_id
from app.settings import get_settings
from app.store.keys import username_key
from app.store.orders import get_order
from app.store.table import Table
from infra.local.log_lines import JsonFormatter
from tests.conftest import forget_clients
from tests.support.requests import REQUESTS
from tests.support.shop import PASSWORD, bearer, fresh, stored_product, stored_user, tokens_of

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "987"}


def told(record: logging.LogRecord) -> dict[str, str]:
    """Return the kind of an event of the security log, and its facts by name."""
    kind, _, facts = record.getMessage().removeprefix("security.").partition(" ")
    return {"kind": kind, **dict(re.findall(r"(\w+)=(.+?)(?= \w+=|$)", facts))}


class Events:
    """The events of the security log since the test began."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def taken(self) -> list[dict[str, Any]]:
        found = [record for record in self._caplog.records if record.name == "shop.security"]
        assert all(re.fullmatch("[0-9a-f]{32}", record.trace_id) for record in found)  # type: ignore[attr-defined]
        facts = [told(record) for record in found]
        # A keyed hash, the same for one address.
        assert all(re.fullmatch("[A-Za-z0-9_-]{16}", fact.pop("from")) for fact in facts)
        self._caplog.clear()
        return facts


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Events:
    from app.logs import prepare_log_records  # noqa: PLC0415  # Changes logging of this process.

    prepare_log_records()
    caplog.set_level(logging.DEBUG)
    return Events(caplog)


async def test_a_login_is_told_whether_it_is_good_or_bad(
    client: AsyncClient, table: Table, events: Events
) -> None:
    user = await stored_user(table)
    route = "POST /login"

    for name, password in ((user.username, PASSWORD), (user.username, "x"), (fresh(), "x")):
        await client.post("/login", json={"username": name, "password": password})

    failed = {"kind": "login_failed", "status": "401", "route": route}
    assert events.taken() == [
        {"kind": "login", "user": user.user_id, "role": "customer"},
        failed | {"user": user.user_id},
        # Whoever that was: the name may be a password that was typed in the wrong place.
        failed,
    ]


@pytest.mark.parametrize("mode", ["0", "1"])
async def test_every_refusal_is_told_once(
    client: AsyncClient, events: Events, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("AUTH_MODE", mode)
    get_settings.cache_clear()
    headers = [await bearer(fresh()), {"Authorization": "Bearer x"}, {}]
    refused = 0

    for method, path, body, _ in REQUESTS:
        for sent in headers:
            answer = await client.request(method, path, json=body, headers=sent)
            if answer.status_code in {401, 403, 429}:
                refused += 1
                (event,) = (e for e in events.taken() if e["kind"] in {"refused", "login_failed"})
                assert event["status"] == str(answer.status_code)
                assert event["route"].startswith(f"{method} /")
            assert not [e for e in events.taken() if e["kind"] == "refused"]

    assert refused > 20


async def test_a_registration_and_the_end_of_sessions_are_told(
    client: AsyncClient, events: Events
) -> None:
    name, password = fresh("u")[:20], "a long new password"
    body = {"username": name, "password": password, "firstname": "A", "lastname": "B"}
    user_id = (await client.post("/register", json=body)).json()["resourceId"]

    async def log_in() -> dict[str, str]:
        return (await client.post("/login", json={"username": name, "password": password})).json()  # type: ignore[no-any-return]

    def revoked(cause: str) -> dict[str, str]:
        return {"kind": "session_revoked", "user": user_id, "cause": cause}

    login = {"kind": "login", "user": user_id, "role": "customer"}
    assert events.taken() == [{"kind": "registered", "user": user_id}]

    tokens = await log_in()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    client.cookies.clear()
    await client.post("/logout", headers=headers)
    await client.post("/logout-everywhere", headers=headers)

    assert events.taken() == [login, revoked("log_out"), revoked("log_out_everywhere")]

    headers = {"Authorization": f"Bearer {(await log_in())['access_token']}"}
    changed = "another long password"
    await client.post(
        "/change-password", json={"password": password, "new_password": changed}, headers=headers
    )
    password = changed
    headers = {"Authorization": f"Bearer {(await log_in())['access_token']}"}
    await client.post("/close-account", json={"password": password}, headers=headers)

    assert events.taken() == [login, revoked("password_changed"), login, revoked("account_closed")]


async def test_a_stolen_refresh_token_and_another_role_are_told(
    client: AsyncClient, table: Table, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await stored_user(table)
    body = {"username": user.username, "password": PASSWORD}
    first = (await client.post("/login", json=body)).json()["refresh_token"]
    second = (await client.post("/refresh-token", json={"refresh_token": first})).json()
    await client.post("/refresh-token", json={"refresh_token": second["refresh_token"]})
    events.taken()

    answer = await client.post("/refresh-token", json={"refresh_token": first})

    assert answer.status_code == 401
    assert [event["kind"] for event in events.taken()] == ["session_revoked", "refused"]

    promoted = (await client.post("/login", json=body)).json()["refresh_token"]
    await table.update(
        username_key(user.username),
        "SET #role = :role",
        names={"#role": "role"},
        values={":role": str(Role.STAFF)},
    )
    events.taken()
    await client.post("/refresh-token", json={"refresh_token": promoted})
    assert events.taken() == [{"kind": "role_changed", "user": user.user_id, "role": "staff"}]


async def test_what_staff_do_with_the_data_of_others_is_told(
    client: AsyncClient, table: Table, events: Events
) -> None:
    member = await stored_user(table, role=Role.STAFF)
    buyer_id = str(uuid4())
    headers = await bearer(member.user_id, role=Role.STAFF, username=member.username)
    access = {"kind": "staff_access", "user": member.user_id}

    for path in (f"/order/{buyer_id}", f"/order/{member.user_id}", "/order/all", "/users"):
        assert (await client.get(path, headers=headers)).status_code == 200
    secret = (await tokens_of(buyer_id)).access
    await client.get(f"/order/{secret}", headers=headers)

    assert events.taken() == [
        access | {"of": buyer_id},
        access | {"of": "everybody"},
        access | {"of": "everybody"},
        access | {"of": "?"},
    ]


async def test_an_order_tells_who_placed_it_for_somebody_else(
    client: AsyncClient, table: Table, events: Events
) -> None:
    product = await stored_product(table)
    member, buyer = await stored_user(table, role=Role.STAFF), await stored_user(table)
    body = {"card": CARD, "cart": [{"id": product.product_id, "quantity": 1}]}
    told: dict[Role, list[str | None]] = {}
    for user, role in ((member, Role.STAFF), (buyer, Role.CUSTOMER)):
        headers = await bearer(user.user_id, role=role, username=user.username)
        headers |= {"Prefer": "respond-async"}
        for path in (f"/order/add/{buyer.user_id}", "/order/add"):
            sent = body | {"userid": buyer.user_id}
            answer = await client.post(path, json=sent, headers=headers)
            assert answer.status_code == 202
            placed = await get_order(table, answer.json()["order_id"])
            told.setdefault(role, []).append(placed.placed_by)

    assert told == {Role.STAFF: [member.user_id] * 2, Role.CUSTOMER: [None] * 2}
    assert [event["kind"] for event in events.taken()] == ["staff_access"] * 2


async def test_no_event_holds_a_secret_or_what_was_typed(
    client: AsyncClient, table: Table, caplog: pytest.LogCaptureFixture, events: Events
) -> None:
    user = await stored_user(table)
    tokens = await tokens_of(user.user_id)
    canaries = {"canary-name", "canary-password", "canary-body", CARD["number"]}
    canaries |= {
        tokens.access,
        tokens.refresh,
        PASSWORD,
        (await get_signing_keys()).fingerprint.hex(),
    }
    body = {"username": "canary-name", "password": "canary-password", "x": "canary-body"}

    await client.post("/login", json=body)
    await client.post("/login", json={"username": user.username, "password": PASSWORD})
    await client.post(
        "/order/add/canary-body", json={"card": CARD}, headers={"X-Access-Token": tokens.access}
    )
    await client.get(
        f"/order/{tokens.access}?q=canary-body", headers={"Authorization": "Bearer canary-body"}
    )
    await client.post("/refresh-token", json={"refresh_token": tokens.access})

    lines = [JsonFormatter().format(r) for r in caplog.records if r.name == "shop.security"]
    assert len(lines) == 5
    assert [canary for canary in canaries for line in lines if canary in line] == []


async def test_before_the_keys_are_read_an_event_has_no_address(
    client: AsyncClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    forget_clients()
    caplog.set_level(logging.INFO)

    answer = await client.get("/cart/items/dan")

    assert answer.status_code == 401
    (record,) = (record for record in caplog.records if record.name == "shop.security")
    assert told(record) == {
        "kind": "refused",
        "status": "401",
        "route": "GET /cart/items/{userid}",
    }
    assert datetime.now(UTC).timestamp() - record.created < 60


def test_what_only_begins_like_an_id_is_not_told() -> None:
    assert shown_user_id("0" * 24) == "0" * 24
    assert shown_user_id("0" * 24 + " user=admin") == "?"
