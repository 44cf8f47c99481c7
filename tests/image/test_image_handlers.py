"""Each handler, started from the image by Lambda's runtime client, answers its events."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.topology import FUNCTIONS, MAPPINGS, Function
from tests.image.helpers.lambda_events import http_event, queue_event
from tests.support.lambda_runtime import LambdaError, LambdaProcess
from tests.support.sentry_ingest import ingesting
from tests.support.trace_collector import collecting

WORKERS = [function for function in FUNCTIONS if function.name != "api"]
PLACES = {
    "REGION": "eu-west-1",
    "SIGNING_KEYS_SECRET": "nowhere",
    "STAGE": "test",
    "TABLE": "nowhere",
    "VERSION": "4f2a9c1",
}


def environment(function: Function) -> dict[str, str]:
    """Return variables that lead nowhere, for events answered without going anywhere."""
    queues = {
        name: f"http://127.0.0.1:9/000000000000/{name}"
        for name in function.settings
        if name.endswith("_QUEUE_URL")
    }
    given = {**PLACES, **queues}
    return {name: value for name, value in given.items() if name in function.settings}


def started(function: Function, *, image: Path, runtime: Path, **variables: str) -> LambdaProcess:
    """Return the process of a function, with its own limits."""
    return LambdaProcess(
        function.handler,
        cwd=image,
        runtime=runtime,
        env=environment(function),
        timeout_seconds=function.timeout_seconds,
        memory_mb=function.memory_mb,
    )


@pytest.fixture(scope="module", params=WORKERS, ids=lambda function: function.name)
def worker(
    request: pytest.FixtureRequest, image: Path, runtime: Path
) -> Iterator[tuple[Function, LambdaProcess]]:
    """Return each worker with its process."""
    with started(request.param, image=image, runtime=runtime) as process:
        yield request.param, process


def test_the_api_answers_its_first_request(image: Path, runtime: Path) -> None:
    (api,) = (function for function in FUNCTIONS if function.name == "api")

    with started(api, image=image, runtime=runtime) as process:
        answer = process.invoke(http_event("GET", "/healthz"))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"status": "ok", "version": "4f2a9c1"}
    print(f"api: init {process.init_seconds:.3f} s")  # noqa: T201 - shown by pytest -rP


def test_a_worker_gives_back_a_message_it_cannot_read(
    worker: tuple[Function, LambdaProcess],
) -> None:
    function, process = worker
    queues = [mapping.queue for mapping in MAPPINGS if mapping.function == function.name]

    for queue in queues:
        answer = process.invoke(queue_event(queue, "poison", '{"metadata": {}}'))

        assert answer == {
            "batchItemFailures": [{"itemIdentifier": "message-1"}, {"itemIdentifier": "message-2"}]
        }
    print(f"{function.name}: init {process.init_seconds:.3f} s")  # noqa: T201 - shown by -rP


def test_a_worker_logs_no_word_of_a_message_it_cannot_read(
    worker: tuple[Function, LambdaProcess],
) -> None:
    _, process = worker

    process.invoke(queue_event("payment-request", '{"Number": "4222222222222", "poison'))

    assert b"4222222222222" not in process.log


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

_STEP = """
import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from app.domain.errors import EventRefusedError
from app.logs import prepare_log_records
from workers.batch import Step, handle_batch

async def handle(record, dependencies):
    if record["body"].startswith("{"):
        raise EventRefusedError("transactionID: is not what was decided about this order")
    return Step("order.delivered", record["body"])

def handler(event, context):
    prepare_log_records()
    known = SimpleNamespace(now=lambda: datetime.now(UTC))
    return asyncio.run(handle_batch(event, context, handle, known))
"""


def test_one_step_is_one_json_line_of_at_most_300_bytes(
    image: Path, runtime: Path, tmp_path: Path
) -> None:
    (tmp_path / "step.py").write_text(_STEP)
    process = LambdaProcess(
        "step.handler",
        cwd=image,
        runtime=runtime,
        env={
            "PYTHONPATH": os.pathsep.join(map(str, (image, runtime, tmp_path))),
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
        },
    )
    order_id = "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
    cards = ("4222222222222", "4111-1111-1111-1111", "4111 1111 1111 1111", "x4111111111111111")
    # The longest name, queue, count and id that a step can have.
    refused = f'{{"data": {{"orderID": "{order_id}"}}}}'
    event = queue_event("shipment-response", order_id, *cards, refused)
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = "1000"
        text = {"stringValue": f"00-{TRACE}-00f067aa0ba902b7-01", "dataType": "String"}
        record["messageAttributes"] = {"traceparent": text}

    with process:
        failed = {"itemIdentifier": event["Records"][-1]["messageId"]}
        assert process.invoke(event) == {"batchItemFailures": [failed]}

    (why,) = (json.loads(line) for line in process.log.splitlines() if b"record.failed" in line)
    assert why["message"].startswith(
        f"record.failed order_id={order_id} queue=shipment-response receives=1000 cause=transaction"
    )
    assert max(len(line) for line in process.log.splitlines() if b"record.failed" in line) <= 300
    lines = [line for line in process.log.splitlines() if b"order.delivered" in line]
    told = [json.loads(line) for line in lines]
    (shown,) = (line for line in told if order_id in line["message"])
    others = [line["message"] for line in told if line is not shown]
    assert re.fullmatch(
        f"order.delivered order_id={order_id} queue=shipment-response receives=1000 ms=[0-9]+",
        shown["message"],
    )
    assert len(others) == len(cards)
    assert all(text.startswith("order.delivered order_id=? queue=shipment") for text in others)
    assert shown["level"] == "INFO"
    # Neither what the message says already, nor what Python 3.12 and later add.
    assert not {"logger", "taskName"} & {*shown, *why}
    assert shown["requestId"]
    assert shown["trace_id"] == TRACE
    assert max(map(len, lines)) <= 300


def test_a_worker_reports_its_errors_before_lambda_freezes_it(image: Path, runtime: Path) -> None:
    (payment,) = (function for function in FUNCTIONS if function.name == "payment")
    order_id = "7c8bba4d-1ecc-42a9-8c64-16bea075f069"
    event = queue_event("payment-request", f'{{"data": {{"orderID": "{order_id}"}}}}')
    text = {"stringValue": f"00-{TRACE}-00f067aa0ba902b7-01", "dataType": "String"}
    event["Records"][0]["messageAttributes"] = {"traceparent": text}
    log = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}

    with ingesting() as ingest:
        process = LambdaProcess(
            payment.handler,
            cwd=image,
            runtime=runtime,
            env={**environment(payment), **log, "SENTRY_DSN": ingest.dsn},
            timeout_seconds=payment.timeout_seconds,
        )
        with process:
            process.invoke(event)
            reported = ingest.take()
        (line,) = [json.loads(it) for it in process.log.splitlines() if b"record.failed" in it]

    # The answer comes after the report, and the log and Sentry say the same.
    assert reported["logentry"]["formatted"].startswith(line["message"].removesuffix("..."))
    assert reported["contexts"]["trace"]["trace_id"] == line["trace_id"] == TRACE
    assert reported["tags"]["order_id"] == order_id
    assert (reported["release"], reported["server_name"]) == ("4f2a9c1", payment.handler)


#: Handlers with more time for a collector: busy machines stop for longer than half a second.
PATIENT = """
import app.otlp
app.otlp.FLUSH_SECONDS = 30
from app.main import handler as api
from workers.shipment import handler as shipment
"""


def test_spans_are_sent_before_lambda_freezes_the_process(
    image: Path, runtime: Path, tmp_path: Path
) -> None:
    (tmp_path / "patient.py").write_text(PATIENT)
    with collecting() as collector:
        variables = {
            **PLACES,
            "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, image, runtime))),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=canary",
        }

        def started(handler: str) -> LambdaProcess:
            return LambdaProcess(handler, cwd=image, runtime=runtime, env=variables)

        with started("patient.shipment") as process:
            for times in (1, 2):
                process.invoke(queue_event("shipment-request", "poison", '{"metadata": {}}'))
                # Two records each, and nothing is left for the next call.
                assert len(collector.spans) == 2 * times
            collector.status = 503
            answer = process.invoke(queue_event("shipment-request", "poison", "{}"))
        # Whole only once the process has ended.
        log = process.log
        with started("patient.api") as process:
            collector.status = 200
            process.invoke(http_event("GET", "/healthz"))

    assert len(answer["batchItemFailures"]) == 2
    assert b"traces.lost cause=HTTP503" in log
    assert b"canary" not in log
    assert [span.name for span in collector.spans][-1] == "GET /healthz"
    services = {str(span.resource["service.name"]) for span in collector.spans}
    assert services == {"patient.shipment", "patient.api"}


def test_a_handler_that_is_not_there_is_reported_at_the_start(image: Path, runtime: Path) -> None:
    process = LambdaProcess("app.main.nothing", cwd=image, runtime=runtime, timeout_seconds=10)

    with process, pytest.raises(LambdaError, match="nothing"):
        process.invoke({})
