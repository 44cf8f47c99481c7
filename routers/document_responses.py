"""Answers in the API documents: errors as components, and the headers of every answer."""

from collections.abc import Mapping
from typing import Any

from routers.error_catalogue import BY_STATUS, EXAMPLE_REQUEST_ID
from routers.problems import ErrorResponse

Part = dict[str, Any]

_REFERENCE = "#/components/responses/"

#: Names of the errors' components; every operation can end in one of ``ALWAYS``.
NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    413: "ContentTooLarge",
    422: "IdempotencyConflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
ALWAYS = (405, 429, 500, 503)


def _header(description: str, example: Any, **schema: Any) -> Part:
    return {"description": description, "schema": {"type": "string", **schema, "example": example}}


_HEADERS: Mapping[str, Part] = {
    "Link": _header(
        'Where the list goes on, with `rel="next"` (RFC 8288); absent on the last page.',
        '</products?limit=2&next=abc>; rel="next"',
    ),
    "Location": _header(
        "Where the order is.",
        "/order/5c3939ea1d41c892ce243827/a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1",
    ),
    "Preference-Applied": _header("The preference that was followed.", "respond-async"),
    "Idempotency-Key": _header(
        "The key that was asked for, percent-encoded; absent without one.", "9f1c0c9e"
    ),
    "X-Request-Id": _header(
        "The id of the request, and of an order that it placed: the trace id of the `traceparent`"
        " that was sent, or a new one.",
        EXAMPLE_REQUEST_ID,
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
    "ETag": _header("Changes with the content.", '"2c26b46b68ffc68ff99b453c1d304134"'),
    "Cache-Control": _header("How long a browser may keep it.", "public, max-age=86400"),
}

#: Every answer of the shop itself has it.
_ALWAYS_THERE = "X-Request-Id"

_OF_ERRORS = {
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
    "clear_cart_by_get": {200: ("Deprecation",)},
    "get_product": {200: ("ETag", "Cache-Control"), 304: ("ETag", "Cache-Control")},
    "get_image": {200: ("ETag", "Cache-Control")},
}


def header_components() -> dict[str, Part]:
    """Return every header as a component."""
    return {name: dict(part) for name, part in _HEADERS.items()}


def error_components() -> dict[str, Part]:
    """Return every error answer as a component; the gateway's own has no ``status``."""
    return {name: _error(status) for status, name in NAMES.items()}


def _error(status: int) -> Part:
    entry = BY_STATUS[status]
    meaning, message = entry.cause, entry.example
    field, colon, text = message.partition(": ")
    fields = [{"field": field, "message": text}] if colon else []
    body: Part = {
        "message": message,
        "status": status,
        "code": entry.code,
        "fields": fields,
        "request_id": EXAMPLE_REQUEST_ID,
    }
    schema = ErrorResponse.__name__
    if status == 429:
        body, schema = {"message": message}, "GatewayErrorResponse"
    answer: Part = {
        "description": meaning,
        "content": {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{schema}"},
                "example": body,
            }
        },
    }
    # The gateway has no id to tell.
    always = () if status == 429 else (_ALWAYS_THERE,)
    answer["headers"] = _references((*always, *_OF_ERRORS.get(status, ())))
    return answer


def reference_to(status: int) -> Part:
    """Return the reference to the component of an error."""
    return {"$ref": f"{_REFERENCE}{NAMES[status]}"}


def add_headers(operation: Part) -> None:
    """Declare the headers of an operation's answers that are no errors."""
    declared = _OF_OPERATIONS.get(operation["operationId"], {})
    for status, answer in operation["responses"].items():
        if "$ref" not in answer:
            answer["headers"] = _references((_ALWAYS_THERE, *declared.get(int(status), ())))


def _references(names: tuple[str, ...]) -> Part:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
