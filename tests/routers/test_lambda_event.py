"""Events of API Gateway are read before they are believed."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from app.domain.errors import InvalidInputError
from app.main import handler
from routers.lambda_event import validate_event
from tests.image.helpers.lambda_events import http_event
from tests.support.event_loops import event_loop_of_thread
from tests.support.shop import shop_client

HALF = "\ud800"


def event(**changes: Any) -> dict[str, Any]:
    return {**http_event("GET", "/healthz"), **changes}


def call(**changes: Any) -> dict[str, Any]:
    return event(requestContext={"http": {"method": "GET", "path": "/healthz", **changes}})


@pytest.fixture
def loop() -> Iterator[None]:
    """Give the adapter the event loop it looks for."""
    with event_loop_of_thread():
        yield


@pytest.mark.parametrize(
    ("malformed", "part"),
    [
        (None, "event"),
        ([], "event"),
        ({}, "requestContext"),
        (event(version="1.0"), "version"),
        (event(requestContext=None), "requestContext"),
        (event(requestContext={"elb": {}}), "requestContext"),
        (call(method=""), "requestContext"),
        (call(method=1), "requestContext"),
        (call(path=None), "requestContext"),
        (call(path=HALF), "requestContext"),
        (event(rawQueryString=["a"]), "rawQueryString"),
        (event(rawQueryString=HALF), "rawQueryString"),
        (event(headers=[]), "headers"),
        (event(headers={"x-secret-name": 1}), "headers"),
        (event(headers={"x": ["a"]}), "headers"),
        (event(headers={"x": None}), "headers"),
        (event(headers={HALF: "x"}), "headers"),
        (event(headers={"x": HALF}), "headers"),
        (event(cookies="a=b"), "cookies"),
        (event(cookies=[1]), "cookies"),
        (event(cookies=[HALF]), "cookies"),
        (event(body={}), "body"),
        (event(body=HALF), "body"),
        (event(isBase64Encoded="true"), "isBase64Encoded"),
        (event(body="a", isBase64Encoded=True), "body"),
        (event(body="!!!!", isBase64Encoded=True), "body"),
        (event(body="ü" * 4, isBase64Encoded=True), "body"),
        (event(body="e30=\n", isBase64Encoded=True), "body"),
        (event(body="e30", isBase64Encoded=True), "body"),
    ],
)
def test_a_malformed_event_is_a_malformed_request(
    loop: None, caplog: pytest.LogCaptureFixture, malformed: Any, part: str
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = handler(malformed, None)

    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["access-control-allow-origin"] == "*"
    problem = json.loads(answer["body"])
    assert problem["status"] == 400
    assert problem["request_id"] == answer["headers"]["x-request-id"]
    assert part in problem["message"]
    assert "secret" not in answer["body"] + caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "a:b"},
        {"host": "a:b:c"},
        {"host": "[::1]:80"},
        {"host": "shop:" + "1" * 5000},
        {"host": ""},
        {"X-Forwarded-Port": "http"},
        {"x-forwarded-port": "²"},
        {"x-forwarded-port": ""},
        {"x-forwarded-proto": "\x00"},
        {"content-length": "-1"},
        {"": ""},
        {"ü": "ü"},
        {"x": "y" * 1_000_000},
        {},
        None,
    ],
)
def test_no_header_is_too_strange_for_an_answer(loop: None, headers: Any) -> None:
    assert handler(event(headers=headers), None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"host": "shop,evil"}, {}),
        ({"Host": "shop", "host": "shop"}, {}),
        ({"Host": "shop:443", "X": "a", "x": "b"}, {"host": "shop:443", "x": "a,b"}),
    ],
)
def test_several_hosts_are_none(headers: dict[str, str], kept: dict[str, str]) -> None:
    assert validate_event(event(headers=headers))["headers"] == kept


def test_a_body_arrives_as_the_bytes_it_was() -> None:
    encoded = base64.b64encode(b"\xff\x00{}").decode()

    assert validate_event(event(body=encoded, isBase64Encoded=True))["body"] == b"\xff\x00{}"
    assert validate_event(event(body="ü"))["body"] == "ü".encode()
    assert validate_event(event(body=None))["body"] == b""


def test_a_complaint_repeats_nothing_of_the_event() -> None:
    with pytest.raises(InvalidInputError) as caught:
        validate_event(event(headers={"x-secret": ["secret"]}, body={"secret": 1}))

    assert str(caught.value) == "body: is malformed"


@pytest.mark.parametrize(
    ("sent", "user_id"),
    [
        ("a%252Fb", "a%2Fb"),
        ("a%2525", "a%25"),
        ("%25", "%"),
        ("ü%20ü", "ü ü"),
        ("a+b", "a+b"),
    ],
)
def test_a_path_is_decoded_once(
    loop: None, stack: dict[str, str], open_mode: None, sent: str, user_id: str
) -> None:
    """API Gateway's HTTP API has decoded the path of its event already."""
    answer = handler(http_event("GET", f"/cart/items/{unquote(sent)}"), None)

    assert json.loads(answer["body"]) == {"cart": [], "userid": user_id}


def test_several_lines_of_a_header_are_one_locally_as_behind_the_gateway(
    loop: None, stack: dict[str, str], open_mode: None
) -> None:
    """API Gateway joins them with commas, so two keys are one key, and no repeat of either."""

    async def ask_locally() -> str:
        async with shop_client() as client:
            lines = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
            answer = await client.get("/order/nobody", headers=lines)
            return answer.headers["idempotency-key"]

    event = http_event("GET", "/order/nobody", headers={"idempotency-key": "a,b"})

    local = asyncio.get_event_loop().run_until_complete(ask_locally())

    assert local == handler(event, None)["headers"]["idempotency-key"] == "a%2Cb"


def test_a_path_that_was_no_utf_8_is_refused(loop: None, stack: dict[str, str]) -> None:
    answer = handler(http_event("GET", f"/cart/items/{unquote('%ff')}"), None)

    assert answer["statusCode"] == 400


def test_head_sends_no_body(loop: None) -> None:
    answer = handler(http_event("HEAD", "/healthz"), None)

    assert (answer["statusCode"], answer["body"]) == (200, "")
