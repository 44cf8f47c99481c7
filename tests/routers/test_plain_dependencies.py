"""Plain dependencies reach a route without FastAPI's resolution, and nothing else changes."""

import inspect
from typing import Annotated

from fastapi import Depends

from routers.plain_dependencies import plain, resolve_plain


@plain
async def _answer() -> int:
    return 42


async def _other() -> int:
    return 1


async def endpoint(
    name: str,
    answer: Annotated[int, Depends(_answer)],
    other: Annotated[int, Depends(_other)],
    limit: int = 3,
) -> str:
    """Say it."""
    return f"{name} {answer} {other} {limit}"


async def test_a_plain_dependency_is_no_parameter_and_given_all_the_same() -> None:
    resolved = resolve_plain(endpoint)

    assert await resolved(name="x", other=5, limit=4) == "x 42 5 4"
    assert list(inspect.signature(resolved).parameters) == ["name", "other", "limit"]
    assert inspect.signature(resolved).return_annotation is str
    assert (resolved.__name__, resolved.__doc__) == ("endpoint", "Say it.")
    assert inspect.iscoroutinefunction(resolved)


def test_a_route_without_plain_dependencies_stays_as_it_is() -> None:
    assert resolve_plain(_other) is _other
