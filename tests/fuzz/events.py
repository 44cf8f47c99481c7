"""Events of API Gateway, right and wrong, for every documented operation."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.document import Operation, operations
from tests.fuzz.hostile import bodies
from tests.fuzz.world import World
from tests.image.events import http_event

HALF = "\ud800"

#: Ids as they stand in a path, percent signs and all.
STRANGE_IDS = (
    "",
    "%00",
    "a%00b",
    "%2F",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e",
    "..",
    ".",
    "%ff",
    "%C0%80",
    "%ED%A0%80",
    "%",
    "%%",
    "%zz",
    "%u0041",
    "%25%32%46",
    "%0D%0ASet-Cookie:%20a=b",
    "%0A",
    "%F0%9F%98%80",
    "ü😀",
    "%20",
    "+",
    "*",
    "{userid}",
    "a;b=c",
    "a?b",
    "a#b",
    "undefined",
    "null",
    "guest",
    "__proto__",
    "all",
    "x" * 200,
    "x" * 201,
    "%C3%BC" * 200,
    "%F0%9F%98%80" * 200,
    "x" * 5000,
    "CART%23a",
)

QUERIES = (
    "",
    "limit=1",
    "limit=1&limit=2",
    "limit=2&limit=x",
    "limit=0",
    "limit=-1",
    "limit=1001",
    "limit=" + "9" * 5000,
    "limit=1e2",
    "limit=1.0",
    "limit=%D9%A3",
    "limit=NaN",
    "limit=",
    "limit",
    "limit=%00",
    "limit=1;next=2",
    "limit[]=1",
    "next=",
    "next=x",
    "next=%ff",
    "next=%ED%A0%80",
    "next=" + "A" * 1200,
    "next=" + "A" * 1201,
    "next=" + "A" * 50_000,
    "next=AAAAAGNhcnRzCng",
    "next=a&next=b",
    "LIMIT=1",
    "%6Cimit=1",
    "&&&===&",
    "a=" + "b" * 100_000,
    "?limit=1",
    "limit=1#x",
    "ü=😀",
    "&".join(f"p{number}=1" for number in range(2000)),
)

#: Headers that somebody may send; real gateways pass most of them on.
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"content-type": "text/plain"},
    {"content-type": "application/json; charset=utf-16"},
    {"content-type": "multipart/form-data"},
    {"content-type": "\x00"},
    {"content-length": "5"},
    {"content-length": "-1"},
    {"transfer-encoding": "chunked"},
    {"content-encoding": "gzip"},
    {"expect": "100-continue"},
    {"accept": "text/html"},
    {"accept": "\xff"},
    {"host": "a:b:c"},
    {"host": "[::1]:8000"},
    {"host": ""},
    {"x-forwarded-port": "none"},
    {"x-forwarded-proto": "javascript"},
    {"x-forwarded-for": "1.1.1.1, \r\n2.2.2.2"},
    {"range": "bytes=0-0"},
    {"range": "bytes=9-1"},
    {"range": "bytes=" + ",".join(f"{n}-{n}" for n in range(500))},
    {"if-none-match": "*"},
    {"if-modified-since": "yesterday"},
    {"if-modified-since": "Mon, 01 Jan 99999 00:00:00 GMT"},
    {"x-huge": "y" * 1_000_000},
    {"": ""},
    {"ü": "😀"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"upgrade": "websocket", "connection": "upgrade"},
    {"prefer": "respond-async"},
    {"prefer": "respond-async;;;,=,\x00"},
    {"idempotency-key": "k"},
    {"idempotency-key": ""},
    {"idempotency-key": "k" * 255},
    {"idempotency-key": "k" * 256},
    {"idempotency-key": "\x00ü😀\r\n"},
    {"Idempotency-Key": "a", "idempotency-key": "b"},
)

#: Tokens that speak for nobody.
FORGED = (
    "x",
    "a.b.c",
    "..",
    "\x00",
    "ü😀",
    "Bearer",
    "eyJhbGciOiJub25lIiwia2lkIjoic2lnbmluXzEifQ.eyJzdWIiOiJhIn0.",
    base64.urlsafe_b64encode(b'{"alg":"HS256","kid":' + b"[" * 5000 + b"}").decode() + ".e30.x",
    base64.urlsafe_b64encode(b'{"alg":"HS256","kid":["signin_1"]}').decode() + ".e30.x",
    base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"signin_1","b64":false}').decode() + "..x",
    base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"signin_1","crit":["x"]}').decode() + ".e30.x",
    base64.urlsafe_b64encode(b"[]").decode() + ".e30.x",
    "x" * 100_000,
)

COOKIES: tuple[list[str], ...] = (
    [],
    ["logged_in="],
    ["logged_in"],
    ["=;;;=,"],
    ["logged_in=x", "logged_in=y"],
    ['logged_in="\\000"'],
    ["logged_in=\xff\x00"],
    ["a=" + "b" * 100_000],
    ["; ".join(f"c{number}=1" for number in range(3000))],
    ["$Version=1; logged_in=x; $Path=/"],
    ["ü=😀"],
)

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "CONNECT", "get", "BREW", "ü")


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


def _headers_for(operation: Operation) -> tuple[dict[str, str], ...]:
    """Return the headers to choose from; often one that the operation listens to."""
    known = {each["name"] for each in operation.content.get("parameters", ())}
    heard = [each for each in HEADERS if known & {name.lower() for name in each}]
    return (*HEADERS, *heard * (len(HEADERS) // len(heard))) if heard else HEADERS


@st.composite
def cases(draw: st.DrawFn, world: World) -> Case:
    """Draw one event."""
    operation = draw(st.sampled_from(sorted(operations().values(), key=lambda each: each.name)))
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
