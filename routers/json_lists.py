"""Answers with lists, which can be long, encoded in slices (``app/slices.py``)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from app.slices import map_in_slices

T = TypeVar("T")


async def encode_list(entries: Sequence[T], to_public: Callable[[T], BaseModel]) -> bytes:
    """Return the JSON of a list as FastAPI writes it; ``to_public`` makes the model of an entry."""
    parts = await map_in_slices(
        lambda entry: to_public(entry).model_dump_json(by_alias=True), entries
    )
    return f"[{','.join(parts)}]".encode()
