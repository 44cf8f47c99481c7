import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from app.domain.errors import StoreUnavailableError
from infra import topology
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.function_host import FunctionHost, Handler
from infra.local.sockets import listen, url_of
from tests.infra.local.helpers.shop_process import eventually

PAYMENT = next(function for function in topology.FUNCTIONS if function.name == "payment")


async def call(
    handler: Handler, event: Any, *, function: topology.Function = PAYMENT, **headers: str
) -> tuple[int, Any]:
    """Post an event to a host in two pieces, as a server might hand it over."""
    body = json.dumps(event).encode()
    pieces = [
        {"type": "http.request", "body": body[:3], "more_body": True},
        {"type": "http.request", "body": body[3:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": names}
    await FunctionHost(function, handler)(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_the_handlers_answer_is_returned() -> None:
    status, answer = await call(lambda event, _: {"seen": event["Records"]}, {"Records": [1, 2]})

    assert (status, answer) == (200, {"seen": [1, 2]})


async def test_the_handler_is_told_what_lambda_tells() -> None:
    def handler(event: Any, context: Any) -> Any:
        return [
            context.aws_request_id,
            context.function_name,
            context.invoked_function_arn,
            context.memory_limit_in_mb,
            context.get_remaining_time_in_millis(),
        ]

    _, answer = await call(
        handler,
        {},
        x_amzn_lambda_request_id="r-1",
        x_amzn_lambda_function_name="local-payment",
        x_amzn_lambda_function_arn="arn:1",
        x_amzn_lambda_deadline_ms=str(int(time.time() * 1000) + 60_000),
    )

    assert answer[:4] == ["r-1", "local-payment", "arn:1", str(PAYMENT.memory_mb)]
    assert 30_000 < answer[4] <= 60_000


async def test_a_failure_is_reported_as_lambda_reports_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def handler(event: Any, context: Any) -> Any:
        raise ValueError("no such thing")

    status, answer = await call(handler, {})

    assert status == 500
    assert answer == {"errorType": "ValueError", "errorMessage": "no such thing"}
    printed = capfd.readouterr().err
    assert "Traceback" in printed
    assert "no such thing" in printed


async def test_a_failure_that_was_foreseen_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    def handler(event: Any, context: Any) -> Any:
        raise StoreUnavailableError("the store is busy")

    status, answer = await call(handler, {})

    assert status == 500
    assert answer == {"errorType": "StoreUnavailableError", "errorMessage": "the store is busy"}
    assert capfd.readouterr().err == "StoreUnavailableError: the store is busy\n"


async def test_an_answer_that_is_no_json_is_a_failure() -> None:
    status, answer = await call(lambda *_: object(), {})

    assert (status, answer["errorType"]) == (500, "TypeError")


async def test_a_handler_that_takes_too_long_is_given_up(capfd: pytest.CaptureFixture[str]) -> None:
    done = threading.Event()

    status, answer = await call(
        lambda *_: done.wait(5), {}, function=replace(PAYMENT, timeout_seconds=0)
    )

    done.set()
    assert (status, answer["errorType"]) == (500, "Sandbox.Timedout")
    assert "timed out" in capfd.readouterr().err


async def test_calls_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=60)

    def handler(event: Any, context: Any) -> Any:
        together.wait()
        return asyncio.run(asyncio.sleep(0, "done"))

    host = FunctionHost(PAYMENT, handler)
    answers = await asyncio.gather(*(host._invoke(b"{}", {}) for _ in range(3)))

    assert answers == [(200, '"done"')] * 3


@contextmanager
def hosted(handler: Handler) -> Iterator[str]:
    """Serve a handler in a thread and yield its address."""
    with listen() as listener:
        application = FunctionHost(PAYMENT, handler)
        config = uvicorn.Config(application, lifespan="off", ws="none", log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield url_of(listener)
        finally:
            server.should_exit = True
            thread.join()


def test_a_message_that_fails_five_times_is_dead_and_its_neighbour_is_not(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator's mapping, our host and the queues' definitions together."""
    # Not sooner: where a machine stalls, a message would come again that is being handled.
    quick = tuple(replace(queue, visibility_seconds=3) for queue in topology.QUEUES)
    monkeypatch.setattr(topology, "QUEUES", quick)
    receives: dict[str, list[str]] = {}

    def handler(event: Any, context: Any) -> Any:
        for record in event["Records"]:
            count = record["attributes"]["ApproximateReceiveCount"]
            receives.setdefault(record["body"], []).append(count)
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["messageId"]}
                for record in event["Records"]
                if record["body"] == "bad"
            ]
        }

    with hosted(handler) as url:
        settings = deploy(emulator.endpoint_url, stack="redrive", function_urls={"payment": url})
        sqs = Clients(emulator.endpoint_url, settings["REGION"])("sqs")
        sqs.send_message_batch(
            QueueUrl=settings["PAYMENT_REQUEST_QUEUE_URL"],
            Entries=[{"Id": body, "MessageBody": body} for body in ("good", "bad")],
        )

        def dead() -> list[Any]:
            answer = sqs.receive_message(QueueUrl=settings["PAYMENT_ERROR_QUEUE_URL"])
            messages: list[Any] = answer.get("Messages", [])
            return messages

        messages = eventually(dead, 60)

    assert [message["Body"] for message in messages] == ["bad"]
    assert receives == {"good": ["1"], "bad": ["1", "2", "3", "4", "5"]}
