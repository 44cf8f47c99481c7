"""The shop's routes: declared to FastAPI, which documents them, and answered with less work.

What FastAPI finds out about a route costs half a millisecond of a cold start, and no process
needs all routes: each is looked at when it is first asked for.
"""

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from operator import attrgetter
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from pydantic_core import PydanticUndefined
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route, compile_path, get_name
from starlette.types import Receive, Scope, Send

from routers.arguments import Arguments, Given
from routers.requests import JSONRequest

# Requests of a process come one by one or in one loop; tools and tests have threads.
_building = threading.RLock()


class ShopRoute(APIRoute):
    """A route that is only its path and its methods until it is asked for more."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Iterable[str] | None = None,
        **options: Any,
    ) -> None:
        """Route ``path`` to ``endpoint``; the options are FastAPI's."""
        self._options = {
            **options,
            "methods": list(methods or ["GET"]),
            # The id of an operation is the name of its function.
            "generate_unique_id_function": attrgetter("name"),
        }
        self._arguments: Arguments | None = None
        self.path, self.endpoint = path, endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = set(self._options["methods"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.app = self._answer
        self._begin = path.partition("{")[0]

    def __getattr__(self, name: str) -> Any:
        """Return what FastAPI finds out about a route, which it does with the first question."""
        with _building:
            options = self.__dict__.pop("_options", None)
            if options is not None:
                super().__init__(self.path, self.endpoint, **options)
                self.app = self._answer
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the route answers a request: most do not even begin as its path does."""
        is_below = scope.get("root_path") or scope["path"].startswith(self._begin)
        if scope["type"] != "http" or not is_below:
            return Match.NONE, {}
        match, found = Route.matches(self, scope)
        found["route"] = self
        return match, found

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._arguments is None:
            self._arguments = Arguments(self.dependant)
        request = JSONRequest(scope, receive)
        if self._arguments.needs_stack:
            async with AsyncExitStack() as stack:
                response = await self._response(self._arguments, request, stack)
        else:
            response = await self._response(self._arguments, request, None)
        await response(scope, receive, send)

    async def _response(
        self, arguments: Arguments, request: JSONRequest, stack: AsyncExitStack | None
    ) -> Response:
        body = await _read_body(request) if self.body_field else PydanticUndefined
        given = Given(request, body, stack)
        result = await arguments.call(given)
        if given.errors:
            raise RequestValidationError(given.errors)
        if isinstance(result, Response):
            return result
        status, noted = self.status_code, given.response
        if noted is not None and noted.status_code:
            status = noted.status_code
        response: Response
        if isinstance(result, str):
            response = PlainTextResponse(result, status or 200)
        else:
            assert self.response_field is not None  # noqa: S101 - mypy cannot know
            # mypy has checked its type, which FastAPI would do again with every answer.
            content = self.response_field.serialize_json(
                result, exclude_none=self.response_model_exclude_none
            )
            response = Response(content, status or 200, media_type="application/json")
        if noted is not None:
            response.headers.raw.extend(noted.headers.raw)
        return response


async def _read_body(request: JSONRequest) -> Any:
    """Return the parsed body.

    Raises:
        RequestValidationError: it is not JSON.
        HTTPException: it is too large, or the client has gone.
    """
    try:
        return await request.json() if await request.body() else PydanticUndefined
    except json.JSONDecodeError as failure:
        error = {"type": "json_invalid", "loc": ("body", failure.pos), "msg": "JSON decode error"}
        raise RequestValidationError([error]) from failure
    except HTTPException:
        raise
    except Exception as failure:
        raise HTTPException(400, "There was an error parsing the body") from failure
