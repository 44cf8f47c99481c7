"""All errors in one form: ``{"message": ..., "status": ...}`` (openapi/CONTRACT.md, 1.1)."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.domain.errors import (
    CartFullError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidCredentialsError,
    InvalidInputError,
    NotFoundError,
    QueueUnavailableError,
    SecretsUnavailableError,
    ShopError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
    UsernameTakenError,
)

log = logging.getLogger("shop.http")

#: The first class that fits an error decides.
STATUS_OF: dict[type[ShopError], int] = {
    InvalidInputError: 400,
    CartFullError: 400,
    InvalidCredentialsError: 401,
    UnauthorizedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    UsernameTakenError: 409,
    IdempotencyConflictError: 422,
    TooManyAttemptsError: 429,
    StoreUnavailableError: 503,
    QueueUnavailableError: 503,
    SecretsUnavailableError: 503,
}

#: What each status means in the API documents.
MEANINGS: Mapping[int, tuple[str, str]] = {
    400: (
        "The request is invalid; the message names the field.",
        "quantity: is missing",
    ),
    401: ("A valid token is needed.", "Invalid Key. User Not Authorized"),
    403: (
        "The token belongs to another user, or is not a staff token.",
        "this belongs to another user",
    ),
    404: ("Nothing is stored under this id.", "no product has this id"),
    405: ("The path has other methods; `Allow` names them.", "Method Not Allowed"),
    408: (
        "The body did not arrive within ten seconds; the connection is closed.",
        "the body did not arrive in time",
    ),
    409: ("The name is taken.", "username: is taken"),
    413: ("The body is larger than 256 KiB.", "the body is larger than 256 KiB"),
    422: (
        "The idempotency key was used for another body.",
        "Idempotency-Key: was used for another order",
    ),
    429: (
        "Too many attempts, or the gateway's limit of requests a second; wait for `Retry-After`.",
        "too many attempts; try again in 8 s",
    ),
    500: ("A fault of the shop; the cause is in its log.", "Internal Server Error"),
    503: (
        "A service behind the shop does not answer, or the shop is at its limit; repeat the call.",
        "the store does not answer",
    ),
}

RETRY_AFTER_SECONDS = 1


class ErrorResponse(BaseModel):
    """The body of every error."""

    message: str = Field(description="What is wrong, as a sentence.")
    status: int = Field(description="The HTTP status.")


class GatewayErrorResponse(BaseModel):
    """The body of an error that API Gateway answers by itself."""

    message: str = Field(description="What is wrong, for people.")


def status_for(error: ShopError | type[ShopError]) -> int:
    """Return the HTTP status of an error; 500 for one that callers cannot cause."""
    kind = error if isinstance(error, type) else type(error)
    return next((status for known, status in STATUS_OF.items() if issubclass(kind, known)), 500)


def problems(*errors: type[ShopError]) -> dict[int | str, Any]:
    """Return the documented error answers of a route from the errors it may raise.

    503 is always among them: the table can be unavailable to any route. ``routers/documents.py``
    adds the errors of malformed requests.
    """
    return {status: describe(status) for status in sorted({503, *map(status_for, errors)})}


def describe(status: int) -> dict[str, Any]:
    """Return the documentation of one error answer."""
    return {"model": ErrorResponse, "description": MEANINGS[status][0]}


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer for one error."""
    return JSONResponse({"message": message, "status": status}, status, headers)


def install(app: FastAPI) -> None:
    """Add the error handlers to ``app``."""
    app.add_exception_handler(ShopError, _on_shop_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_shop_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ShopError)  # noqa: S101 - the class it is registered for
    status = status_for(error)
    if status >= 500:
        log.warning("request.refused status=%s cause=%s", status, type(error).__name__)
    if status == 500:
        return problem(500, "Internal Server Error")
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyAttemptsError):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return problem(status, str(error), headers)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the class it is registered for
    return problem(400, "; ".join(map(_describe_mistake, error.errors())))


def _describe_mistake(error: dict[str, Any]) -> str:
    """Return one mistake as ``field: what is wrong``; never the value that was sent."""
    if error["type"] == "json_invalid":
        return "body: is not valid JSON"
    source, *path = error["loc"]
    field = ".".join(map(str, path)) or str(source)
    if error["type"] == "missing":
        return f"{field}: is missing"
    return f"{field}: {error['msg'].removeprefix('Value error, ')}"


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - the class it is registered for
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # Starlette names the methods of one route; what is mounted has no route of its own.
        methods = request.app.state.paths.methods(request.scope["path"])
        headers["Allow"] = ", ".join(methods or ("GET", "HEAD", "OPTIONS"))
    return problem(error.status_code, str(error.detail), headers)
