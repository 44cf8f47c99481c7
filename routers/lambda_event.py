"""Validation of API Gateway's events (HTTP API, payload format 2.0) before the adapter reads them.

The adapter does not check its input: a body that is not base64, a port that is not a number
or a header that is not text would crash the function instead of being answered with 400.
"""

import base64
import binascii
import re
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import quote

from mangum.handlers.api_gateway import HTTPGateway
from mangum.types import Scope
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.domain.errors import InvalidInputError

_VERSION = "2.0"
_HOST = re.compile(r"[^:,\s]+(:\d{1,5})?", re.ASCII)
_PORT = re.compile(r"\d{1,5}", re.ASCII)


def _check_unicode(text: str) -> str:
    # JSON can hold half of a character ("\\ud800"), which cannot be encoded.
    text.encode()
    return text


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    _check_unicode("".join((*headers, *headers.values())))
    return headers


_Text = Annotated[str, AfterValidator(_check_unicode)]
_Headers = Annotated[dict[str, str], AfterValidator(_check_headers)]


class _EventPart(BaseModel):
    # Strict: what API Gateway sends needs no conversion.
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class _Call(_EventPart):
    method: _Text = Field(min_length=1)
    path: _Text
    source_ip: _Text | None = Field(None, alias="sourceIp")


class _Context(_EventPart):
    http: _Call


class _Event(_EventPart):
    version: Literal["2.0"]
    context: _Context = Field(alias="requestContext")
    query: _Text | None = Field(None, alias="rawQueryString")
    headers: _Headers | None = None
    cookies: list[_Text] | None = None
    body: _Text | None = None
    is_base64: bool | None = Field(None, alias="isBase64Encoded")


class Gateway(HTTPGateway):
    """The adapter's reader of such events, with a scope that is made once: it asks twice."""

    @cached_property
    def scope(self) -> Scope:
        """Return the ASGI scope of the request."""
        return super().scope


def validate_event(event: Any) -> dict[str, Any]:
    """Return an event with only what the adapter reads, its body decoded.

    Raises:
        InvalidInputError: the event is malformed; the text names the part, not its value.
    """
    try:
        given = _Event.model_validate(event)
    except ValidationError as failure:
        # Only top-level names: header names come from the caller.
        parts = {str(part) for error in failure.errors() for part in error["loc"][:1]}
        raise InvalidInputError(f"{min(parts, default='event')}: is malformed") from None
    call = given.context.http
    return build_event(
        call.method,
        # API Gateway has decoded it, and the adapter will decode it: once is right.
        quote(call.path),
        source_ip=call.source_ip or "",
        query=given.query or "",
        headers=_drop_malformed(given.headers or {}),
        cookies=given.cookies or [],
        body=_decode_body(given),
    )


def build_event(
    method: str,
    path: str,
    *,
    source_ip: str = "",
    query: str = "",
    headers: dict[str, str] | None = None,
    cookies: list[str] | None = None,
    body: bytes = b"",
) -> dict[str, Any]:
    """Return an event in the form that the adapter reads; ``body`` is not encoded."""
    return {
        "version": _VERSION,
        "rawQueryString": query,
        "headers": headers or {},
        "cookies": cookies or [],
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": source_ip}},
        "body": body,
        "isBase64Encoded": False,
    }


def _drop_malformed(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers without several hosts, or a host or port that the adapter cannot parse."""
    shapes = {"host": _HOST, "x-forwarded-port": _PORT}
    joined: dict[str, str] = {}
    for name, value in ((name.lower(), value) for name, value in headers.items()):
        # Of names in other case the adapter would read the last; the gateway joins them.
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {
        name: value
        for name, value in joined.items()
        if (shape := shapes.get(name)) is None or shape.fullmatch(value)
    }


def _decode_body(given: _Event) -> bytes:
    text = given.body or ""
    if not given.is_base64:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("body: is not valid base64") from None
