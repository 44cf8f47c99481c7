"""Answers in the API documents: errors as components, and the headers of every answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from routers.error_catalogue import CATALOGUE, EXAMPLE_REQUEST_ID, ErrorEntry, example_of
from routers.problems import ErrorResponse, GatewayErrorResponse

Part = dict[str, Any]

_REFERENCE = "#/components/responses/"

#: What any call can end in, whatever it asks for.
ALWAYS = ("wrong_address", "method_not_allowed", "internal_error", "overloaded")
#: What a call that comes with a body can end in besides, also where none is asked for.
WITH_BODY = ("request_timeout", "content_too_large")
#: What a call can end in whose path holds an id: it may be missing, or not be UTF-8.
WITH_ID = ("invalid_request", "not_found")

#: What the gateway in front of the shop answers by itself: its message, and why. It says no more,
#: because only API Gateway's REST APIs have responses that can be written; this is an HTTP API.
_UNKNOWN_OUTCOME = "Whether a change was made is not known."
_OF_GATEWAY: Mapping[int, tuple[str, str]] = {
    413: (
        "Request Entity Too Large",
        "The body is larger than 10 MB; the shop did not see the call.",
    ),
    429: (
        "Too Many Requests",
        "Too many calls in a short time; the shop did not see this one.",
    ),
    500: ("Internal Server Error", f"The shop's function failed. {_UNKNOWN_OUTCOME}"),
    503: (
        "Service Unavailable",
        f"The shop's function did not answer in time. {_UNKNOWN_OUTCOME}",
    ),
}


def _header(description: str, example: Any, **schema: Any) -> Part:
    return {"description": description, "schema": {"type": "string", **schema, "example": example}}


_HEADERS: Mapping[str, Part] = {
    "Link": _header(
        'Where the list goes on, with `rel="next"` (RFC 8288); absent on the last page. Of what is'
        ' deprecated, where the policy is, with `rel="deprecation"`.',
        '</products?limit=2&next=abc>; rel="next"',
    ),
    "Location": _header(
        "Where the order is.",
        "/order/5c3939ea1d41c892ce243827/a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1",
    ),
    "Preference-Applied": _header("The preference that was followed.", "respond-async"),
    "Idempotency-Key": _header(
        "The key that was asked for, percent-encoded as UTF-8; absent without one.", "9f1c0c9e"
    ),
    "X-Request-Id": _header(
        "The id of the request, and of an order that it placed: the trace id of the `traceparent`"
        " that was sent, or a new one.",
        EXAMPLE_REQUEST_ID,
    ),
    "X-Auth-Mode": _header(
        "`open` where the shop runs in its open mode and asks for no token; else absent.", "open"
    ),
    "Retry-After": _header("Seconds to wait before the repeat.", 1, type="integer", format="int32"),
    "WWW-Authenticate": _header("How to prove who is asking.", "Bearer"),
    "Allow": _header("The methods that the path has.", "GET, POST"),
    "Set-Cookie": _header(
        "`logged_in` and `refresh_token`, for pages of the same origin; empty at log-out. "
        "A login also sets `device`, which strangers' wrong passwords cannot slow down.",
        "logged_in=eyJhbGciOi; Path=/; SameSite=Strict; Max-Age=3600",
    ),
    "Deprecation": _header("Since when it is deprecated (RFC 9745).", "@1796083200"),
    "ETag": _header(
        'Changes with the content; that of a compressed answer is weak (`W/"..."`).',
        '"2c26b46b68ffc68ff99b453c1d304134"',
    ),
    "Cache-Control": _header("How long a browser may keep it.", "public, max-age=86400"),
}

#: Every answer of the shop itself has the first, in open mode the second, too.
_ALWAYS_THERE = ("X-Request-Id", "X-Auth-Mode")

_HEADERS_OF_ERRORS = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}

#: The headers of answers that are no errors, by operation and status.
_OF_OPERATIONS: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "list_products": {200: ("Link", "ETag", "Cache-Control"), 304: ("ETag", "Cache-Control")},
    "list_carts": {200: ("Link",)},
    "list_orders": {200: ("Link",)},
    "list_user_orders": {200: ("Link", "Idempotency-Key")},
    "list_users": {200: ("Link",)},
    "place_order": {202: ("Location", "Preference-Applied")},
    "place_own_order": {202: ("Location", "Preference-Applied")},
    "log_in": {200: ("Set-Cookie",)},
    "log_out": {202: ("Set-Cookie",)},
    "log_out_everywhere": {202: ("Set-Cookie",)},
    "close_account": {200: ("Set-Cookie",)},
    "change_password": {200: ("Set-Cookie",)},
    "clear_cart_by_get": {200: ("Deprecation", "Link")},
    "get_product": {200: ("ETag", "Cache-Control"), 304: ("ETag", "Cache-Control")},
    "get_image": {200: ("ETag", "Cache-Control"), 304: ("ETag", "Cache-Control")},
}


def header_components() -> dict[str, Part]:
    """Return every header as a component."""
    return {name: dict(part) for name, part in _HEADERS.items()}


def error_answers(codes: Iterable[str]) -> tuple[dict[str, Part], dict[str, Part]]:
    """Return the answers that an operation with these errors has, and their components.

    The answers are references by status; an answer's component is named after its codes, in the
    order of the catalogue.
    """
    wanted = set(codes)
    entries = [entry for entry in CATALOGUE if entry.code in wanted]
    answers: dict[str, Part] = {}
    components: dict[str, Part] = {}
    # Any call can meet the gateway's own 429.
    for status in sorted({429, *(entry.status for entry in entries)}):
        own = [entry for entry in entries if entry.status == status]
        name = "Or".join(map(_in_capitals, own)) or "Throttled"
        components[name] = _error(status, own)
        answers[str(status)] = {"$ref": f"{_REFERENCE}{name}"}
    return answers, components


def _in_capitals(entry: ErrorEntry) -> str:
    return entry.code.title().replace("_", "")


def _error(status: int, entries: Sequence[ErrorEntry]) -> Part:
    """Return one error answer with an example for each code that it may have."""
    examples = {
        entry.code: {"summary": entry.cause, "value": example_of(entry)} for entry in entries
    }
    causes = [f"`{entry.code}`: {entry.cause}" for entry in entries]
    schema = ErrorResponse.__name__
    if status in _OF_GATEWAY:
        message, cause = _OF_GATEWAY[status]
        causes.append(f"Without a code, from the gateway: {cause}")
        examples["gateway"] = {"summary": cause, "value": {"message": message}}
        schema = GatewayErrorResponse.__name__
    headers = (*(_HEADERS_OF_ERRORS.get(status, ())), *(_ALWAYS_THERE if entries else ()))
    return {
        "description": "\n\n".join(causes),
        "headers": _references(headers),
        "content": {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{schema}"},
                "examples": examples,
            }
        },
    }


def add_headers(operation: Part) -> None:
    """Declare the headers of an operation's answers that are no errors."""
    declared = _OF_OPERATIONS.get(operation["operationId"], {})
    for status, answer in operation["responses"].items():
        if "$ref" not in answer:
            answer["headers"] = _references((*_ALWAYS_THERE, *declared.get(int(status), ())))


def _references(names: tuple[str, ...]) -> Part:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
