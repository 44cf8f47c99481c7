"""Every operation declares the errors that it can be made to answer, and no others."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

import app.security.signing_keys
from app.security.origins import Origin
from app.security.signing_keys import get_signing_keys
from app.services.declines import count_decline
from app.services.throttling import decline_counters
from app.settings import get_settings
from app.store.table import Table, get_table
from routers import received_bodies
from routers.document_responses import ALWAYS, WITH_BODY, error_answers
from routers.error_catalogue import (
    BY_STATUS,
    CATALOGUE,
    EXAMPLE_REQUEST_ID,
    ErrorEntry,
    example_of,
)
from routers.problems import problem_app
from tests.conftest import forget_clients
from tests.fuzz.helpers.openapi_document import Operation, operations
from tests.routers.rights import ROWS, Access, World, make_world
from tests.support.shop import fresh

#: What any call can end in, or any that sends a body, has tests of its own where it is refused.
ANYWHERE = frozenset(ALWAYS) | frozenset(WITH_BODY)

#: A cart takes it, and no order of it: one comes to a thousandth of what an order may.
PRICEY = 999_999


def bearer(world: World, who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.tokens[who].access}"}


class Attempts:
    """Calls of one operation, and the codes that they were answered with."""

    def __init__(self, client: AsyncClient, operation: Operation, world: World) -> None:
        self.seen: set[str] = set()
        self.declared = operation.codes
        self._client, self._operation, self._world = client, operation, world
        self._row = ROWS[operation.name]
        self.rightful = "staff" if self._row.access is Access.STAFF else "owner"

    async def call(
        self, who: str | None = "owner", *, of: str = "owner", ids: Any = None, **options: Any
    ) -> None:
        """Call it as somebody, for the ids of somebody, or for others."""
        world = self._world
        own = {"owner": world.owner.user_id, "nobody": fresh("nobody")}[of]
        places = {
            "userid": own,
            "id": world.product.product_id if "products" in self._operation.template else own,
            "order_id": world.order_id if of == "owner" else fresh("order"),
            "name": "yogamat_square.jpg",
        }
        if "products" in self._operation.template and of == "nobody":
            places["id"] = own
        if ids is not None:
            places = dict.fromkeys(places, ids)
        if "json" not in options and "content" not in options and self._row.body:
            options["json"] = self._row.body(world, world.owner.user_id)
        headers = {"Prefer": "respond-async", **options.pop("headers", {})}
        if who is not None:
            headers |= bearer(world, who)
        self._client.cookies.clear()
        answer = await self._client.request(
            self._operation.method,
            self._operation.template.format(**places),
            headers=headers,
            **options,
        )
        if answer.status_code >= 400:
            self.seen.add(answer.json()["code"])

    async def call_wrongly(self) -> None:
        """Send what makes no sense, as whoever may send it."""
        await self.call(self.rightful, ids="%ff")
        await self.call(self.rightful, ids="a%2Fb%2Fc%2Fd")
        await self.call(self.rightful, params={"limit": 0, "include": "x"})
        if self._row.body:
            await self.call(self.rightful, content=b"{")
        await self.call(ids=fresh("unknown"))

    async def call_as_others(self) -> None:
        """Ask without a token, for what is another's, and for what is not there."""
        for who in (None, "other", "expired", "staff", "gone"):
            await self.call(who)
            await self.call(who, of="nobody")
        name = fresh()
        for password in ("not it at all", "nor this one", "nor that one"):
            body = {"username": name, "password": password, "new_password": "another good one"}
            await self.call(json=body)
        await self.call(json={"refresh_token": "x", "access_token": "x"})

    async def call_again(self) -> None:
        """Send the same twice, and something else under the same key."""
        world = self._world
        if self._row.body:
            body = self._row.body(world, world.owner.user_id)
            for quantity in (1, 2):
                line = {"itemid": world.product.product_id, "quantity": quantity}
                more = {"cart": [line], "total": None} if "cart" in body else line
                key = {"Idempotency-Key": f"key-{world.order_id}"}
                await self.call(json={**body, **more}, headers=key)
            await self.call(json={**body, "username": world.owner.username})

    async def fill_the_cart(self) -> None:
        """Ask for more than a cart holds."""
        user = self._world.owner.user_id
        line = {"itemid": "gold", "price": PRICEY, "quantity": 1}
        await self._client.post(
            f"/cart/item/add/{user}", json=line, headers=bearer(self._world, "owner")
        )
        await self.call(json={**line, "quantity": 1_000_000})
        await self.call(json={"cart": [{**line, "quantity": 1_000_000}]})

    async def after_declined_cards(self) -> None:
        """Order after so many declined cards that the next order must wait."""
        if self._operation.template.startswith("/order/add"):
            keys, limits = await get_signing_keys(), get_settings().limits
            mine, *_ = decline_counters(
                keys, limits, user_id=self._world.owner.user_id, origin=Origin("", "")
            )
            for _ in range(3):
                await count_decline(get_table(), [mine.key], now=datetime.now(UTC))
            await self.call()
            await self.call()


async def meet_outages(attempts: list[Attempts], monkeypatch: pytest.MonkeyPatch) -> None:
    """Call every operation without a table, without a queue and without keys."""
    keys = app.security.signing_keys._cached_keys
    for setting, known in (
        ("PAYMENT_REQUEST_QUEUE_URL", keys),
        ("TABLE", keys),
        ("SIGNING_KEYS_SECRET", None),
    ):
        with monkeypatch.context() as away:
            away.setenv(setting, f"{os.environ[setting]}-is-gone")
            forget_clients()
            app.security.signing_keys._cached_keys = known
            for one in attempts:
                await one.call(one.rightful)
    forget_clients()


async def test_an_operation_declares_the_errors_that_it_can_be_made_to_answer(
    client: AsyncClient, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGIN_ATTEMPTS", "2")
    monkeypatch.setenv("REGISTRATIONS", "8")
    monkeypatch.setenv("DECLINED_CARDS", "1")
    get_settings.cache_clear()
    attempts = []
    for operation in operations().values():
        one = Attempts(client, operation, await make_world(get_table()))
        attempts.append(one)
        await one.call_again()
        await one.fill_the_cart()
        await one.call_wrongly()
        await one.call_as_others()
    await meet_outages(attempts, monkeypatch)
    for one in attempts:
        await one.after_declined_cards()

    wrong = {
        name: {"missing": one.seen - one.declared, "never seen": one.declared - one.seen - ANYWHERE}
        for name, one in zip(operations(), attempts, strict=True)
        if one.seen - one.declared or one.declared - one.seen - ANYWHERE
    }
    assert wrong == {}


def test_what_any_call_can_end_in_is_declared_by_every_operation() -> None:
    for operation in operations().values():
        wanted = set(ALWAYS) | (set(WITH_BODY) if operation.method == "POST" else set())
        assert wanted <= operation.codes, operation.name


async def no_end() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


async def test_a_post_that_asks_for_no_body_answers_408_and_413_for_one(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_bodies, "BODY_SECONDS", 0.01)
    bare = [
        operation
        for operation in operations().values()
        if operation.method == "POST" and "requestBody" not in operation.content
    ]

    assert len(bare) == 3
    for operation in bare:
        path = operation.template.format(userid=fresh())
        large = await client.post(path, content=bytes(300_000))
        late = await client.post(path, content=no_end())
        assert (large.status_code, large.json()["code"]) == (413, "content_too_large"), path
        assert (late.status_code, late.json()["code"]) == (408, "request_timeout"), path


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
async def test_an_example_is_what_the_shop_would_answer(entry: ErrorEntry) -> None:
    shop = problem_app(entry.status, entry.example)

    async with AsyncClient(transport=ASGITransport(shop), base_url="http://shop") as client:
        answered = (await client.get("/")).json()

    as_always = {"code": entry.code, "request_id": EXAMPLE_REQUEST_ID}
    assert example_of(entry) == {**answered, **as_always}


async def test_the_example_of_405_is_a_405(client: AsyncClient) -> None:
    example = example_of(BY_STATUS[405])

    answered = (await client.put("/products")).json()

    assert answered == {**example, "request_id": answered["request_id"]}
    assert answered["fields"] == []


def test_an_answer_has_an_example_for_each_of_its_codes() -> None:
    answers, components = error_answers(["unauthorized", "invalid_credentials"])

    assert answers["401"] == {"$ref": "#/components/responses/InvalidCredentialsOrUnauthorized"}
    content = components["InvalidCredentialsOrUnauthorized"]["content"]["application/json"]
    examples = content["examples"]
    entries = {entry.code: entry for entry in CATALOGUE}
    assert {code: example["value"] for code, example in examples.items()} == {
        code: example_of(entries[code]) for code in ("invalid_credentials", "unauthorized")
    }
