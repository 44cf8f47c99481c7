"""Keys: an id from a client reaches one kind of item only, and lists are spread evenly."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.order import WALK_IN
from app.settings import TableLayout
from app.store import keys

pytestmark = pytest.mark.unmeasured

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KINDS = (
    keys.product_key,
    keys.user_key,
    keys.username_key,
    keys.cart_key,
    keys.order_key,
    keys.payment_key,
)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_two_kinds_and_no_two_ids_share_a_key(one: str, other: str) -> None:
    made = [tuple(key(identity).values()) for key in KINDS for identity in {one, other}]

    assert len(set(made)) == len(made)


@pytest.mark.parametrize("key", KINDS)
def test_an_id_with_the_shape_of_a_key_stays_behind_its_prefix(
    key: Callable[[str], keys.Key],
) -> None:
    hostile = key("X#1\nPK=ORDER#1")

    assert hostile["PK"].endswith("#X#1\nPK=ORDER#1")
    assert hostile["PK"].partition("#")[0] == hostile["SK"]


@pytest.mark.parametrize("layout", TableLayout)
def test_ids_spread_over_partitions_that_are_looked_into(layout: TableLayout) -> None:
    counts = Counter(
        keys.shard_for(keys.ORDERS, f"order-{number}", layout=layout) for number in range(8000)
    )

    assert len(counts) == {TableLayout.CURRENT: 24, TableLayout.FORMER: 4}[layout]
    assert set(counts) <= set(keys.shards(keys.ORDERS))
    assert max(counts.values()) < 1.2 * 8000 / len(counts)


def test_walk_in_customers_share_partitions_and_nobody_else_s() -> None:
    """A user whose name looks like one of theirs keeps a partition of its own."""
    found = {keys.buyer_partition(WALK_IN, f"order-{number}") for number in range(1000)}
    former = keys.buyer_partition(WALK_IN, "order-1", layout=TableLayout.FORMER)

    assert len(found) == 24
    assert {former, *found} == set(keys.buyer_partitions(WALK_IN))
    for other in ("walk-in#3", "WALKIN#3", "Walk-in"):
        assert keys.buyer_partitions(other) == (keys.buyer_partition(other, "order-1"),)
        assert found.isdisjoint(keys.buyer_partitions(other))


def test_orders_of_one_microsecond_are_told_apart_by_a_few_letters() -> None:
    made = {keys.order_sort_key(NOW, f"order-{number}") for number in range(5000)}

    assert len(made) == 5000
    assert {len(key) for key in made} == {len("2026-11-23T00:00:00.000000Z#") + 8}
    former = keys.order_sort_key(NOW, "order-1", layout=TableLayout.FORMER)
    assert former == keys.time_sort_key(NOW, "order-1")


def test_an_id_stays_in_its_partition() -> None:
    """A change of the function would lose what is stored."""
    assert keys.shard_for("CARTS", "dan") == "CARTS#3"


@given(st.text(min_size=1, max_size=10), st.text(min_size=1, max_size=10), st.integers(1, 10**9))
def test_sort_keys_order_by_time_and_then_tell_ids_apart(
    one: str, other: str, microseconds: int
) -> None:
    later = NOW + timedelta(microseconds=microseconds)

    assert keys.time_sort_key(NOW, one) < keys.time_sort_key(later, other)
    assert (keys.time_sort_key(NOW, one) == keys.time_sort_key(NOW, other)) is (one == other)


@given(st.text(max_size=900), st.text(max_size=900))
def test_an_id_of_any_length_fits_a_key_of_its_own(one: str, other: str) -> None:
    one, other = one * 9, other * 9

    for key in (keys.product_key, keys.user_key, keys.cart_key, keys.order_key, keys.payment_key):
        assert len(key(one)["PK"].encode()) <= 1024
        assert (key(one) == key(other)) == (one == other)
    assert len(keys.time_sort_key(NOW, one).encode()) <= 1024
    assert len(keys.buyer_partition(one, "order-1").encode()) <= 1024


def test_no_id_is_the_hash_of_another() -> None:
    hashed = keys.cart_key("x" * 5000)["PK"].removeprefix("CART#")

    assert keys.cart_key(hashed) != keys.cart_key("x" * 5000)


@given(st.text(max_size=200))
def test_an_id_that_earlier_releases_took_keeps_its_key(identity: str) -> None:
    assert keys.cart_key(identity)["PK"] == f"CART#{identity}"
