"""Dependencies that need nothing of a request, without FastAPI's walk through them.

FastAPI resolves each dependency with all that a request may hold (parameters, a cache, errors,
clean-up), and again where others depend on it: a tenth of a small request for the table, the
settings and the clock. A route's function is given those when it is called; among the dependencies
of dependencies FastAPI resolves them as any other.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, get_args

from fastapi.params import Depends

Make = Callable[[], Awaitable[Any]]
M = TypeVar("M", bound=Make)

_PLAIN: set[object] = set()


def plain(make: M) -> M:
    """Mark a dependency that has no parameters and does not fail."""
    _PLAIN.add(make)
    return make


def resolve_plain(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the function of a route without the parameters that plain dependencies are for."""
    signature = inspect.signature(endpoint)
    made = {
        name: make
        for name, parameter in signature.parameters.items()
        if (make := _plain_in(parameter.annotation))
    }
    if not made:
        return endpoint

    @wraps(endpoint)
    async def call(**given: Any) -> Any:
        for name, make in made.items():
            given[name] = await make()
        return await endpoint(**given)

    others = [part for name, part in signature.parameters.items() if name not in made]
    call.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return call


def _plain_in(annotation: Any) -> Make | None:
    for part in get_args(annotation):
        if isinstance(part, Depends) and part.dependency in _PLAIN:
            return part.dependency
    return None
