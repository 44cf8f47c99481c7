"""Nobody reaches the api past the CDN: events as API Gateway sends them, through the handler."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from app.main import handler
from app.settings import get_settings
from tests.image.helpers.lambda_events import http_event
from tests.support.event_loops import event_loop_of_thread

SENT_NOW, SENT_NEXT = "the value of today", "the value of tomorrow"


@pytest.fixture
def in_a_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    hashes = [sha256(value.encode()).hexdigest() for value in (SENT_NOW, SENT_NEXT)]
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("ORIGIN_HEADER_SHA256", ", ".join(hashes))
    get_settings.cache_clear()
    with event_loop_of_thread():
        yield
    get_settings.cache_clear()


def ask(method: str = "GET", path: str = "/healthz", **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return handler(http_event(method, path, headers=given), None)


@pytest.mark.parametrize("value", [SENT_NOW, SENT_NEXT])
def test_the_cdn_is_known_by_the_value_of_today_and_of_tomorrow(
    in_a_stack: None, value: str
) -> None:
    assert ask(x_origin_verify=value)["statusCode"] == 200
    # API Gateway writes names in small letters; HTTP does not care.
    assert ask(**{"X-Origin-Verify": value})["statusCode"] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_origin_verify": ""},
        {"x_origin_verify": "the value of last year"},
        {"x_origin_verify": SENT_NOW + " "},
        {"x_origin_verify": f"{SENT_NOW},{SENT_NEXT}"},
        {"x_origin_verify": sha256(SENT_NOW.encode()).hexdigest()},
        {"x_origin_verify": "ü"},
        {"x_forwarded_for": "192.0.2.1", "cookie": f"x-origin-verify={SENT_NOW}"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/healthz"), ("POST", "/login"), ("HEAD", "/"), ("GET", "/x/y")]
)
def test_who_goes_past_the_cdn_is_refused(
    in_a_stack: None, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = ask(method, path, **headers)

    assert answer["statusCode"] == 403
    assert answer["headers"]["cache-control"] == "no-store"
    if method != "HEAD":
        problem = json.loads(answer["body"])
        assert (problem["code"], problem["status"]) == ("wrong_address", 403)


@pytest.mark.parametrize(
    ("stage", "status"), [("local", 200), ("test", 403), ("demo", 403), ("staging", 403)]
)
def test_the_local_shop_alone_has_no_cdn(
    in_a_stack: None, monkeypatch: pytest.MonkeyPatch, stage: str, status: int
) -> None:
    monkeypatch.setenv("STAGE", stage)
    get_settings.cache_clear()

    assert ask()["statusCode"] == status


def test_a_refusal_writes_down_no_value(in_a_stack: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        answer = ask(x_origin_verify="the value of last year")

    assert "last year" not in caplog.text + answer["body"]
    (event,) = (r.getMessage() for r in caplog.records if r.name == "shop.security")
    assert event.startswith("security.refused status=403 code=wrong_address")


@pytest.mark.parametrize("at", [0, -1])
def test_every_character_of_the_hash_counts(
    in_a_stack: None, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    known = list(sha256(SENT_NOW.encode()).hexdigest())
    known[at] = "0" if known[at] != "0" else "1"
    monkeypatch.setenv("ORIGIN_HEADER_SHA256", "".join(known))
    get_settings.cache_clear()

    assert ask(x_origin_verify=SENT_NOW)["statusCode"] == 403
