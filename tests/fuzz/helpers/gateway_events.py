"""Events of API Gateway, right and wrong, for every documented operation."""

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.helpers.hostile_bodies import bodies
from tests.fuzz.helpers.openapi_document import Operation, operations
from tests.fuzz.helpers.request_parts import (
    COOKIES,
    FORGED,
    HALF,
    HEADERS,
    METHODS,
    QUERIES,
    STRANGE_IDS,
)
from tests.fuzz.helpers.world import World
from tests.image.helpers.lambda_events import http_event


@dataclass(frozen=True)
class Case:
    """One event and what is known of it beforehand."""

    event: Any
    #: Whether it is an event at all; if not, nothing but 400 fits.
    is_event: bool = True
    #: Whether a valid access token comes with it.
    has_token: bool = False


@st.composite
def _ids(draw: st.DrawFn, name: str, world: World) -> str:
    own = {"userid": world.user_id, "order_id": world.order_id}.get(name, world.product_id)
    if draw(st.booleans()):
        return draw(st.sampled_from((own, world.user_id)))
    if draw(st.booleans()):
        return draw(st.sampled_from(STRANGE_IDS))
    return quote(draw(st.text(max_size=12)).encode("utf-8", "surrogatepass"), safe="")


@st.composite
def _paths(draw: st.DrawFn, operation: Operation, world: World) -> str:
    path = operation.template
    while "{" in path:
        start, _, rest = path.partition("{")
        name, _, end = rest.partition("}")
        # A brace that an id brings along is not a place to fill.
        path = start + draw(_ids(name, world)).replace("{", "%7B") + end
    mutation = draw(st.integers(0, 19))
    if mutation == 0:
        path += "/"
    elif mutation == 1:
        path += draw(st.sampled_from(("//", "/..", "%2F", "/%2e%2e", "%00", ";", "/x", "%0A")))
    elif mutation == 2:
        path = draw(st.sampled_from(("", "products", "//", "/static/", "/static/%00"))) + path
    elif mutation == 3:
        path = path.upper()
    return path


@st.composite
def _credentials(draw: st.DrawFn, world: World) -> tuple[dict[str, str], list[str], bool]:
    """Draw headers, cookies, and whether they hold a valid access token."""
    kind = draw(st.sampled_from(("own", "own", "own", "staff", "none", "none", "forged", "wrong")))
    if kind == "none":
        return {}, draw(st.sampled_from(COOKIES)), False
    token = {
        "own": world.access,
        "staff": world.staff_access,
        "forged": draw(st.sampled_from(FORGED)),
        "wrong": draw(st.sampled_from((world.refresh, world.expired))),
    }[kind]
    is_valid = kind in {"own", "staff"}
    where = draw(st.sampled_from(("bearer", "bearer", "header", "cookie", "junk")))
    if where == "bearer":
        return {"Authorization": f"Bearer {token}"}, draw(st.sampled_from(COOKIES)), is_valid
    if where == "header":
        return {"X-Access-Token": token}, [], is_valid
    if where == "cookie":
        return {}, [f"logged_in={token}"], is_valid
    scheme = draw(st.sampled_from(("Basic ", "Token ", "bearer\t", "", "Bearer: ")))
    return {"authorization": scheme + token}, [], False


#: What may stand in the place of an event, and of each of its parts, and does not belong there.
_NO_EVENTS: tuple[Any, ...] = (None, [], "x", {}, {"Records": []}, {"source": "aws.events"})
_WRONG_PARTS: dict[str, tuple[Any, ...]] = {
    "requestContext": (None, {}, [], {"elb": {}}, 1, {"http": None}, {"http": {"method": "GET"}}),
    "version": (None, 2.0, "1.0", "", "2", "3.0"),
    "headers": (
        1,
        [],
        "x",
        [["a", "b"]],
        {"x": 1},
        {"x": None},
        {"x": ["a"]},
        {HALF: "x"},
        {1: "x"},
    ),
    "cookies": ("a=b", {"a": "b"}, 1, [None], [1], [[]], [HALF]),
    "rawQueryString": (1, [], {}, HALF),
    "body": (1, [], {}, True, f'{{"itemid": "{HALF}"}}'),
    "isBase64Encoded": ("true", 1, [], {}),
}
_WRONG_CALLS: tuple[Any, ...] = (None, 1, [], {}, HALF)
_WRONG_BASE64 = (
    "a",
    "!!!!",
    "e30",
    "e30=e30=",
    "=",
    "e30=\n",
    "üüüü",
    "e3 0=",
    "-_-_",
    "A" * 1_000_001,
)


@st.composite
def _wrong_event(draw: st.DrawFn, event: dict[str, Any]) -> Any:
    """Draw something like ``event`` that is none."""
    part = draw(st.sampled_from(("event", "base64", "method", "path", *_WRONG_PARTS)))
    if part == "event":
        return draw(st.sampled_from(_NO_EVENTS))
    if part == "base64":
        return {**event, "isBase64Encoded": True, "body": draw(st.sampled_from(_WRONG_BASE64))}
    if part in _WRONG_PARTS:
        return {**event, part: draw(st.sampled_from(_WRONG_PARTS[part]))}
    call = {**event["requestContext"]["http"], part: draw(st.sampled_from(_WRONG_CALLS))}
    return {**event, "requestContext": {"http": call}}


@cache
def _weighted() -> tuple[Operation, ...]:
    """Return every operation; those that take a body, which can go wrong in most ways, thrice."""
    every = sorted(operations().values(), key=lambda operation: operation.name)
    with_body = [operation for operation in every if operation.example is not None]
    return (*every, *with_body, *with_body)


def _headers_for(operation: Operation) -> tuple[dict[str, str], ...]:
    """Return the headers to choose from; often one that the operation listens to."""
    known = {parameter["name"] for parameter in operation.content.get("parameters", ())}
    heard = [header for header in HEADERS if known & {name.lower() for name in header}]
    return (*HEADERS, *heard * (len(HEADERS) // len(heard))) if heard else HEADERS


@st.composite
def cases(draw: st.DrawFn, world: World) -> Case:
    """Draw one event."""
    operation = draw(st.sampled_from(_weighted()))
    method = operation.method
    if draw(st.integers(0, 29)) == 0:
        method = draw(st.sampled_from(METHODS))
    event = http_event(method, draw(_paths(operation, world)))
    headers, cookies, has_token = draw(_credentials(world))
    event["headers"] |= {**draw(st.sampled_from(_headers_for(operation))), **headers}
    event["cookies"] = cookies
    if draw(st.integers(0, 2)) == 0:
        event["rawQueryString"] = draw(st.sampled_from(QUERIES))
    if operation.example is not None or draw(st.integers(0, 9)) == 0:
        _put_body(draw, event, draw(bodies(_known(operation.example, world))))
    for optional in draw(st.sets(st.sampled_from(("cookies", "rawQueryString", "body", "x")))):
        if optional in event and draw(st.integers(0, 9)) == 0:
            del event[optional]
    if draw(st.integers(0, 19)) == 0:
        return Case(draw(_wrong_event(event)), is_event=False)
    return Case(event, has_token=has_token and bool(headers or event.get("cookies")))


def _known(example: Any, world: World) -> Any:
    """Return an example that names what is in the shop."""
    text = json.dumps(example)
    for old, new in (
        ("533445d-530e-4a76-9398-5d16713b827b", world.product_id),
        ('"eric"', json.dumps(world.username)),
    ):
        text = text.replace(old, new)
    tokens = {"access_token": world.access, "refresh_token": world.refresh}
    known = json.loads(text)
    return {**known, **{name: tokens[name] for name in tokens if name in known}} if known else {}


def _put_body(draw: st.DrawFn, event: dict[str, Any], body: bytes) -> None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if text and draw(st.booleans()):
        event["body"] = text
    else:
        event["body"] = base64.b64encode(body).decode()
        event["isBase64Encoded"] = True
