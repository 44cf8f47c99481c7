"""Counters of declined cards in the table, read together with the products of an order."""

from datetime import UTC, datetime, timedelta

from app.domain.throttling import Attempts
from app.store.declines import add_decline, find_products_and_declines, take_turn
from app.store.keys import declines_key
from app.store.table import Table
from tests.support.shop import count_calls, fresh, stored_product

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)


async def test_products_and_counters_are_one_call(table: Table) -> None:
    product, counter = await stored_product(table), fresh()
    await add_decline(table, counter, now=NOW)
    await add_decline(table, counter, now=NOW + timedelta(seconds=2))
    calls = count_calls(table)

    ids = [product.product_id, product.product_id, fresh("unknown")]
    found = await find_products_and_declines(table, ids, [fresh(), counter], now=NOW)

    assert found == (
        {product.product_id: product},
        [Attempts(), Attempts(2, (NOW + timedelta(seconds=2)).timestamp())],
    )
    assert calls == ["batch_get"]
    calls.clear()
    assert await find_products_and_declines(table, [], [], now=NOW) == ({}, [])
    assert calls == []


async def test_a_new_hour_has_counters_of_its_own(table: Table) -> None:
    counter = fresh()
    await add_decline(table, counter, now=NOW)

    later = NOW + timedelta(hours=1)

    assert (await find_products_and_declines(table, [], [counter], now=later))[1] == [Attempts()]


async def test_one_of_two_takes_a_turn(table: Table) -> None:
    counter = fresh()
    await add_decline(table, counter, now=NOW)
    _, [seen] = await find_products_and_declines(table, [], [counter], now=NOW)
    later = NOW + timedelta(seconds=9)

    turns = [await take_turn(table, counter, seen, now=later) for _ in range(2)]

    assert turns == [True, False]
    _, [after] = await find_products_and_declines(table, [], [counter], now=NOW)
    assert after == Attempts(1, later.timestamp())


async def test_a_counter_is_deleted_by_dynamodb_after_two_hours(table: Table) -> None:
    counter = fresh()
    await add_decline(table, counter, now=NOW)

    item = await table.get(declines_key(counter, int(NOW.timestamp()) // 3600))

    assert item is not None
    assert item["expires_at"] == datetime(2026, 11, 30, 14, tzinfo=UTC).timestamp()
