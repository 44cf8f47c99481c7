"""What the shop does when the services behind it hang, fail, or lose an answer."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from pydynox.exceptions import (
    ConnectionException,
    ProvisionedThroughputExceededException,
    PydynoxException,
    ValidationException,
)

import app.security.signing_keys
from app.deadlines import CALL_SECONDS
from app.domain.cart import CartLine
from app.domain.errors import QueueUnavailableError, StoreUnavailableError
from app.messages import PAYMENT_REQUEST, ShipmentSent
from app.queues import SQSQueues
from app.settings import get_settings
from app.store.carts import add_line
from app.store.schema import GSI1
from app.store.table import Table, get_table
from infra.cli.sample_events import sample_event
from tests.conftest import forget_clients
from tests.events import Context, failed_places, sqs_event
from tests.shop import fresh, new_shopper
from workers import payment, shipment
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = {"PK": "a", "SK": "b"}

#: More than one call's deadline, for machines that are busy, and less than two: who waits for
#: one call after the other, or for the clients to give up themselves, is late.
ANSWER_SECONDS = 9.5
HANG_SECONDS = 5.0

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}
NAMES = {"firstname": "A", "lastname": "B", "email": "a@example.com"}
ORDER = {"card": CARD, "cart": [{"itemid": "1", "quantity": 1}], "total": "34.99"}


@contextmanager
def timed(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.fixture
def black_hole() -> Iterator[str]:
    """The address of a service that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def impatient(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less, for tests that are not about how long."""
    monkeypatch.setattr("app.deadlines.CALL_SECONDS", 0.3)


def test_one_call_leaves_time_to_answer_within_three_seconds() -> None:
    assert CALL_SECONDS <= 2.5


@pytest.fixture
def away(black_hole: str, stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything behind the shop hang; the keys are known from before."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", black_hole)
    for name in stack:
        if name.endswith("_QUEUE_URL"):
            monkeypatch.setenv(name, f"{black_hole}/000000000000/queue")
    forget_clients()


async def ask(client: AsyncClient, method: str, path: str, **options: Any) -> int:
    with timed(ANSWER_SECONDS):
        return (await client.request(method, path, **options)).status_code


async def test_whatever_is_asked_of_a_hanging_shop_is_a_503_in_time(
    client: AsyncClient, black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = await new_shopper()
    user = shopper.user_id
    monkeypatch.setenv("AWS_ENDPOINT_URL", black_hole)
    monkeypatch.setattr("app.deadlines.CALL_SECONDS", HANG_SECONDS)
    keys = app.security.signing_keys._cached_keys
    forget_clients()
    app.security.signing_keys._cached_keys = keys
    item = {"itemid": "1", "name": "x", "price": 1, "quantity": 1}
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/products", None),
        ("GET", "/readyz", None),
        ("GET", f"/cart/items/{user}", None),
        ("POST", f"/cart/item/add/{user}", item),
        ("POST", f"/cart/clear/{user}", None),
        ("GET", f"/order/{user}", None),
        ("POST", f"/order/add/{user}", ORDER),
        ("POST", "/login", {"username": "eric", "password": "vmware1!"}),
        ("POST", "/register", {**NAMES, "username": fresh(), "password": "secret"}),
    ]

    statuses = await asyncio.gather(
        *(ask(client, method, path, json=body, headers=shopper.headers)
          for method, path, body in calls)
    )  # fmt: skip

    assert dict(zip((path for _, path, _ in calls), statuses, strict=True)) == dict.fromkeys(
        (path for _, path, _ in calls), 503
    )


@pytest.mark.usefixtures("away", "impatient")
async def test_keys_that_cannot_be_read_are_a_503_in_time(client: AsyncClient) -> None:
    headers = {"Authorization": "Bearer x.y.z"}

    assert await ask(client, "GET", "/cart/items/dan", headers=headers) == 503


async def test_a_queue_that_hangs_is_a_503_and_the_order_can_be_repeated(
    client: AsyncClient, black_hole: str, open_mode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, body = fresh("user"), {**ORDER, "cart": [{"itemid": "1", "price": 1, "quantity": 1}]}
    headers = {"Idempotency-Key": fresh()}
    with monkeypatch.context() as hanging:
        hanging.setenv("PAYMENT_REQUEST_QUEUE_URL", f"{black_hole}/000000000000/queue")
        # The store answers, and is given the time for that.
        hanging.setattr("app.deadlines.CALL_SECONDS", 2.0)
        get_settings.cache_clear()

        assert await ask(client, "POST", f"/order/add/{user}", json=body, headers=headers) == 503

    get_settings.cache_clear()
    assert await ask(client, "POST", f"/order/add/{user}", json=body, headers=headers) == 200
    assert len((await client.get(f"/order/{user}")).json()) == 1


async def test_the_wait_for_a_payment_is_no_stall(
    client: AsyncClient, open_mode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {**ORDER, "cart": [{"itemid": "1", "price": 1, "quantity": 1}]}
    # Loads and opens what a first order needs.
    assert (await client.post(f"/order/add/{fresh('user')}", json=body)).status_code == 200
    monkeypatch.setattr("app.deadlines.CALL_SECONDS", 2.0)
    monkeypatch.setenv("SHOP_PAYMENT_WAIT_SECONDS", "2.5")
    get_settings.cache_clear()

    answer = await client.post(f"/order/add/{fresh('user')}", json=body)

    assert answer.status_code == 200
    assert answer.json()["payment"]["message"] == "pending payment"


@pytest.mark.usefixtures("away")
def test_a_worker_whose_services_hang_ends_before_its_time_out() -> None:
    left = 1.4
    end = time.monotonic() + left

    class Clock(Context):
        def get_remaining_time_in_millis(self) -> int:
            return int((end - time.monotonic()) * 1000)

    for worker, outcome in (
        (shipment, ("shipment", "requested")),
        (payment, ("payment", "success")),
    ):
        end = time.monotonic() + left
        sample = sample_event(*outcome, order_id="o-1", now=NOW)
        assert sample is not None
        event = sqs_event(*[sample.to_body()] * 10, queue=f"{outcome[0]}-request")

        with timed(ANSWER_SECONDS):
            answer = worker.handler(event, Clock())

        assert failed_places(event, answer) == list(range(10))


@pytest.mark.usefixtures("away", "impatient")
async def test_queues_that_hang_are_unavailable() -> None:
    with timed(ANSWER_SECONDS), pytest.raises(QueueUnavailableError):
        await SQSQueues().check(PAYMENT_REQUEST)


async def test_ten_first_messages_at_once_make_one_client(stack: dict[str, str]) -> None:
    async def send(record: dict[str, Any], _: object) -> None:
        await SQSQueues().send(ShipmentSent(order_id=record["body"]))

    event = sqs_event(*["x"] * 10, queue="payment-request")

    assert failed_places(event, await handle_batch(event, Context(), send, AWS_DEPENDENCIES)) == []


class Flaky:
    """A DynamoDB client whose calls fail one after the other before they work."""

    def __init__(self, client: Any, *failures: Exception, works_first: bool = False) -> None:
        self._client = client
        self._failures = list(failures)
        self._works_first = works_first
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name == "query":
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if not self._failures:
                return await method(*args, **kwargs)
            if self._works_first:
                await method(*args, **kwargs)
            raise self._failures.pop(0)

        return call


def flaky(table: Table, *failures: Exception, works_first: bool = False) -> Flaky:
    client = Flaky(table._client, *failures, works_first=works_first)
    table._client = client  # type: ignore[assignment]
    return client


@pytest.fixture
def table(stack: dict[str, str]) -> Table:
    """A handle of one's own, whose client may be replaced."""
    return Table(get_table().name, get_table()._client)


LOST = (ConnectionException("lost"), PydynoxException("internal"), ConnectionException("lost"))
BUSY = tuple(ProvisionedThroughputExceededException("busy") for _ in range(3))


@pytest.mark.parametrize("failures", [LOST, BUSY])
async def test_a_call_is_repeated_twice_and_then_the_store_is_away(
    table: Table, failures: tuple[Exception, ...]
) -> None:
    assert flaky(table, *failures[:2]).calls == 0
    assert await table.get(KEY) is None

    client = flaky(table, *failures)
    with pytest.raises(StoreUnavailableError):
        await table.get(KEY)
    assert client.calls == 3


async def test_what_dynamodb_refuses_is_not_repeated(table: Table) -> None:
    client = flaky(table, ValidationException("no"))

    with pytest.raises(ValidationException):
        await table.get(KEY)
    assert client.calls == 1


@pytest.mark.parametrize("failure", LOST[:2])
async def test_an_add_whose_answer_is_lost_counts_once(table: Table, failure: Exception) -> None:
    user = fresh("user")
    line = CartLine("i", "x", "", "", 1, None, 2, NOW)
    client = flaky(table, failure, works_first=True)

    with pytest.raises(StoreUnavailableError):
        await add_line(table, user, line, now=NOW)

    assert client.calls == 1
    item = await table.get({"PK": f"CART#{user}", "SK": "CART"})
    assert item is None or item["q#i"] == 2


async def test_an_add_that_was_refused_for_load_is_repeated(table: Table) -> None:
    flaky(table, BUSY[0])

    await add_line(table, fresh("user"), CartLine("i", "x", "", "", 1, None, 2, NOW), now=NOW)


async def test_a_list_that_loses_an_answer_is_complete(table: Table) -> None:
    partition = fresh("BUYER")
    for number in range(7):
        await table.put(
            {"PK": f"{partition}{number}", "SK": "x", "GSI1PK": partition, "GSI1SK": str(number)}
        )
    core = table._client._client
    asked = 0

    class BrokenEveryOther:
        def __getattr__(self, name: str) -> Any:
            method: Callable[..., Awaitable[Any]] = getattr(core, name)
            if name != "query_page":
                return method

            async def page(*args: Any, **kwargs: Any) -> Any:
                nonlocal asked
                asked += 1
                if asked % 2:
                    raise ConnectionException("lost")
                return await method(*args, **kwargs)

            return page

    table._client._client = BrokenEveryOther()  # type: ignore[assignment]
    try:
        found = [
            item["GSI1SK"]
            async for item in table.query(GSI1, partition, newest_first=True, page_size=3)
        ]
    finally:
        table._client._client = core

    assert found == list("6543210")


async def test_many_items_take_as_long_as_they_take(table: Table) -> None:
    keys = [{"PK": fresh("many"), "SK": "x"} for _ in range(130)]

    await table.put_many(keys)

    assert len(await table.get_many(keys)) == 130
    assert await table.get_many([]) == []
