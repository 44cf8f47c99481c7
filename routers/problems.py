"""All errors in one form (openapi/CONTRACT.md, 1.1, rule 9)."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import (
    InvalidCredentialsError,
    SecretsUnavailableError,
    ShopError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from app.field_errors import describe
from app.security.signing_keys import get_signing_keys
from app.security_log import Kind, record_security_event
from app.trace_context import current_trace_id
from routers.error_catalogue import BY_STATUS, ErrorEntry, entry_for, named_field
from routers.paths import Paths, refusal_of_path
from routers.product_pages import not_found_page, wants_page
from routers.schemas.public import PublicModel

log = logging.getLogger("shop.http")

RETRY_AFTER_SECONDS = 1

#: Statuses of refusals that go into the security log.
_SECURITY_STATUSES = frozenset({401, 403, 429})


class FieldProblem(PublicModel):
    """One field of a request that is wrong."""

    field: str = Field(description="The field, as a path: `cart.0.quantity`.")
    message: str = Field(description="What is wrong with it; never the value that was sent.")


class ErrorResponse(PublicModel):
    """The body of every error."""

    message: str = Field(description="What is wrong, for people; it may change.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(
        description="Which error it is, for programs; `/docs/errors` explains each. It stays the"
        " same within a major version, and there can be new ones."
    )
    fields: list[FieldProblem] = Field(
        description="What is wrong, field by field; empty where no field is to blame."
    )
    request_id: str = Field(
        description="The id of the request, as in `X-Request-Id`: the shop's operators ask for it."
    )


class GatewayErrorResponse(PublicModel):
    """The body of a 413, 429, 500 or 503: the shop's own is whole, the gateway's has a message."""

    message: str = Field(description="What is wrong, for people; it may change.")
    status: int | None = Field(None, description="The HTTP status; absent in the gateway's.")
    code: str | None = Field(
        None, description="Which error it is, for programs; absent in the gateway's."
    )
    fields: list[FieldProblem] | None = Field(
        None, description="What is wrong, field by field; absent in the gateway's."
    )
    request_id: str | None = Field(
        None, description="The id of the request, as in `X-Request-Id`; absent in the gateway's."
    )


def status_for(error: ShopError | type[ShopError]) -> int:
    """Return the HTTP status of an error; 500 for one that callers cannot cause."""
    return entry_for(error).status


#: What a route may end in that reads a token and the table.
OUTAGES = (StoreUnavailableError, SecretsUnavailableError)

#: Where the API documents find the codes of an answer that a route declares.
CODES = "x-codes"


def problems(*errors: type[ShopError]) -> dict[int | str, Any]:
    """Return the documented error answers of a route from the errors it may raise.

    ``routers/documents.py`` adds the errors that any call may end in, and those of malformed ones.
    """
    answers: dict[int | str, Any] = {}
    for error in errors:
        entry = entry_for(error)
        answer = answers.setdefault(entry.status, {"description": entry.cause, CODES: []})
        answer[CODES].append(entry.code)
    return answers


def problem(
    status: int,
    message: str,
    headers: dict[str, str] | None = None,
    *,
    entry: ErrorEntry | None = None,
    fields: Sequence[tuple[str, str]] = (),
) -> JSONResponse:
    """Return the answer for one error; ``fields`` are names with what is wrong with each."""
    body = {
        "message": message,
        "status": status,
        "code": (entry or BY_STATUS[status]).code,
        "fields": [{"field": field, "message": text} for field, text in fields],
        "request_id": current_trace_id() or "",
    }
    return JSONResponse(body, status, headers)


def fault() -> JSONResponse:
    """Return the answer for a fault of the shop; its cause is for the log alone."""
    return problem(500, BY_STATUS[500].example)


def problem_app(status: int, message: str) -> ASGIApp:
    """Return an application that answers every request with one error."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await problem(status, message, fields=named_field(status, message))(scope, receive, send)

    return answer


def install(app: FastAPI) -> None:
    """Add the error handlers to ``app``."""
    app.add_exception_handler(ShopError, _on_shop_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_exception)


async def _on_shop_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ShopError)  # noqa: S101 - the class it is registered for
    entry = entry_for(error)
    if entry.status in _SECURITY_STATUSES:
        await _record_refusal(request, error, entry)
    return answer_to(error)


async def _record_refusal(request: Request, error: ShopError, entry: ErrorEntry) -> None:
    """Write a refusal into the security log; the route is told by its pattern, without ids."""
    # The address is hashed with the keys; a process reads them once.
    with suppress(ShopError):
        await get_signing_keys()
    is_login = isinstance(error, InvalidCredentialsError)
    # The kind and the status say which error it was.
    record_security_event(
        Kind.LOGIN_FAILED if is_login else Kind.REFUSED,
        status=entry.status,
        route=f"{request.method} {getattr(request.scope.get('route'), 'path', '?')}",
    )


def answer_to(error: ShopError) -> JSONResponse:
    """Return the answer for an error of the shop, and log what the shop is to blame for."""
    entry = entry_for(error)
    status = entry.status
    if status >= 500:
        # The shop is set up wrongly (500), or something is away for a while (503).
        tell = log.error if status == 500 else log.warning
        tell("request.refused status=%s cause=%s", status, type(error).__name__)
    if status == 500:
        return fault()
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyAttemptsError):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    fields = named_field(status, str(error))
    return problem(status, str(error), headers, entry=entry, fields=fields)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the class it is registered for
    mistakes = [_describe_mistake(mistake) for mistake in error.errors()]
    return problem(400, "; ".join(map(": ".join, mistakes)), fields=mistakes)


def _describe_mistake(error: dict[str, Any]) -> tuple[str, str]:
    """Return the field of one mistake and what is wrong; never the value that was sent."""
    source, *path = error["loc"]
    if error["type"] == "json_invalid":
        path = []  # Where in the text it is says nothing about a field.
    if source == "header":
        path = [name.title() for name in path]
    return ".".join(map(str, path)) or str(source), describe(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Return the answer for what HTTP itself refuses; the application's state has its paths."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the class it is registered for
    if error.status_code == 404 and request.method == "GET" and wants_page(request):
        return not_found_page()
    headers, message = dict(error.headers or {}), str(error.detail)
    path = request.scope["path"]
    if error.status_code == 405:
        # Starlette names the methods of one route only.
        paths: Paths = request.app.state.paths
        headers["Allow"] = paths.allowed(path)
        message = paths.refusal_of_method(request.method, path)
    elif error.status_code == 404:
        message = refusal_of_path(path)
    return problem(error.status_code, message, headers)
