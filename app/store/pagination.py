"""Lists in pages: a merge over sharded partitions, and opaque tokens to go on with."""

import asyncio
import base64
import binascii
import heapq
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from zlib import crc32

from app.domain.errors import InvalidInputError
from app.store.schema import Index
from app.store.table import Item, Table

#: A list without a limit stops here.
MAX_PAGE = 1000

#: A page ends early where it becomes this large: an answer with all escapes that JSON in JSON
#: needs must stay below Lambda's 6 MB.
MAX_PAGE_BYTES = 2_500_000

#: As many of the largest items (400 KB) as one batch of DynamoDB returns (16 MB).
_BATCH = 40

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some entries of a list; ``next_token`` is None on the last page."""

    entries: tuple[T, ...]
    next_token: str | None
    #: How many entries were left out because nobody can read them; each was logged.
    unreadable: int = 0


@dataclass(frozen=True)
class PageRequest:
    """How many entries a caller wants, and behind which token."""

    limit: int = MAX_PAGE
    token: str | None = None


def write_token(name: str, position: str) -> str:
    """Return a token for the place behind ``position`` in the list called ``name``."""
    text = f"{name}\n{position}".encode()
    return base64.urlsafe_b64encode(_checksum(text) + text).decode().rstrip("=")


def _checksum(text: bytes) -> bytes:
    """Return what tells a whole token from a damaged one; it keeps no secret."""
    return crc32(text).to_bytes(4, "big")


def read_token(name: str, token: str | None) -> str | None:
    """Return the position in a token of the list called ``name``.

    Raises:
        InvalidInputError: the token is damaged or belongs to another list.
    """
    if token is None:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        text = decoded[4:].decode()
    except (UnicodeError, binascii.Error):
        decoded, text = b"", ""
    found, _, position = text.partition("\n")
    if found != name or not position or decoded[:4] != _checksum(text.encode()):
        raise InvalidInputError("next: is not a token of this list")
    return position


async def read_page(
    table: Table,
    index: Index,
    partitions: Sequence[str],
    *,
    name: str,
    request: PageRequest,
    newest_first: bool = False,
) -> Page[Item]:
    """Return one page of the list ``name``, merged from its partitions by sort key.

    Costs one query per partition as long as the page spreads evenly over them. Ends early
    after ``MAX_PAGE_BYTES``, but never before its first entry.
    """
    after = read_token(name, request.token)
    share = request.limit // len(partitions) + 2
    streams = [
        table.query(index, partition, after=after, newest_first=newest_first, page_size=share)
        for partition in partitions
    ]
    try:
        items, is_cut = await _first_of(
            streams, request.limit, sort_key=index.range_key, newest_first=newest_first
        )
    finally:
        for stream in streams:
            await stream.aclose()
    token = write_token(name, items[-1][index.range_key]) if is_cut else None
    return Page(tuple(items), token)


async def read_page_behind(
    table: Table,
    index: Index,
    partitions: Sequence[str],
    *,
    name: str,
    request: PageRequest,
    newest_first: bool = False,
) -> Page[Item]:
    """Return one page of the list ``name`` whose index holds keys only, with whole items.

    Costs one batch per 40 entries beside what :func:`read_page` costs, and ends as that does.
    """
    keys = await read_page(
        table, index, partitions, name=name, request=request, newest_first=newest_first
    )
    items: list[Item] = []
    size = 0
    for place in range(0, len(keys.entries), _BATCH):
        some = keys.entries[place : place + _BATCH]
        found = {
            item["PK"]: item
            for item in await table.get_many([{"PK": key["PK"], "SK": key["SK"]} for key in some])
        }
        for number, key in enumerate(some, place):
            if key["PK"] not in found:
                continue
            size += _size_of(found[key["PK"]])
            if items and size > MAX_PAGE_BYTES:
                last = keys.entries[number - 1][index.range_key]
                return Page(tuple(items), write_token(name, last))
            items.append(found[key["PK"]])
    return Page(tuple(items), keys.next_token)


def _size_of(item: Item) -> int:
    """Return about how many bytes an item takes in an answer, rather too many."""
    return len(json.dumps(item, default=str))


async def _first_of(
    streams: Sequence[AsyncGenerator[Item, None]],
    count: int,
    *,
    sort_key: str,
    newest_first: bool,
) -> tuple[list[Item], bool]:
    """Return the first items of sorted streams, ``count`` or a page full, and if there are more.

    Their first pages load side by side.
    """
    # A stream that still runs cannot be closed, so all are awaited even when one fails.
    heads = await asyncio.gather(
        *(anext(stream, None) for stream in streams), return_exceptions=True
    )
    waiting: list[_Head] = []
    for item, stream in zip(heads, streams, strict=True):
        if isinstance(item, BaseException):
            raise item
        if item is not None:
            waiting.append(_Head(item, stream, item[sort_key], newest_first))
    heapq.heapify(waiting)
    found: list[Item] = []
    size = 0
    while waiting:
        head = heapq.heappop(waiting)
        size += _size_of(head.item)
        if len(found) == count or (found and size > MAX_PAGE_BYTES):
            return found, True
        found.append(head.item)
        following = await anext(head.stream, None)
        if following is not None:
            heapq.heappush(
                waiting, _Head(following, head.stream, following[sort_key], newest_first)
            )
    return found, False


@dataclass(frozen=True)
class _Head:
    """The next item of one stream, ordered by its sort key."""

    item: Item
    stream: AsyncGenerator[Item, None]
    position: str
    newest_first: bool

    def __lt__(self, other: "_Head") -> bool:
        if self.newest_first:
            return self.position > other.position
        return self.position < other.position
