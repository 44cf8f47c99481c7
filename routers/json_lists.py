"""Answers with lists, which can be long, encoded in slices (``app/slices.py``)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from app.slices import map_in_slices
from app.store.pagination import Page
from routers.dependencies import link_next

T = TypeVar("T")


async def encode_list(entries: Sequence[T], to_public: Callable[[T], BaseModel]) -> bytes:
    """Return the JSON of a list as FastAPI writes it; ``to_public`` makes the model of an entry."""
    parts = await map_in_slices(
        lambda entry: to_public(entry).model_dump_json(by_alias=True), entries
    )
    return f"[{','.join(parts)}]".encode()


async def answer_page(
    request: Request, page: Page[T], to_public: Callable[[T], BaseModel], *, limit: int
) -> Response:
    """Return the answer with a page of a list, which links to the next one."""
    answer = Response(await encode_list(page.entries, to_public), media_type="application/json")
    link_next(request, answer, page, limit)
    return answer
