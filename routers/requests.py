"""Reading bodies: JSON whatever the Content-Type says (openapi/CONTRACT.md, 1.1)."""

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from routers.plain_dependencies import resolve_plain

#: A cart of 500 items takes about 150 KB; API Gateway would accept 10 MB.
MAX_BODY_BYTES = 256 * 1024


class JSONRequest(Request):
    """A request whose body is JSON, even if the old till calls it a form."""

    @property
    def headers(self) -> Headers:
        """Return the headers with ``application/json`` as content type."""
        if not hasattr(self, "_json_headers"):
            others = [
                (name, value) for name, value in self.scope["headers"] if name != b"content-type"
            ]
            self._json_headers = Headers(raw=[*others, (b"content-type", b"application/json")])
        return self._json_headers

    async def body(self) -> bytes:
        """Return the body; reading stops at the limit.

        Raises:
            HTTPException: it is larger than :data:`MAX_BODY_BYTES`.
        """
        if not hasattr(self, "_body"):
            body = bytearray()
            async for chunk in self.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise HTTPException(413, "the body is larger than 256 KiB")
            self._body = bytes(body)
        return self._body

    async def json(self) -> Any:
        """Return the parsed body; NaN and deep nesting, which Python accepts, are refused.

        A byte order mark before it, which some Windows tools write, is ignored (RFC 8259, 8.1).

        Raises:
            json.JSONDecodeError: the body is not JSON; answered with 400.
        """
        try:
            return from_json((await self.body()).removeprefix(BOM_UTF8), allow_inf_nan=False)
        except ValueError:
            raise json.JSONDecodeError("not valid JSON", "", 0) from None


class JSONRoute(APIRoute):
    """A route that reads its body through :class:`JSONRequest`, with plain dependencies."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Route ``path`` to ``endpoint``."""
        super().__init__(path, resolve_plain(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI calls for this route."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JSONRequest(request.scope, request.receive))

        return handle_json
