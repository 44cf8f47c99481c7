"""What the shop does when the services behind it hang, fail, or lose an answer."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from httpx import AsyncClient

import app.security.signing_keys
from app import deadlines
from app.deadlines import CALL_SECONDS, request_deadline, run_in_thread
from app.domain.errors import QueueUnavailableError, StoreUnavailableError
from app.messages import PAYMENT_REQUEST
from app.queues import SQSQueues
from app.settings import get_settings
from app.store.table import Table, get_table
from infra.sample_events import sample_event
from routers.overload import MAX_IN_FLIGHT
from tests.conftest import forget_clients
from tests.support.flaky_dynamodb import Flaky
from tests.support.shop import fresh, new_shopper
from tests.support.sizes import SIZES
from tests.support.sqs_events import Context, failed_places, sqs_event
from workers import payment, shipment

pytestmark = pytest.mark.proof

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = {"PK": "a", "SK": "b"}

#: More than one call's deadline and less than two: who waits for one call after the other, or
#: for the clients to give up themselves, is late. Judged in `make proof` only: beside other
#: tests, a machine may need longer.
ANSWER_SECONDS = 9.5
HANG_SECONDS = 5.0

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}
NAMES = {"firstname": "A", "lastname": "B", "email": "a@example.com"}
ORDER = {"card": CARD, "cart": [{"itemid": "1", "quantity": 1}], "total": "34.99"}


@contextmanager
def timed(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds or not SIZES.is_full


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
        ("POST", "/register", {**NAMES, "username": fresh(), "password": "not a secret"}),
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


class Slow(Flaky):
    """A DynamoDB client that takes its time."""

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(0.2)
            return await method(*args, **kwargs)

        return call


async def test_a_request_has_one_budget_for_all_it_does(stack: dict[str, str]) -> None:
    table = Table(get_table().name, get_table()._client)
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


async def test_a_call_for_which_no_thread_is_free_fails_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.deadlines.MAX_THREADS", 1)
    may_end, error = Event(), QueueUnavailableError()
    hanging = asyncio.create_task(run_in_thread(may_end.wait, error=error))
    try:
        while not deadlines._running.count:  # noqa: ASYNC110  # A thread has no other way to say so.
            await asyncio.sleep(0.001)

        with pytest.raises(QueueUnavailableError):
            await run_in_thread(lambda: "never", error=error)
    finally:
        may_end.set()

    assert await hanging
    assert await run_in_thread(lambda: "done", error=error) == "done"


def test_there_is_a_thread_for_each_request_that_the_api_handles() -> None:
    assert deadlines.MAX_THREADS > MAX_IN_FLIGHT
