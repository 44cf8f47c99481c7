"""Every error a client can get, in one table: status, stable code, cause, cure and an example.

The answers, the API documents and the page ``/docs/errors`` are made from it. Codes are kept
within a major version; messages are for people and may change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import (
    CartFullError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidCredentialsError,
    InvalidInputError,
    NotFoundError,
    OrderNotFoundError,
    OverloadedError,
    ProductNotFoundError,
    QueueUnavailableError,
    SecretsUnavailableError,
    ShopError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
    UsernameTakenError,
    UserNotFoundError,
)


@dataclass(frozen=True)
class ErrorEntry:
    """One kind of error: when it comes, what the caller can do, and what its message says."""

    code: str
    status: int
    cause: str
    cure: str
    example: str
    #: The business error behind it; None for what HTTP itself refuses.
    error: type[ShopError] | None = None


#: The ``request_id`` in examples; the specification of W3C's trace context uses it.
EXAMPLE_REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"

_REPEAT = (
    "Wait for `Retry-After` seconds and repeat. Whether a change was made is not known: send an "
    "`Idempotency-Key`, or read first."
)

#: The first entry whose error class fits decides; so does the first entry of a bare status.
CATALOGUE: tuple[ErrorEntry, ...] = (
    ErrorEntry(
        "invalid_request",
        400,
        "The request makes no sense; `fields` names what is wrong of its body, query, headers and"
        " path, and no value; it is empty where the request is no HTTP.",
        "Correct these fields. A repeat without a change is refused again.",
        "quantity: is missing",
        InvalidInputError,
    ),
    ErrorEntry(
        "cart_full",
        400,
        "The cart would hold more than an order takes: 100 different articles, 1,000,000 of one,"
        " $999,999,999.99 in all; or more than 400 KB.",
        "Order what is in it, or remove something.",
        "cart: is full",
        CartFullError,
    ),
    ErrorEntry(
        "invalid_credentials",
        401,
        "Unknown name or wrong password; the answer does not say which.",
        "Ask for name and password again.",
        "Invalid username or password",
        InvalidCredentialsError,
    ),
    ErrorEntry(
        "unauthorized",
        401,
        "The call needs a valid access token: there is none, or it has expired or was revoked.",
        "Renew it with `POST /refresh-token`, or log in again, and repeat the call once.",
        UnauthorizedError.text,
        UnauthorizedError,
    ),
    ErrorEntry(
        "forbidden",
        403,
        "The token is valid, but what is asked for belongs to another user or is for staff.",
        "Use the id that the login answers as `token`, or a staff account.",
        "this belongs to another user",
        ForbiddenError,
    ),
    ErrorEntry(
        "wrong_address",
        403,
        "You called the gateway directly; it accepts only calls through the shop's address.",
        "Use the address that the operator publishes, the stack's output `Shop URL`.",
        "use the shop's own address",
    ),
    ErrorEntry(
        "product_not_found",
        404,
        "No product has this id.",
        "Take the id from `GET /products`.",
        ProductNotFoundError.text,
        ProductNotFoundError,
    ),
    ErrorEntry(
        "order_not_found",
        404,
        "This user has no order with this id.",
        "Take `order_id` from the answer of `POST /order/add`, or list the user's orders.",
        OrderNotFoundError.text,
        OrderNotFoundError,
    ),
    ErrorEntry(
        "user_not_found",
        404,
        "No user has this id.",
        "Take the id that the login or the registration answers.",
        UserNotFoundError.text,
        UserNotFoundError,
    ),
    ErrorEntry(
        "not_found",
        404,
        "No path or picture has this name, or an id is missing in the path. The message repeats the"
        " words of the path, as the shop got it, and neither ids nor what could be a secret.",
        "Compare the path with the reference; an id must not be empty.",
        "there is no path /cart/list/…; /docs lists all",
        NotFoundError,
    ),
    ErrorEntry(
        "method_not_allowed",
        405,
        "The path has other methods; `Allow` and the message name them.",
        "Use one of these.",
        "PUT is not allowed for /products; allowed: GET, HEAD, OPTIONS, POST",
    ),
    ErrorEntry(
        "request_timeout",
        408,
        "The body did not arrive within ten seconds; the connection is closed.",
        "Repeat on a new connection.",
        "the body did not arrive in time",
    ),
    ErrorEntry(
        "username_taken",
        409,
        "Another user has this name; capitals do not matter.",
        "Choose another name.",
        UsernameTakenError.text,
        UsernameTakenError,
    ),
    ErrorEntry(
        "content_too_large",
        413,
        "The body is larger than 256 KiB.",
        "Send less.",
        "the body is larger than 256 KiB",
    ),
    ErrorEntry(
        "address_too_long",
        414,
        "Path and query are longer than 65,535 bytes. Only a shop without a CDN before it says so.",
        "Ask for less.",
        "the address is too long",
    ),
    ErrorEntry(
        "idempotency_conflict",
        422,
        "The `Idempotency-Key` was used before for another body.",
        "Use a new key for each purchase and each addition, the same one only for its repeats.",
        "Idempotency-Key: was used for another order",
        IdempotencyConflictError,
    ),
    ErrorEntry(
        "too_many_requests",
        429,
        "Too many attempts to log in or to register, too many declined cards, or too many calls in "
        "a short time. Where the gateway refuses, the shop did not see the call, and the body has "
        "only a `message`.",
        "Wait for `Retry-After` seconds, or one second without it, then twice as long each time.",
        "too many attempts; try again in 8 s",
        TooManyAttemptsError,
    ),
    ErrorEntry(
        "internal_error",
        500,
        "A fault of the shop; the cause is in its log.",
        "Repeat once, with an `Idempotency-Key` where something is bought; then tell operators.",
        "a fault of the shop; tell its operators the request_id",
    ),
    ErrorEntry(
        "overloaded",
        503,
        "The shop is at its limit, or a service behind it does not answer.",
        _REPEAT,
        OverloadedError.text,
        OverloadedError,
    ),
    ErrorEntry(
        "store_unavailable",
        503,
        "The table did not answer in time.",
        _REPEAT,
        StoreUnavailableError.text,
        StoreUnavailableError,
    ),
    ErrorEntry(
        "queue_unavailable",
        503,
        "The queue that takes payments did not answer in time.",
        _REPEAT,
        QueueUnavailableError.text,
        QueueUnavailableError,
    ),
    ErrorEntry(
        "keys_unavailable",
        503,
        "The keys that tokens are signed with could not be read in time.",
        _REPEAT,
        SecretsUnavailableError.text,
        SecretsUnavailableError,
    ),
)

#: The entry of an error of which only the status is known.
BY_STATUS: Mapping[int, ErrorEntry] = {entry.status: entry for entry in reversed(CATALOGUE)} | {
    404: next(entry for entry in CATALOGUE if entry.code == "not_found")
}

_INTERNAL = BY_STATUS[500]

#: Statuses of errors whose text begins with the field that is wrong.
_NAMING_FIELDS = frozenset({400, 409, 422})


def entry_for(error: ShopError | type[ShopError]) -> ErrorEntry:
    """Return the entry of a business error; 500's for one that callers cannot cause."""
    kind = error if isinstance(error, type) else type(error)
    fitting = (entry for entry in CATALOGUE if entry.error and issubclass(kind, entry.error))
    return next(fitting, _INTERNAL)


def named_field(status: int, message: str) -> list[tuple[str, str]]:
    """Return the field with which a message about it begins (app/domain/errors.py), if one does."""
    field, colon, text = message.partition(": ")
    return [(field, text)] if colon and status in _NAMING_FIELDS else []


def example_of(entry: ErrorEntry) -> dict[str, Any]:
    """Return the body of an error as an example."""
    return {
        "message": entry.example,
        "status": entry.status,
        "code": entry.code,
        "fields": [
            {"field": field, "message": text}
            for field, text in named_field(entry.status, entry.example)
        ],
        "request_id": EXAMPLE_REQUEST_ID,
    }
