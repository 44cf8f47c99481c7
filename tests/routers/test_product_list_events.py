"""The list of products is answered from Lambda's event as everything behind it answers."""

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from unittest.mock import Mock

import pytest

from app import main
from app.settings import get_settings
from routers.product_list import Kept
from routers.product_list_events import _MOST
from tests.image.helpers.lambda_events import http_event
from tests.support.event_loops import event_loop_of_thread

_LISTS = main.app.state.kept_product_lists
_BODY = b'{"data":[],"status":200}'
_HEADERS = [
    (b"content-length", b"24"),
    (b"content-type", b"application/json"),
    (b"etag", b'"v1"'),
    (b"cache-control", b"no-cache"),
]
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep both lists, so that no route is asked, and no answers to events."""
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setenv("SHOP_CATALOG_SECONDS", "60")
    get_settings.cache_clear()
    main.kept_answers.forget()
    for query in (b"", b"include=codes"):
        _LISTS.keep(query, Kept(_HEADERS, _BODY, time.time()), changes=_LISTS.changes)
    with event_loop_of_thread():
        yield
    _LISTS.forget()
    get_settings.cache_clear()


def event(query: str = "", path: str = "/products", **headers: str | None) -> dict[str, Any]:
    """Return an event; a header without a value is not sent."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = http_event("GET", path)
    merged = {**asked["headers"], **sent}
    given = {name: value for name, value in merged.items() if value is not None}
    return {**asked, "rawQueryString": query, "headers": given}


def untraced(answer: dict[str, Any]) -> dict[str, Any]:
    headers = {name: text for name, text in answer["headers"].items() if name != "x-request-id"}
    return {**answer, "headers": headers}


def refuse_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "_adapter", Mock(side_effect=AssertionError))


@pytest.mark.parametrize("proto", ["https", "http", None])
@pytest.mark.parametrize("condition", [None, '"v1"', 'W/"v1"', '"v0", "v1"', "*"])
@pytest.mark.parametrize("query", ["", "include=codes"])
def test_a_second_event_is_answered_without_the_adapter(
    monkeypatch: pytest.MonkeyPatch, query: str, condition: str | None, proto: str | None
) -> None:
    asked = event(query, if_none_match=condition, x_forwarded_proto=proto)
    first = main.handler(asked, None)
    refuse_adapter(monkeypatch)

    second, third = main.handler(asked, None), main.handler(asked, None)

    assert first["statusCode"] == (304 if condition else 200)
    assert untraced(second) == untraced(third) == untraced(first)
    assert len({answer["headers"]["x-request-id"] for answer in (first, second, third)}) == 3


@pytest.mark.parametrize(
    "asked",
    [
        event(if_none_match='"v0"'),
        event(traceparent=_TRACEPARENT),
        event(**{"If-None-Match": '"v1"'}),
        {**event(), "body": "{}"},
        event(path="/products/"),
        event(path="/healthz"),
        {**event(), "cookies": "a=b"},
        {**event(), "version": "1.0"},
        {**event(), "headers": {"host": "\ud800"}},
        {**event(), "headers": None},
        None,
    ],
)
def test_what_needs_a_closer_look_goes_through_the_adapter(asked: Any) -> None:
    main.handler(event(), None)

    answers = [main.handler(asked, None) for _ in range(2)]

    assert main.kept_answers.find(asked) is None
    assert answers[0]["statusCode"] == answers[1]["statusCode"]


def test_no_answer_outlives_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    main.handler(event(), None)
    assert main.kept_answers.find(event()) is not None

    _LISTS.forget()
    assert main.kept_answers.find(event()) is None

    # Not even when the next list has come meanwhile.
    _LISTS.keep(b"", Kept(_HEADERS, b"[]", time.time()), changes=_LISTS.changes)
    assert main.kept_answers.find(event()) is None
    assert main.handler(event(), None)["body"] == "[]"


def test_who_goes_past_the_cdn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_HEADER_SHA256", sha256(b"by-cdn").hexdigest())
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    get_settings.cache_clear()
    by_cdn = event(x_origin_verify="by-cdn")
    first = main.handler(by_cdn, None)

    assert main.handler(event(), None)["statusCode"] == 403
    assert main.handler(event(x_origin_verify="guessed"), None)["statusCode"] == 403
    assert untraced(main.handler(by_cdn, None)) == untraced(first)
    assert first["statusCode"] == 200


def test_conditions_of_clients_do_not_fill_the_memory() -> None:
    for number in range(2 * _MOST):
        main.handler(event(if_none_match=f'"{number}", "v1"'), None)

    assert len(main.kept_answers._answers) <= _MOST
