"""``infra/CAPACITY.md`` says what breaks first, and the code agrees."""

import asyncio
import heapq
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from infra.components.stack_config import Generic
from infra.cost.journeys import read_journeys
from infra.topology import MAPPINGS
from tests.bench.scale import play
from tests.support.sizes import SIZES

_PAGE = Path("infra/CAPACITY.md").read_text("utf-8")
_ROWS = {
    cells[0].partition(":")[0]: cells
    for line in _PAGE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("| ").split("|")]) >= 4
}

#: What the page assumes, in seconds.
_BATCH_SECONDS, _API_SECONDS, _WAIT_SECONDS = 0.1, 0.05, 0.25
#: Messages of one order in each queue.
_MESSAGES = {PAYMENT_REQUEST: 1, PAYMENT_RESPONSE: 1, SHIPMENT_REQUEST: 1, SHIPMENT_RESPONSE: 2}
#: Quotas of AWS that the page names.
_KEY_UNITS, _TABLE_UNITS, _CONCURRENCY = 1000, 40_000, 1000


def stated(wall: str) -> int:
    """Return the orders a second that the page states for a wall."""
    [row] = [cells for name, cells in _ROWS.items() if name.startswith(wall)]
    return int(row[1].replace(",", ""))


def of_an_order(figure: str) -> float:
    """Return what was metered of a purchase, from the first look to the delivery."""
    return float(sum(journey[figure] for journey in read_journeys().values()))


def api_seconds() -> float:
    """Return the seconds that a purchase keeps an api function busy."""
    return of_an_order("http_requests") * _API_SECONDS + _WAIT_SECONDS


def backlog(queue: str, orders_per_second: float, *, seconds: int = 20) -> int:
    """Return the messages that wait after a while, with the limits of the queue's mapping."""
    [mapping] = [mapping for mapping in MAPPINGS if mapping.queue == queue]
    rate = orders_per_second * _MESSAGES[queue]
    free_at = [0.0] * mapping.max_concurrency
    taken = 0
    while True:
        now = heapq.heappop(free_at)
        if now >= seconds:
            return int(seconds * rate) - taken
        arrived = int(now * rate)
        batch = min(mapping.batch_size, arrived - taken)
        taken += batch
        # A poller that finds nothing looks again; a batch occupies its worker.
        heapq.heappush(free_at, now + (_BATCH_SECONDS if batch else 0.01))


@pytest.mark.parametrize(
    ("wall", "queues"),
    [
        ("Reports of shipments", [SHIPMENT_RESPONSE]),
        ("Payments, results", [PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST]),
    ],
)
def test_workers_keep_up_below_their_wall_and_not_above_it(wall: str, queues: list[str]) -> None:
    for queue in queues:
        assert backlog(queue, stated(wall) * 0.9) < stated(wall)
        assert backlog(queue, stated(wall) * 1.2) > stated(wall)


def test_the_stack_s_own_limits_are_those_of_the_code() -> None:
    defaults = Generic.model_fields
    rate, calls = defaults["throttle_rate"].default, defaults["api_concurrency"].default

    assert stated("Requests that the gateway") == int(rate / of_an_order("http_requests"))
    assert stated("Api calls at once") == int(calls / api_seconds())


@cache
def write_units(*, is_sale: bool) -> Mapping[str, Mapping[str, float]]:
    """Return the write units of many orders, by table and index, then by key; sales apart."""
    return asyncio.run(play(SIZES.placed_orders, is_sale=is_sale)).units


def heat(*, is_sale: bool) -> dict[str, tuple[float, int]]:
    """Return write units an order and the keys that share them, by table and index."""
    return {
        index: (sum(units.values()) / SIZES.placed_orders, len(units))
        for index, units in write_units(is_sale=is_sale).items()
    }


def test_the_ceilings_of_keys_and_table_are_those_of_what_is_stored() -> None:
    orders, sales = heat(is_sale=False), heat(is_sale=True)
    # The metered purchase has the writes of its cart besides those of the order.
    whole = of_an_order("write_units")
    assert sum(total for total, _ in orders.values()) == pytest.approx(9, rel=0.02)

    # How evenly the keys share is what the bench measures, with as many orders as that takes.
    for wall, index, of in (
        ("Open orders", "GSI3", orders),
        ("All orders", "GSI2", orders),
        ("Sales to walk-in", "GSI1Lists", sales),
    ):
        written, keys = of[index]
        assert stated(wall) == pytest.approx(_KEY_UNITS * keys / written, rel=0.02), wall
    assert stated("Write units of one table") == int(_TABLE_UNITS / whole)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("is_sale", [False, True], ids=["orders", "sales"])
def test_no_key_takes_more_than_a_twentieth_of_the_writes(
    *, is_sale: bool, figure: Callable[[str], None]
) -> None:
    """Ids spread unevenly in small, so the full length says it; 10,000 a second fit then."""
    count = SIZES.placed_orders
    units = write_units(is_sale=is_sale)
    shares = {name: max(of.values()) / sum(of.values()) for name, of in units.items() if of}
    hottest = max(max(of.values()) for of in units.values() if of)

    assert max(shares.values()) <= (1 / 20 if SIZES.is_full else 1.3 / 24)
    assert _KEY_UNITS * count / hottest >= (10_000 if SIZES.is_full else 9_000)
    figure(
        f"{count:,} {'sales to walk-ins' if is_sale else 'orders'}: hottest key "
        f"{max(shares.values()):.1%} of the writes of its index, "
        f"{_KEY_UNITS * count / hottest:,.0f} a second"
    )


def test_the_account_s_concurrency_is_used_by_api_and_workers() -> None:
    an_order = api_seconds() + sum(_MESSAGES.values()) * _BATCH_SECONDS / 10
    assert stated("Concurrent executions") == int(_CONCURRENCY / an_order)


def test_the_figures_at_three_rates_follow_from_those_of_an_order() -> None:
    for name in ("12", "1,000", "10,000"):
        rate, requests, units, calls = (int(cell.replace(",", "")) for cell in _ROWS[name][:4])
        assert requests == rate * of_an_order("http_requests")
        assert units == rate * of_an_order("write_units")
        assert calls == math.ceil(round(rate * api_seconds(), 6))


def test_the_walls_come_lowest_first() -> None:
    table = _PAGE.partition("## The walls")[2].partition("\n## ")[0]
    walls = [int(number.replace(",", "")) for number in re.findall(r"\| ([0-9,]+) \|", table)]

    assert len(walls) >= 9
    assert walls == sorted(walls)
