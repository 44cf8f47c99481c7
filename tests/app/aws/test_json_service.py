"""The light AWS client asks, signs and reads exactly as boto3 does, and repeats as it does."""

import asyncio
import json
import random
import string
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from app.aws.answers import Answer
from app.aws.connections import AsyncConnections
from app.aws.endpoints import endpoint_of
from app.aws.errors import TOO_MANY_CALLS, AwsCallError
from app.aws.json_service import MAX_ATTEMPTS, MOST_CALLS, JsonService, secrets_manager, sqs
from routers.overload import MAX_IN_FLIGHT
from tests.support.boto3_requests import NOW, PlainBoto3

REGION = "eu-west-1"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/000000000000/some-queue"
#: Examples of the comparison with boto3; each is a request and an answer.
EXAMPLES = 1000


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        # pragma: allowlist nextline secret
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "a session/token+=",
    }.items():
        monkeypatch.setenv(name, value)
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_LAMBDA_FUNCTION_NAME",
        "_X_AMZN_TRACE_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(time, "gmtime", lambda *_: NOW)


def _text(draw: random.Random, size: int) -> str:
    alphabet = string.printable + "äöü€😀\u2028\u0000" + '"\\/'
    return "".join(draw.choice(alphabet) for _ in range(draw.randrange(1, size)))


def _question(draw: random.Random) -> tuple[str, str, dict[str, Any]]:
    """Return a service, an operation and its parameters."""
    match draw.randrange(4):
        case 0:
            parameters: dict[str, Any] = {"QueueUrl": QUEUE, "MessageBody": _text(draw, 400)}
            if draw.random() < 0.5:
                parameters["DelaySeconds"] = draw.randrange(901)
            if draw.random() < 0.5:
                attribute = {"StringValue": _text(draw, 60), "DataType": "String"}
                parameters["MessageAttributes"] = {"traceparent": attribute}
            return "sqs", "SendMessage", parameters
        case 1:
            entries = [
                {"Id": str(number), "MessageBody": _text(draw, 200), "DelaySeconds": number}
                for number in range(draw.randrange(1, 11))
            ]
            return "sqs", "SendMessageBatch", {"QueueUrl": QUEUE, "Entries": entries}
        case 2:
            names = {"QueueUrl": QUEUE, "AttributeNames": ["QueueArn"]}
            return "sqs", "GetQueueAttributes", names
        case _:
            return "secretsmanager", "GetSecretValue", {"SecretId": _text(draw, 80)}


def _answer(draw: random.Random, operation: str) -> tuple[int, dict[str, str], bytes]:
    """Return the status, headers and body of an answer that AWS could give."""
    match draw.randrange(4):
        case 0:
            code = draw.choice(["QueueDoesNotExist", "AccessDenied", "InvalidParameterValue"])
            body = {"__type": f"com.amazonaws.sqs#{code}", "message": _text(draw, 50)}
            headers = {}
            if operation != "GetSecretValue" and draw.random() < 0.5:
                headers = {"x-amzn-query-error": f"AWS.SimpleQueueService.{code};Sender"}
            return draw.choice([400, 403]), headers, json.dumps(body).encode()
        case 1:
            body = {"__type": f"{draw.choice(['ResourceNotFound', 'DecryptionFailure'])}Exception"}
            return 400, {}, json.dumps(body).encode()
        case _:
            answers: dict[str, dict[str, Any]] = {
                "SendMessage": {"MessageId": _text(draw, 40), "MD5OfMessageBody": "0" * 32},
                "SendMessageBatch": {
                    "Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "0" * 32}],
                    "Failed": [
                        {"Id": "1", "Code": "InternalError", "SenderFault": draw.random() < 0.5}
                    ],
                },
                "GetQueueAttributes": {"Attributes": {"QueueArn": _text(draw, 60)}},
                "GetSecretValue": {"SecretString": _text(draw, 200), "Name": "n"},
            }
            return 200, {}, json.dumps(answers[operation]).encode()


async def test_requests_signatures_and_answers_are_those_of_boto3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[dict[str, str], bytes]] = []

    async def post(
        _: AsyncConnections, headers: dict[str, str], body: bytes, *, seconds: float
    ) -> Answer:
        sent.append((headers, body))
        named = {name.encode(): value.encode() for name, value in given[1].items()}
        return Answer(given[0], named, given[2])

    monkeypatch.setattr(AsyncConnections, "post", post)
    draw, theirs = random.Random(20261130), PlainBoto3("sqs", "secretsmanager")
    for _ in range(EXAMPLES):
        service, operation, parameters = _question(draw)
        given = _answer(draw, operation)
        ours = {"sqs": sqs, "secretsmanager": secrets_manager}[service](REGION)
        try:
            expected: Any = theirs.call(service, operation, parameters, given)
        except ClientError as failure:
            expected = failure.response["Error"]["Code"].rpartition(".")[2]

        try:
            answer: Any = await ours.call(operation, parameters, seconds=10)
        except AwsCallError as failure:
            answer = failure.code.rpartition(".")[2]

        assert sent.pop() == (theirs.headers(), theirs.request.body)
        assert answer == expected


class _Server:
    """An AWS that answers what it was told to, call by call; None hangs up without a word."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | None] = []
        self.asked: list[dict[str, Any]] = []
        self.release = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append(json.loads(body))
                answer = outer.answers.pop(0) if outer.answers else (200, b"{}")
                if answer is None:
                    self.close_connection = True
                    return
                if answer[0] == HANGS:
                    outer.release.wait(10)
                self.send_response(answer[0] if answer[0] != HANGS else 200)
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing: callers hang up on purpose."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.thread = Thread(target=self._server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


HANGS = 0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    serving = _Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
    yield serving
    serving.close()


def _refusal(code: str) -> bytes:
    return json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "no"}).encode()


@pytest.mark.parametrize(
    "failure",
    [
        None,
        (500, b"{}"),
        (503, b"<html>"),
        (429, b""),
        (400, _refusal("ThrottlingException")),
        (400, _refusal("RequestThrottled")),
    ],
)
async def test_what_passes_is_tried_three_times_and_no_more(
    server: _Server, failure: tuple[int, bytes] | None
) -> None:
    server.answers = [failure, failure, (200, b'{"MessageId": "m"}')]

    assert await sqs(REGION).call("SendMessage", {"a": 1}, seconds=10) == {"MessageId": "m"}
    assert server.asked == [{"a": 1}] * MAX_ATTEMPTS

    server.answers = [failure] * MAX_ATTEMPTS
    with pytest.raises(AwsCallError):
        await sqs(REGION).call("SendMessage", {"a": 1}, seconds=10)
    assert len(server.asked) == 2 * MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("status", "code", "is_permanent"),
    [
        (403, "AccessDenied", True),
        (403, "InvalidClientTokenId", True),
        (400, "KmsDisabled", True),
        (400, "QueueDoesNotExist", True),
        (400, "InvalidParameterValue", False),
    ],
)
async def test_what_a_repeat_cannot_cure_is_asked_once(
    server: _Server, *, status: int, code: str, is_permanent: bool
) -> None:
    server.answers = [(status, _refusal(code))]

    with pytest.raises(AwsCallError) as caught:
        await sqs(REGION).call("SendMessage", {}, seconds=10)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.is_permanent is is_permanent
    assert len(server.asked) == 1


async def test_a_caller_that_has_no_time_left_is_not_kept(server: _Server) -> None:
    server.answers = [(HANGS, b"{}")]

    with pytest.raises(AwsCallError) as caught:
        await sqs(REGION).call("SendMessage", {}, seconds=0.2)

    assert caught.value.code == "RequestTimeout"
    # One copy went out; a second one would have come after the deadline.
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [(HANGS, b"{}"), (503, b"{}")])
async def test_a_call_that_its_caller_gave_up_is_not_sent_again(
    server: _Server, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, bytes]
) -> None:
    monkeypatch.setattr("app.aws.json_service.BACKOFF_SECONDS", 10.0)
    monkeypatch.setattr(random, "random", lambda: 1.0)
    server.answers = [answer]
    call = asyncio.create_task(sqs(REGION).call("SendMessage", {"n": 1}, seconds=100))
    while not server.asked:  # noqa: ASYNC110  # The server is a thread.
        await asyncio.sleep(0.001)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    connections = sqs(REGION)._connections
    assert connections._calls == 0
    # One that waits for an answer holds no connection; in the pause before a repeat none is used.
    assert answer[0] != HANGS or connections._kept == []
    assert await sqs(REGION).call("SendMessage", {"n": 2}, seconds=10) == {}
    assert server.asked == [{"n": 1}, {"n": 2}]


async def test_calls_beyond_the_bound_fail_at_once(server: _Server) -> None:
    service = JsonService("sqs", "AmazonSQS", REGION, endpoint=server.url, most_calls=2)
    server.answers = [(HANGS, b"{}"), (HANGS, b"{}")]
    calls = [asyncio.create_task(service.call("SendMessage", {}, seconds=10)) for _ in range(2)]
    while len(server.asked) < 2:  # noqa: ASYNC110  # The server is a thread.
        await asyncio.sleep(0.001)

    with pytest.raises(AwsCallError) as caught:
        await service.call("SendMessage", {}, seconds=10)

    assert (caught.value.code, caught.value.is_permanent) == (TOO_MANY_CALLS, False)
    server.release.set()
    assert await asyncio.gather(*calls) == [{}, {}]
    assert await service.call("SendMessage", {}, seconds=10) == {}
    assert len(server.asked) == 3


def test_there_is_a_call_for_each_request_that_the_api_handles() -> None:
    assert MOST_CALLS > MAX_IN_FLIGHT


async def test_without_time_nothing_is_sent(server: _Server) -> None:
    with pytest.raises(AwsCallError):
        await sqs(REGION).call("SendMessage", {}, seconds=0)

    assert server.asked == []


async def test_a_kept_connection_that_was_reset_costs_one_repeat(server: _Server) -> None:
    await sqs(REGION).call("SendMessage", {"n": 1}, seconds=10)
    server.answers = [None]

    assert await sqs(REGION).call("SendMessage", {"n": 2}, seconds=10) == {}
    assert server.asked == [{"n": 1}, {"n": 2}, {"n": 2}]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("AWS_SECRET_ACCESS_KEY", None, "MissingAuthenticationToken"),
        ("AWS_SECRET_ACCESS_KEY", "", "MissingAuthenticationToken"),
        ("AWS_ACCESS_KEY_ID", "", "MissingAuthenticationToken"),
        ("AWS_SESSION_TOKEN", "a\r\nx-amz-target: AmazonSQS.DeleteQueue", "InvalidClientTokenId"),
        ("AWS_SESSION_TOKEN", "a\n", "InvalidClientTokenId"),
        ("AWS_ACCESS_KEY_ID", "a\r", "InvalidClientTokenId"),
        ("AWS_SESSION_TOKEN", "ä€", "InvalidClientTokenId"),
    ],
)
async def test_credentials_that_cannot_be_sent_are_said_to_be_none_or_wrong(
    server: _Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, code: str
) -> None:
    monkeypatch.delenv(name)
    if value is not None:
        monkeypatch.setenv(name, value)

    with pytest.raises(AwsCallError) as caught:
        await sqs(REGION).call("SendMessage", {}, seconds=1)

    assert (caught.value.code, caught.value.is_permanent) == (code, True)
    assert server.asked == []


@pytest.mark.parametrize(
    ("environment", "service", "expected"),
    [
        ({}, "sqs", "https://sqs.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"}, "sqs", "http://127.0.0.1:1"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SQS": "http://[::1]:2"},
            "sqs",
            "http://[::1]:2",
        ),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://[::1]:2"}, "dynamodb", "http://[::1]:2"),
        (
            {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://[::1]:2"},
            "secretsmanager",
            "http://[::1]:2",
        ),
        (
            {
                "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
                "AWS_ENDPOINT_URL_SQS": "http://[::1]:2",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True",
            },
            "sqs",
            "https://sqs.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_the_endpoint_is_where_the_sdks_look_for_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], service: Any, expected: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert endpoint_of(service, REGION) == expected
    client = boto3.client(service, region_name=REGION)
    assert client.meta.endpoint_url.rstrip("/") == expected


def test_in_china_hosts_have_another_name() -> None:
    assert endpoint_of("sqs", "cn-north-1") == "https://sqs.cn-north-1.amazonaws.com.cn"


def test_inside_lambda_a_trace_is_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3")

    assert "x-amzn-trace-id" not in sqs(REGION).signed_headers("SendMessage", b"{}")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    assert sqs(REGION).signed_headers("SendMessage", b"{}")["x-amzn-trace-id"]
