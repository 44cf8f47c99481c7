"""What the functions of routes are called with, laid out once instead of with every request.

FastAPI resolves the dependencies of a route anew for each request: it asks every dependency for
parameters of every kind, and again where another depends on it, which is a fifth of the processor
time of an order. Its own model of a route says all of that beforehand, and its own fields read
the values, so they are the same and so are the errors (``tests/routers/test_routes.py``
compares the two). What no route of the shop needs, such as forms, is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, get_args, get_origin

from fastapi import Response
from fastapi.dependencies.models import Dependant
from pydantic_core import PydanticUndefined

from routers.requests import JSONRequest

#: What may be the default of a parameter: nothing that a route's function could change.
_CONSTANTS = (str, int, float, type(None))


class Given:
    """What there is for one call of a route's function, and what was found to be wrong."""

    __slots__ = ("body", "errors", "found", "request", "response", "stack")

    def __init__(self, request: JSONRequest, body: Any, stack: AsyncExitStack | None) -> None:
        """Begin with a request and its parsed body; what ``stack`` has entered ends with it."""
        self.request, self.body, self.stack = request, body, stack
        self.errors: list[dict[str, Any]] = []
        #: Results of dependencies by their function.
        self.found: dict[Callable[..., Any], Any] = {}
        #: Where the function notes a status and headers, if it asks for it.
        self.response: Response | None = None


class Arguments:
    """The arguments of one function, a route's or a dependency's."""

    def __init__(self, dependant: Dependant) -> None:
        """Lay out what FastAPI found in the signature of ``dependant``'s function.

        Raises:
            TypeError: it asks for something that no route of the shop has.
        """
        call = dependant.call
        is_known = isasyncgenfunction(call) or iscoroutinefunction(call)
        if call is None or not is_known or any(_unusual(dependant)):
            raise TypeError(f"{call} has arguments or is a function of another kind")
        self.function = call
        self.name = dependant.name
        self._is_generator = isasyncgenfunction(call)
        self._dependencies = tuple(map(Arguments, dependant.dependencies))
        self._parameters = tuple(
            _Parameter(field, source)
            for fields, source in (
                (dependant.path_params, "path_params"),
                (dependant.query_params, "query_params"),
                (dependant.header_params, "headers"),
            )
            for field in fields
        )
        self._body = dependant.body_params[0] if dependant.body_params else None
        #: Whether a dependency has something to do after the call.
        self.needs_stack: bool = self._is_generator or any(
            needed.needs_stack for needed in self._dependencies
        )
        self._request_name = dependant.request_param_name
        self._response_name = dependant.response_param_name

    async def call(self, given: Given) -> Any:
        """Return what the function returns; None, with errors noted, if it cannot be called."""
        values = await self.resolve(given)
        if given.errors or values is None:
            return None
        return await self.function(**values)

    async def resolve(self, given: Given) -> dict[str, Any] | None:
        """Return the arguments by name; None, with the errors noted, if some are wrong."""
        values: dict[str, Any] = {}
        before = len(given.errors)
        for needed in self._dependencies:
            if needed.function not in given.found:
                arguments = await needed.resolve(given)
                if arguments is None:
                    continue
                given.found[needed.function] = await needed.result(arguments, given)
            if needed.name is not None:
                values[needed.name] = given.found[needed.function]
        for parameter in self._parameters:
            values[parameter.name] = parameter.read(given)
        if self._body is not None:
            values[self._body.name] = _read_body(self._body, given)
        if self._request_name is not None:
            values[self._request_name] = given.request
        if self._response_name is not None:
            given.response = given.response or _empty_response()
            values[self._response_name] = given.response
        return values if len(given.errors) == before else None

    async def result(self, values: dict[str, Any], given: Given) -> Any:
        """Return what a dependency is; one that has something to do afterwards is entered."""
        if self._is_generator and given.stack:
            return await given.stack.enter_async_context(
                asynccontextmanager(self.function)(**values)
            )
        return await self.function(**values)


class _Parameter:
    """A parameter of the path, the query or the headers."""

    __slots__ = ("_default", "_field", "_is_list", "_loc", "_source", "name")

    def __init__(self, field: Any, source: str) -> None:
        self.name: str = field.name
        self._field, self._source = field, source
        self._loc = (field.field_info.in_.value, field.alias)
        self._is_list = _has_list(field.field_info.annotation)
        self._default = field.get_default()
        if self._default is not PydanticUndefined and not isinstance(self._default, _CONSTANTS):
            raise TypeError(f"{self.name} has a default that can be changed")

    def read(self, given: Given) -> Any:
        """Return the value; None, with the errors noted, if it is wrong."""
        # Most requests have no query, and to parse none takes as long as to parse some.
        is_empty = self._source == "query_params" and not given.request.scope["query_string"]
        value = None if is_empty else self._sent(getattr(given.request, self._source))
        if value is None:
            if self._default is PydanticUndefined:
                given.errors.append(_missing(self._loc))
            return self._default
        return _checked(self._field, value, self._loc, given)

    def _sent(self, sent: Any) -> Any:
        """Return what was sent; None if nothing was."""
        alias = self._loc[1]
        if self._is_list:
            return sent.getlist(alias) or None
        if self._source == "headers" and alias in sent:
            # Several lines are one, joined as API Gateway joins them (RFC 9110, 5.3).
            return ",".join(sent.getlist(alias))
        return sent.get(alias)


def _has_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_has_list, get_args(annotation)))


def _read_body(field: Any, given: Given) -> Any:
    if given.body is PydanticUndefined:
        given.errors.append(_missing(("body",)))
        return None
    return _checked(field, given.body, ("body",), given)


def _checked(field: Any, value: Any, loc: tuple[str, ...], given: Given) -> Any:
    read, errors = field.validate(value, {}, loc=loc)
    if errors:
        given.errors += errors
    return read


def _missing(loc: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def _empty_response() -> Response:
    """Return where a function notes its status and headers, as FastAPI makes it."""
    response = Response()
    del response.headers["content-length"]
    response.status_code = None  # type: ignore[assignment]
    return response


def _unusual(dependant: Dependant) -> Iterator[bool]:
    """Yield for each FastAPI feature that the shop does not support whether it is used."""
    yield bool(dependant.cookie_params)
    yield len(dependant.body_params) > 1
    yield any(field.field_info.is_required() is False for field in dependant.body_params)
    yield not dependant.use_cache
    yield dependant.concurrency is not None
    for name in ("websocket", "http_connection", "background_tasks", "security_scopes"):
        yield getattr(dependant, f"{name}_param_name") is not None
