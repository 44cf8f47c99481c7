"""Guessing over HTTP: 429 with ``Retry-After``, for known and unknown names alike."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

import jwt
import pytest
from httpx import AsyncClient, Response

from app.domain.card import CardRules
from app.domain.user import Role
from app.messages import PaymentRequested
from app.security_log import Kind
from app.services.payments import decide
from app.settings import get_settings
from app.store.table import Table
from routers import dependencies
from tests.support.sent_events import SentEvents
from tests.support.shop import PASSWORD, bearer, fresh, refusal, staff, stored_product, stored_user

pytestmark = pytest.mark.unmeasured


@pytest.fixture(autouse=True)
def stopped_clock(stack: dict[str, str]) -> Iterator[datetime]:
    """Let no time pass between two requests: waits do not end, and no hour begins."""
    now = datetime.now(UTC)
    stopped = type("Clock", (), {"now": staticmethod(lambda _: now)})
    with patch.object(dependencies, "datetime", stopped):
        yield now


@pytest.fixture
def limited(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong passwords and three registrations are free."""
    monkeypatch.setenv("LOGIN_ATTEMPTS", "2")
    monkeypatch.setenv("REGISTRATIONS", "3")
    get_settings.cache_clear()


async def test_two_hundred_wrong_passwords_within_a_minute_meet_a_limit(
    client: AsyncClient, table: Table
) -> None:
    user = await stored_user(table)
    answers = [
        await client.post("/login", json={"username": user.username, "password": f"guess {number}"})
        for number in range(102)
    ]

    assert [answer.status_code for answer in answers] == [401] * 100 + [429] * 2
    assert refusal(answers[-1])["message"].startswith("too many attempts; try again in ")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    right = await client.post("/login", json={"username": user.username, "password": PASSWORD})
    assert right.status_code == 429
    assert "set-cookie" not in right.headers
    other = await stored_user(table)
    body = {"username": other.username, "password": PASSWORD}
    assert (await client.post("/login", json=body)).status_code == 200


async def test_an_unknown_name_is_refused_like_a_known_one(
    client: AsyncClient, table: Table, limited: None
) -> None:
    known, unknown = (await stored_user(table)).username, fresh("nobody")
    answers = {
        name: [
            refusal(await client.post("/login", json={"username": name, "password": "x"}))
            for _ in range(4)
        ]
        for name in (known, unknown)
    }

    assert answers[known] == answers[unknown]
    assert [answer["status"] for answer in answers[known]] == [401, 401, 429, 429]


async def test_guesses_for_one_name_are_counted_together_however_it_is_written(
    client: AsyncClient, table: Table, limited: None
) -> None:
    user = await stored_user(table)
    statuses = [
        (await client.post("/login", json={"username": name, "password": "x"})).status_code
        for name in (user.username, f"{user.username}\u200b", f"\u00ad{user.username.upper()}")
    ]

    assert statuses == [401, 401, 429]


async def test_a_forged_forwarded_address_changes_nothing(
    client: AsyncClient, table: Table, limited: None
) -> None:
    name = fresh("nobody")
    statuses = [
        (
            await client.post(
                "/login",
                json={"username": name, "password": "x"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            )
        ).status_code
        for number in range(3)
    ]

    assert statuses == [401, 401, 429]


async def test_a_device_that_has_logged_in_is_not_locked_out(
    client: AsyncClient, table: Table, limited: None
) -> None:
    user = await stored_user(table, role=Role.STAFF)
    body = {"username": user.username, "password": PASSWORD}
    first = await client.post("/login", json={**body, "cookies": False})
    [cookie] = first.headers.get_list("set-cookie")
    client.cookies.clear()
    for _ in range(3):
        locked = await client.post("/login", json={**body, "password": "x"})
    assert locked.status_code == 429

    device = cookie.partition(";")[0]
    known = await client.post("/login", json=body, headers={"Cookie": device})

    assert known.status_code == 200
    assert cookie.startswith("device=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert user.username not in cookie
    assert "device" not in jwt.decode(
        known.json()["access_token"], options={"verify_signature": False}
    )


@pytest.fixture
def behind_a_proxy(limited: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    get_settings.cache_clear()


async def test_a_flood_of_registrations_from_one_address_must_wait(
    client: AsyncClient, behind_a_proxy: None
) -> None:
    statuses = []
    for address in ("192.0.2.77", "192.0.2.78"):
        for _ in range(5):
            person = {"username": fresh("bot"), "password": PASSWORD}
            answer = await client.post(
                "/register",
                json={**person, "firstname": "a", "lastname": "b"},
                headers={"X-Forwarded-For": f"6.6.6.6, {address}"},
            )
            statuses.append(answer.status_code)
        assert int(answer.headers["Retry-After"]) == 1
        login = await client.post("/login", json=person)
        assert login.status_code == 401

    assert statuses == [201, 201, 201, 429, 429] * 2


class Payments:
    """Queues whose payments are decided when the test says so."""

    def __init__(self, table: Table, now: datetime) -> None:
        self.table, self.now, self.queues = table, now, SentEvents()

    async def decide(self) -> None:
        """Decide about everything that was asked for since."""
        for event in self.queues.events:
            if isinstance(event, PaymentRequested):
                await decide(self.table, SentEvents(), event, rules=CardRules.STRICT, now=self.now)
        self.queues.events.clear()


@pytest.fixture
def payments(
    table: Table, monkeypatch: pytest.MonkeyPatch, stopped_clock: datetime
) -> Iterator[Payments]:
    """Two declined cards of a user are free, and four of an address."""
    monkeypatch.setenv("DECLINED_CARDS", "2")
    monkeypatch.setenv("DECLINED_CARDS_BY_ADDRESS", "4")
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    get_settings.cache_clear()
    payments = Payments(table, stopped_clock)
    with patch.object(dependencies, "get_queues", lambda: payments.queues):
        yield payments


async def order(
    client: AsyncClient, payments: Payments, user: str, headers: dict[str, str], **facts: str
) -> Response:
    """Order one article with a card that is declined; the payment is decided afterwards."""
    product = await stored_product(payments.table)
    body = {
        "card": {"number": "4111111111111112", "expMonth": "12", "expYear": "2099", "ccv": "123"},
        "cart": [{"itemid": product.product_id, "quantity": 1, "price": 62.5}],
    }
    answer = await client.post(
        f"/order/add/{user}",
        json=body | facts,
        headers={
            "Prefer": "respond-async",
            "X-Forwarded-For": facts.get("address_of", user),
            **headers,
        },
    )
    await payments.decide()
    return answer


async def test_who_tries_card_after_card_must_wait(
    client: AsyncClient, payments: Payments, caplog: pytest.LogCaptureFixture
) -> None:
    """The answers are asynchronous, so no waiting request sees that the card is declined."""
    caplog.set_level("INFO", "shop.security")
    user = fresh("user")
    token = await bearer(user)
    statuses = [(await order(client, payments, user, token)).status_code for _ in range(2)]
    refused = await order(client, payments, user, token)

    assert statuses == [202, 202]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refusal(refused)["message"] == "too many attempts; try again in 1 s"
    [event] = [r.getMessage() for r in caplog.records if r.name == "shop.security"]
    assert event.startswith(f"security.{Kind.REFUSED} ")
    assert event.endswith(" status=429 route=POST /order/add/{userid}")
    # Who has a bad order learns that first, and others are not held up.
    assert (await order(client, payments, user, token, total="1")).status_code == 400
    other = fresh("user")
    assert (await order(client, payments, other, await bearer(other))).status_code == 202


async def test_a_till_is_never_held_up(client: AsyncClient, payments: Payments) -> None:
    customer, clerk = fresh("user"), await staff()

    for _ in range(8):
        assert (await order(client, payments, customer, clerk)).status_code == 202

    # Nor do the cards of a till count against the customer.
    own = await bearer(customer)
    assert (await order(client, payments, customer, own)).status_code == 202


async def test_guests_of_the_open_mode_are_counted_by_address(
    client: AsyncClient, payments: Payments, open_mode: None
) -> None:
    address = fresh("address")

    statuses = [
        (await order(client, payments, fresh("guest"), {}, address_of=address)).status_code
        for _ in range(5)
    ]

    assert statuses == [202] * 4 + [429]
    assert (await order(client, payments, fresh("guest"), {})).status_code == 202
