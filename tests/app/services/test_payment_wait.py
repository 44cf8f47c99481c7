"""Waiting calls must not starve the payments that they wait for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from httpx import AsyncClient

from app.queues import get_client
from app.services.payment_wait import RECOVERY_SECONDS, SHORTEST_SHARE, PaymentWait
from app.settings import get_settings
from infra.topology import FUNCTIONS, reserved_concurrency
from routers.dependencies import get_payment_wait
from tests.support.sqs_events import CONTEXT
from workers import payment


def test_each_wait_that_runs_out_halves_the_next() -> None:
    wait = PaymentWait()
    waits = []
    for _ in range(7):
        waits.append(wait.seconds(4.0, now=0.0))
        wait.record_result(is_decided=False, now=0.0)

    assert waits == [4.0, 2.0, 1.0, 0.5, 0.25, 0.25, 0.25]
    assert waits[-1] == 4.0 * SHORTEST_SHARE


def test_a_payment_in_time_changes_nothing() -> None:
    wait = PaymentWait()
    wait.record_result(is_decided=False, now=0.0)
    wait.record_result(is_decided=True, now=1.0)

    assert wait.seconds(4.0, now=2.0) == 2.0


def test_waits_grow_back_with_time() -> None:
    wait = PaymentWait()
    for _ in range(4):
        wait.record_result(is_decided=False, now=100.0)

    grown = [wait.seconds(4.0, now=100.0 + number * RECOVERY_SECONDS) for number in range(6)]

    assert grown == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]


def test_a_long_silence_gives_the_whole_wait_back_at_once() -> None:
    wait = PaymentWait()
    for _ in range(9):
        wait.record_result(is_decided=False, now=0.0)

    assert wait.seconds(3.0, now=3600.0) == 3.0


CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}


async def order(client: AsyncClient, user: str) -> str:
    body = {"card": CARD, "cart": [{"itemid": "1", "price": 1, "quantity": 1}], "total": "1"}
    answer = await client.post(f"/order/add/{user}", json=body)
    assert answer.status_code == 200
    return str(answer.json()["payment"]["message"])


def _pay_once() -> None:
    """Do what one call of the payment function does: up to ten messages."""
    sqs, url = get_client(), get_settings().payment_request_queue_url
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in found]
    payment.handler({"Records": records}, CONTEXT)


class Account:
    """An AWS account with few concurrent executions; a function's reserve is its own."""

    def __init__(self, limit: int, *, reserved_for_payment: int) -> None:
        self._shared = asyncio.Semaphore(limit - reserved_for_payment)
        reserve = asyncio.Semaphore(reserved_for_payment)
        self._payment = reserve if reserved_for_payment else self._shared

    async def order(self, client: AsyncClient, user: str) -> str:
        async with self._shared:
            return await order(client, user)

    async def pay(self) -> None:
        """Run the payment function as often as the account lets it."""
        while True:
            async with self._payment:
                await asyncio.to_thread(_pay_once)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def paying(account: Account) -> AsyncIterator[None]:
    task = asyncio.create_task(account.pay())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("open_mode")
class TestALimitOfExecutions:
    @pytest.fixture(autouse=True)
    def waits(self, stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_PAYMENT_WAIT_SECONDS", "2")
        get_settings.cache_clear()

    async def test_with_a_reserve_payments_are_decided_under_a_crowd(
        self, client: AsyncClient
    ) -> None:
        account = Account(4, reserved_for_payment=1)

        async with paying(account):
            said = await asyncio.gather(
                *(account.order(client, f"u{number}") for number in range(24))
            )

        assert said.count("transaction successful") == 24

    async def test_while_payments_stand_still_calls_stop_waiting_for_them(
        self, client: AsyncClient
    ) -> None:
        for number in range(6):
            assert await order(client, f"u{number}") == "pending payment"

        now = asyncio.get_running_loop().time()
        assert get_payment_wait().seconds(2.0, now=now) <= 2.0 * SHORTEST_SHARE * 2


def test_what_workers_reserve_and_the_api_may_take_leaves_payments_their_places() -> None:
    shares = {
        function.name: reserved_concurrency(function.name, api_concurrency=200)
        for function in FUNCTIONS
    }

    assert shares["api"] == 200
    assert min(shares.values()) >= 10
