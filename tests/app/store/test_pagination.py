"""Lists in pages: every entry once, whatever the size of the pages."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInputError, StoreUnavailableError
from app.domain.user import Credentials, Role, User
from app.store.keys import USERS, Key, shards
from app.store.pagination import (
    MAX_PAGE,
    MAX_PAGE_BYTES,
    Page,
    PageRequest,
    read_page,
    read_page_of_whole_items,
    read_token,
    write_token,
)
from app.store.schema import GSI1, Index
from app.store.table import Item, Table, get_table
from app.store.users import credentials_to_item, list_users, user_to_item

PARTITIONS = shards(USERS)


class FakeTable(Table):
    """A table of sorted partitions that counts what is read from it."""

    def __init__(self, positions: list[str], *, breaks_in: str | None = None) -> None:
        super().__init__("fake", None)  # type: ignore[arg-type]
        self._stored = {
            partition: positions[n :: len(PARTITIONS)] for n, partition in enumerate(PARTITIONS)
        }
        self._breaks_in = breaks_in
        self.pages_read = 0
        self.open_streams = 0

    async def query(
        self,
        index: Index,
        partition: str,
        *,
        after: str | None = None,
        newest_first: bool = False,
        page_size: int,
    ) -> AsyncGenerator[Item, None]:
        self.open_streams += 1
        try:
            left = sorted(self._stored[partition], reverse=newest_first)
            if after is not None:
                left = [
                    position
                    for position in left
                    if (position < after if newest_first else position > after)
                ]
            for number, position in enumerate(left):
                if number % page_size == 0:
                    self.pages_read += 1
                    # A partition that fails does so while the others still wait for their answers.
                    is_slow = self._breaks_in not in {None, partition}
                    await asyncio.sleep(0.005 if is_slow else 0)
                if partition == self._breaks_in:
                    raise StoreUnavailableError("the store does not answer")
                yield {index.range_key: position}
        finally:
            self.open_streams -= 1


async def walk(table: Table, limit: int, *, newest_first: bool = False) -> list[list[str]]:
    """Return all pages of the list, following the tokens."""
    pages: list[list[str]] = []
    token: str | None = None
    while True:
        page = await read_page(
            table,
            GSI1,
            PARTITIONS,
            name="things",
            request=PageRequest(limit, token),
            newest_first=newest_first,
        )
        pages.append([item[GSI1.range_key] for item in page.entries])
        token = page.next_token
        if token is None:
            return pages


positions = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), unique=True, max_size=30
)


@pytest.mark.unmeasured
@given(stored=positions, limit=st.integers(1, 35), newest_first=st.booleans())
def test_every_entry_comes_exactly_once_and_in_order(
    *, stored: list[str], limit: int, newest_first: bool
) -> None:
    table = FakeTable(stored)

    pages = asyncio.run(walk(table, limit, newest_first=newest_first))

    assert [position for page in pages for position in page] == sorted(stored, reverse=newest_first)
    assert all(len(page) == limit for page in pages[:-1])
    assert len(pages) == max(1, -(-len(stored) // limit))
    assert table.open_streams == 0


async def test_a_full_last_page_has_no_token() -> None:
    pages = await walk(FakeTable([str(number) for number in range(6)]), 3)

    assert [len(page) for page in pages] == [3, 3]


async def test_an_even_page_costs_one_query_for_each_partition() -> None:
    table = FakeTable([f"{number:04}" for number in range(100)])

    await read_page(table, GSI1, PARTITIONS, name="things", request=PageRequest(40))

    assert table.pages_read == len(PARTITIONS)


def test_a_token_of_a_users_list_is_good_for_that_user() -> None:
    token = write_token("things", "2025-01-01#x", of="walter")

    assert read_token("things", token, of="walter") == "2025-01-01#x"
    for of in ("skyler", "walter\n", "W"):
        with pytest.raises(InvalidInputError, match=r"^next: is not a token of this list$"):
            read_token("things", token, of=of)


def test_a_token_of_the_release_before_goes_on_in_a_users_list() -> None:
    """And that release takes today's for a later position, so that it misses no entry."""
    position = "2025-01-01#x"
    today = write_token("things", position, of="walter")

    assert read_token("things", write_token("things", position), of="walter") == position
    assert (read_token("things", today) or "") > position


@pytest.mark.parametrize("partition", PARTITIONS)
async def test_a_partition_that_fails_fails_the_page_and_leaves_no_stream(partition: str) -> None:
    table = FakeTable([str(number) for number in range(20)], breaks_in=partition)

    with pytest.raises(StoreUnavailableError):
        await read_page(table, GSI1, PARTITIONS, name="things", request=PageRequest(5))

    assert table.open_streams == 0


async def test_a_reader_who_goes_away_leaves_no_stream() -> None:
    table = FakeTable([str(number) for number in range(20)])
    reading = asyncio.create_task(
        read_page(table, GSI1, PARTITIONS, name="things", request=PageRequest(5))
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert table.open_streams == 0


# Tokens.


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_token_gives_its_position_back(position: str) -> None:
    token = write_token("things", position)

    assert read_token("things", token) == position
    assert token.isascii()
    assert set("=+/ ").isdisjoint(token)


def test_no_token_is_the_beginning() -> None:
    assert read_token("things", None) is None


def test_a_token_does_not_show_its_position() -> None:
    assert "2025" not in write_token("things", "2025-01-01#x")


@pytest.mark.parametrize("name", ["", "thing", "Things", "things\n", "others"])
def test_a_token_of_another_list_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^next: is not a token of this list$"):
        read_token(name, write_token("things", "a"))


@pytest.mark.parametrize(
    "junk", ["", " ", "a", "junk", "====", "dGhpbmdz", "dGhpbmdzCg", "ü", "\x00", "a b", "//++"]
)
def test_what_is_no_token_is_refused(junk: str) -> None:
    with pytest.raises(InvalidInputError):
        read_token("things", junk)


def test_a_token_that_was_changed_in_any_letter_is_refused() -> None:
    token = write_token("things", "2025-01-01T00:00:00.000000Z#5c393a111d41c892ce243829")

    for index, letter in enumerate(token):
        for other in "Aa0_":
            changed = token[:index] + other + token[index + 1 :]
            if other != letter and not _same_bytes(changed, token):
                with pytest.raises(InvalidInputError):
                    read_token("things", changed)


def _same_bytes(one: str, other: str) -> bool:
    """Tell whether two texts differ only in bits behind the last byte."""
    import base64  # noqa: PLC0415

    padding = "=" * (-len(one) % 4)
    return base64.urlsafe_b64decode(one + padding) == base64.urlsafe_b64decode(other + padding)


def test_a_token_that_was_cut_is_refused() -> None:
    token = write_token("things", "2025-01-01T00:00:00.000000Z#5c393a111d41c892ce243829")

    for length in range(len(token)):
        with pytest.raises(InvalidInputError):
            read_token("things", token[:length])


# On a real table.


START = datetime(2025, 1, 1, tzinfo=UTC)


def many_users(count: int) -> list[User]:
    # Pairs share an instant: the id decides between them.
    return [
        User(
            user_id=f"user-{number:03}",
            username=f"name-{number}",
            first_name="",
            last_name="",
            email="",
            role=Role.CUSTOMER,
            created_at=START + timedelta(seconds=number // 2),
        )
        for number in range(count)
    ]


@pytest.fixture
async def stored(own_table: dict[str, str]) -> list[User]:
    """More users than one batch read takes."""
    users = many_users(130)
    items: list[Any] = [user_to_item(user) for user in users]
    items += [
        credentials_to_item(Credentials(user.user_id, user.username, user.role, "x"))
        for user in users
    ]
    for start in range(0, len(items), 25):
        await get_table().put_many(items[start : start + 25])
    return users


@pytest.mark.unmeasured
async def test_a_real_list_is_complete_on_one_page_and_on_many(stored: list[User]) -> None:
    table = get_table()

    whole = await list_users(table, PageRequest(MAX_PAGE))
    assert list(whole.entries) == stored
    assert whole.next_token is None
    for limit in (7, 129, 130):
        seen: list[User] = []
        token: str | None = None
        while True:
            page = await list_users(table, PageRequest(limit, token))
            seen += page.entries
            token = page.next_token
            if token is None:
                break
        assert seen == stored


async def test_a_real_list_goes_newest_first_too(stored: list[User]) -> None:
    table = get_table()
    seen: list[str] = []
    token: str | None = None

    while True:
        page = await read_page(
            table,
            Index("GSI2", "KEYS_ONLY"),
            shards(USERS),
            name="users",
            request=PageRequest(50, token),
            newest_first=True,
        )
        seen += [item["PK"].removeprefix("USER#") for item in page.entries]
        token = page.next_token
        if token is None:
            break

    assert seen == [user.user_id for user in reversed(stored)]


async def test_what_is_stored_meanwhile_is_not_repeated(stored: list[User]) -> None:
    table = get_table()
    first = await list_users(table, PageRequest(100))
    earlier = many_users(1)[0]
    await table.put_many([user_to_item(earlier) | {"username": "renamed"}])

    second = await list_users(table, PageRequest(100, first.next_token))

    assert [*first.entries, *second.entries] == stored


class LargeItems(FakeTable):
    """A table whose items are as large as items can be, behind an index of keys."""

    def __init__(self, positions: list[str]) -> None:
        super().__init__(positions)
        self.batches: list[int] = []

    async def query(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Item, None]:
        async for item in super().query(*args, **kwargs):
            [position] = item.values()
            yield {"PK": position, "SK": "x", "text": "x" * 390_000, GSI1.range_key: position}

    async def get_many(self, keys: Sequence[Key]) -> list[Item]:
        self.batches.append(len(keys))
        # In no order, and one is gone.
        return [{**key, "text": "x" * 390_000} for key in reversed(keys) if key["PK"] != "05"]


@pytest.mark.parametrize("read", [read_page, read_page_of_whole_items])
async def test_a_page_of_large_items_ends_early_and_misses_nothing(
    read: Callable[..., Awaitable[Page[Item]]],
) -> None:
    positions = [f"{number:02}" for number in range(50)]
    table, token, seen, pages = LargeItems(positions), None, [], 0
    while True:
        page = await read(
            table, GSI1, PARTITIONS, name="things", request=PageRequest(MAX_PAGE, token)
        )
        assert sum(len(item["text"]) for item in page.entries) <= MAX_PAGE_BYTES
        seen += [item["PK"] for item in page.entries]
        pages += 1
        token = page.next_token
        if token is None:
            break

    assert seen == [position for position in positions if read is read_page or position != "05"]
    assert pages == 9
    assert all(size <= 40 for size in table.batches)


async def test_an_item_larger_than_a_page_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.pagination.MAX_PAGE_BYTES", 10)
    table = LargeItems(["1", "2"])

    page = await read_page(table, GSI1, PARTITIONS, name="things", request=PageRequest())

    assert [item["PK"] for item in page.entries] == ["1"]
    assert page.next_token is not None
