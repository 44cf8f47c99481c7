"""An order that was taken is answered, and no request goes on for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from pydynox.exceptions import ProvisionedThroughputExceededException

from app.deadlines import request_deadline
from app.domain.cart import Cart, CartLine
from app.domain.errors import StoreUnavailableError
from app.domain.payment import time_out_payment
from app.services.orders import wait_for_decision
from app.store.carts import add_line, delete_cart, replace_cart, set_quantity
from app.store.payments import decide_once
from app.store.table import Table, get_table
from tests.app.test_deadlines import CARD, LOST, NOW, Flaky, flaky
from tests.shop import fresh

BUSY = ProvisionedThroughputExceededException("busy")


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    """A handle of one's own, whose client may be replaced."""
    return Table(get_table().name, get_table()._client)


class NoReading:
    """A DynamoDB client that is too busy to read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name != "get_item":
            return getattr(self._client, name)

        async def refuse(*args: Any, **kwargs: Any) -> Any:
            raise BUSY

        return refuse


async def test_an_order_that_was_taken_is_never_a_503(
    client: AsyncClient, open_mode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client without a key would buy it once more."""
    user = fresh("user")
    body = {"card": CARD, "cart": [{"itemid": "1", "price": 1, "quantity": 1}], "total": "1"}
    monkeypatch.setenv("SHOP_PAYMENT_WAIT_SECONDS", "0.5")
    monkeypatch.setattr(get_table(), "_client", NoReading(get_table()._client))

    answer = await client.post(f"/order/add/{user}", json=body)

    assert answer.status_code == 200
    assert answer.json()["payment"]["message"] == "pending payment"


async def test_a_look_that_fails_is_followed_by_another(table: Table) -> None:
    decision = time_out_payment(fresh(), amount_cents=1, now=NOW)
    await decide_once(table, decision)
    client = flaky(table, *[BUSY] * 4)

    found = await wait_for_decision(table, decision.order_id, seconds=30)

    assert found == decision
    assert client.calls == 5


class Slow(Flaky):
    """A DynamoDB client that takes its time."""

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(0.2)
            return await method(*args, **kwargs)

        return call


async def test_a_request_has_one_budget_for_all_it_does(table: Table) -> None:
    client = Slow(table._client)
    table._client = client  # type: ignore[assignment]
    key = {"PK": "a", "SK": "b"}

    async def ask_on() -> None:
        while True:
            await table.get(key)

    with request_deadline(0.9), pytest.raises(StoreUnavailableError):
        await ask_on()

    assert 1 <= client.calls < 6
    await table.get(key)


async def test_the_wait_for_a_payment_ends_with_the_budget(table: Table) -> None:
    with request_deadline(0.3):
        assert await wait_for_decision(table, fresh(), seconds=1000) is None


CART_CHANGES: dict[str, Callable[[Table, str], Awaitable[None]]] = {
    "clear": delete_cart,
    "set": lambda table, user: set_quantity(table, user, "i", 2),
    "remove": lambda table, user: set_quantity(table, user, "i", 0),
    "replace": lambda table, user: replace_cart(table, Cart(user), now=NOW),
}


@pytest.mark.parametrize("change", CART_CHANGES)
async def test_a_change_of_a_cart_whose_answer_is_lost_is_not_made_twice(
    table: Table, change: str
) -> None:
    """The second time it would undo what another tab has done in between."""
    user = fresh("user")
    await add_line(table, user, CartLine("i", "x", "", "", 1, None, 1, NOW), now=NOW)
    client = flaky(table, LOST[0], works_first=True)

    with pytest.raises(StoreUnavailableError):
        await CART_CHANGES[change](table, user)

    assert client.calls == 1
