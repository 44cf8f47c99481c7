"""Pagination: pages merged from sharded partitions, and opaque tokens for the next page."""

import asyncio
import base64
import binascii
import heapq
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar
from zlib import crc32

from app.domain.errors import InvalidInputError
from app.slices import SLICE
from app.store.schema import Index
from app.store.table import Item, Table

#: Entries per page at most, and where the request names no limit.
MAX_PAGE = 1000

#: A page that becomes this large ends early: the answer, escaped as JSON inside JSON, must stay
#: below Lambda's limit of 6 MB.
MAX_PAGE_BYTES = 2_500_000

#: A batch read of DynamoDB returns at most 16 MB, which is 40 items of 400 KB.
LARGE_BATCH = 40

#: Entries of an index with keys only that are read for the price of one: 4 KB.
_BLOCK_OF_KEYS = 25

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some entries of a list; ``next_token`` is None on the last page."""

    entries: tuple[T, ...]
    next_token: str | None


@dataclass(frozen=True)
class PageRequest:
    """How many entries a caller wants, and the token of the page before."""

    limit: int = MAX_PAGE
    token: str | None = None


def write_token(name: str, position: str, *, of: str = "") -> str:
    """Return the token of the page after ``position`` in the list called ``name``.

    ``of`` says whose list it is, where each user has one. It stands behind the position, where
    releases before take it for a part of that: they repeat one entry and miss none.
    """
    text = f"{name}\n{position}{_owner(of)}".encode()
    return base64.urlsafe_b64encode(_checksum(text) + text).decode().rstrip("=")


def _owner(of: str) -> str:
    return f"\n{sha256(of.encode()).hexdigest()[:16]}" if of else ""


def _checksum(text: bytes) -> bytes:
    """Return a checksum that detects damaged tokens; it protects no secret."""
    return crc32(text).to_bytes(4, "big")


def read_token(name: str, token: str | None, *, of: str = "") -> str | None:
    """Return the position in a token of the list called ``name``, which may be ``of`` a user.

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
    if not of:
        return position
    position, newline, owner = position.partition("\n")
    # Tokens of releases before do not say whose they are.
    if newline and newline + owner != _owner(of):
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
    of: str = "",
    keys_only: bool = False,
) -> Page[Item]:
    """Return one page of the list ``name``, merged from its partitions by sort key.

    Costs one query per partition as long as the page spreads evenly over them. Ends early
    after ``MAX_PAGE_BYTES``, but never before its first entry. ``keys_only`` says that entries
    are small: a block of them costs as much as one.
    """
    after = read_token(name, request.token, of=of)
    share = request.limit // len(partitions) + 2
    if keys_only:
        # Hashes do not spread evenly: a quarter more saves most of the second queries.
        share = max(_BLOCK_OF_KEYS, share * 5 // 4)
    streams = [
        table.query(index, partition, after=after, newest_first=newest_first, page_size=share)
        for partition in partitions
    ]
    try:
        items, is_cut = await _merge(
            streams, request.limit, sort_key=index.range_key, newest_first=newest_first
        )
    finally:
        for stream in streams:
            await stream.aclose()
    token = write_token(name, items[-1][index.range_key], of=of) if is_cut else None
    return Page(tuple(items), token)


async def read_page_of_whole_items(
    table: Table,
    index: Index,
    partitions: Sequence[str],
    *,
    name: str,
    request: PageRequest,
    newest_first: bool = False,
    of: str = "",
) -> Page[Item]:
    """Return one page of the list ``name`` whose index holds keys only, with whole items.

    Costs one batch per 40 entries beside what :func:`read_page` costs, and ends as that does.
    """
    keys = await read_page(
        table,
        index,
        partitions,
        name=name,
        request=request,
        newest_first=newest_first,
        of=of,
        keys_only=True,
    )
    items: list[Item] = []
    size = 0
    for start in range(0, len(keys.entries), LARGE_BATCH):
        batch = keys.entries[start : start + LARGE_BATCH]
        found = {
            item["PK"]: item
            for item in await table.get_many([{"PK": key["PK"], "SK": key["SK"]} for key in batch])
        }
        for position, key in enumerate(batch, start):
            if key["PK"] not in found:
                continue
            size += _estimate_bytes(found[key["PK"]])
            if items and size > MAX_PAGE_BYTES:
                last = keys.entries[position - 1][index.range_key]
                return Page(tuple(items), write_token(name, last, of=of))
            items.append(found[key["PK"]])
    return Page(tuple(items), keys.next_token)


def _estimate_bytes(item: Item) -> int:
    """Return how many bytes an item takes in an answer; an estimate, rather too high."""
    return len(json.dumps(item, default=str))


async def _merge(
    streams: Sequence[AsyncGenerator[Item, None]],
    count: int,
    *,
    sort_key: str,
    newest_first: bool,
) -> tuple[list[Item], bool]:
    """Return up to ``count`` items of sorted streams, and whether there are more.

    Ends early after ``MAX_PAGE_BYTES``. The first pages of the streams load in parallel.
    """
    # A running stream cannot be closed, so all are awaited even when one fails.
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
        if len(found) % SLICE == SLICE - 1:
            # Entries that were read already are no reason for the event loop to go on.
            await asyncio.sleep(0)
        head = heapq.heappop(waiting)
        size += _estimate_bytes(head.item)
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
