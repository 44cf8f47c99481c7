"""A month's bill: exact, complete, and in step with what is deployed."""

import gzip
import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import SettingsError
from app.services.sweeper import sweep
from app.static_files import STATIC
from app.store.order_items import order_to_item
from app.store.schema import GSI1, GSI2
from infra.components.gateway import _ACCESS_LOG
from infra.cost.assumptions import (
    FIREWALL_RULES,
    GATEWAY_LOG_BYTES,
    LINE_BYTES,
    ORDER_BYTES,
    ORDER_INDEX_BYTES,
    PAGE_BYTES,
    PICTURE_BYTES,
    TRACE_PERCENT,
    Demand,
    describe_assumptions,
)
from infra.cost.journeys import Amounts, read_journeys, sum_month
from infra.cost.model import (
    SWEEP_READS,
    SWEEPS,
    Line,
    alarm_count,
    idle_polls,
    key_requests,
    this_shop,
)
from infra.cost.old_design import LARGEST_READ, PRODUCTS, _query, old_shop
from infra.cost.prices import PRICES_FILE, PriceList
from infra.cost.units import Units
from infra.item_sizes import item_size
from infra.seeds import plausible
from infra.topology import SWEEPER
from tests.infra.components.deployment import ROOT, deploy
from tests.simulation.simulator.small_shop import SmallShop

LIST = PriceList.read()
PLAYED = read_journeys()


def bill(demand: Demand, prices: PriceList = LIST) -> dict[str, Line]:
    lines = this_shop(demand, sum_month(demand, PLAYED), prices)
    return {line.service: line for line in lines}


def old_bill(demand: Demand) -> dict[str, Line]:
    return {line.service: line for line in old_shop(demand, sum_month(demand, PLAYED), LIST)}


def test_a_month_is_its_visits_its_carts_and_its_orders() -> None:
    used = sum_month(Demand(10, visits=20, carts=3), PLAYED)

    calls = {name: PLAYED[name]["function_calls"] for name in ("browse", "cart", "buy")}
    assert used["function_calls"] == 300 * (20 * calls["browse"] + 3 * calls["cart"] + calls["buy"])


def test_a_bill_is_units_times_prices_to_the_last_digit() -> None:
    demand = Demand(1, visits=1, carts=1)
    used = sum_month(demand, PLAYED)

    found = bill(demand)["DynamoDB"].dollars

    # The sweeper asks 24 partitions twice every five minutes.
    reads = used["read_units"] + 8640 * 24
    expected = reads * Decimal("0.1415") + used["write_units"] * Decimal("0.705")
    assert found == expected / 1_000_000


def test_a_shop_without_visitors_pays_for_being_there() -> None:
    quiet = bill(Demand(1, visits=1, carts=1))

    assert idle_polls() == 4 * 5 * 129_600
    assert quiet["SQS"].dollars > Decimal("1.03")
    assert quiet["KMS"].dollars > 2
    assert quiet["CloudWatch"].dollars > 5


@given(st.integers(1, 10_000_000), st.integers(3, 100))
def test_more_of_anything_never_costs_less(orders: int, visits: int) -> None:
    less = Demand(orders, visits=visits)

    for more in (replace(less, orders_per_day=orders + 1), replace(less, visits=visits + 1)):
        for before, after in ((bill(less), bill(more)), (old_bill(less), old_bill(more))):
            assert all(after[name].dollars >= line.dollars for name, line in before.items())


@pytest.mark.parametrize("unit", sorted(LIST.per_unit))
def test_every_price_is_on_the_bill(unit: str) -> None:
    dearer = replace(LIST, per_unit={**LIST.per_unit, unit: LIST.per_unit[unit] * 2})
    demand = Demand(100, waf=True)

    assert sum(dollars.dollars for dollars in bill(demand, dearer).values()) > sum(
        dollars.dollars for dollars in bill(demand).values()
    )


def test_alarms_are_those_of_the_stack() -> None:
    assert alarm_count() == len(deploy(all_pages=True, all_alarms=True).all("MetricAlarm"))


def test_what_is_paid_by_the_month_is_what_the_stack_makes() -> None:
    made = deploy()

    counts = {
        kind: len(made.all(kind))
        for kind in ("kms/key:Key", "Secret", "Dashboard", "CompositeAlarm", "Budget")
    }

    assert counts == {
        "kms/key:Key": 2,
        "Secret": 1,
        "Dashboard": 1,
        "CompositeAlarm": 1,
        "Budget": 1,
    }
    [budget] = made.all("Budget").values()
    assert not made.all("BudgetAction")
    assert budget["budgetType"] == "COST"


def test_logs_and_traces_are_priced_as_they_are_written() -> None:
    logged = {
        "$context.requestTime": "30/Nov/2026:08:54:53 +0000",
        "$context.requestId": "JKJaXmPLvHcESHA=",
        "$context.integration.requestId": "0f5a0c2e-5a0b-4a57-9e6a-0d2b4c6d8e9f",
        "$context.httpMethod": "POST",
        "$context.status": "200",
        "$context.responseLength": "1512",
        "$context.responseLatency": "1234",
        "$context.integrationErrorMessage": "-",
    }
    line = json.dumps({key: logged[name] for key, name in json.loads(_ACCESS_LOG).items()})
    rule = deploy().one("SamplingRule")

    assert len(line) + LINE_BYTES <= GATEWAY_LOG_BYTES
    assert rule["fixedRate"] * 100 == TRACE_PERCENT


def test_a_firewall_is_priced_as_it_is_made() -> None:
    [acl] = deploy(waf=True).all("WebAcl").values()

    assert len(acl["rules"]) == FIREWALL_RULES
    assert "WAF" not in bill(Demand(100))
    assert bill(Demand(100, waf=True))["WAF"].dollars > 7


def test_key_requests_are_counted_for_every_role_that_uses_a_key() -> None:
    # Cards: one role sends (twice), one receives. The table: three roles. Every five minutes.
    assert key_requests() == (2 + 1 + 3) * 8640


def test_the_sweeper_runs_as_often_as_it_is_reckoned() -> None:
    assert SWEEPER.expression == "rate(5 minutes)"
    assert SWEEPS == 30 * 24 * 12


def test_a_sweep_reads_what_it_is_reckoned_to_read() -> None:
    shop = SmallShop()
    work = sweep(shop.table, shop.queues, now=shop.now, by="sweeper", longest_delivery_seconds=1)

    assert shop.run(work).is_complete
    calls = [call for _, _, call, _ in shop._trace.entries]
    # A query without an answer is half a unit.
    assert calls == ["query"] * int(2 * SWEEP_READS)


def test_the_catalog_is_as_large_as_when_this_shop_was_metered() -> None:
    assert len(json.loads((ROOT / "infra/seeds/products.json").read_text())) == PRODUCTS


def test_an_order_weighs_what_it_is_reckoned_with() -> None:
    random, now = Random(7), datetime(2026, 11, 23, tzinfo=UTC)
    goods = list(plausible.products(8, random, now))
    people = [user for user, _ in plausible.users(20, random, now)]
    items = [
        {name: TypeSerializer().serialize(value) for name, value in order_to_item(order).items()}
        for order in plausible.orders(300, random, now, buyers=people, goods=goods)
    ]

    order_bytes = sum(map(item_size, items)) / len(items)
    entry_bytes = [
        sum(len(item[key]["S"]) + len(key) for key in ("PK", "SK", index.hash_key, index.range_key))
        for item in items
        for index in (GSI1, GSI2)
    ]

    # The decision about its payment has a fifth of it, and each item 100 bytes to itself.
    assert 0.5 * ORDER_BYTES < order_bytes < 0.8 * ORDER_BYTES
    assert 2 * (sum(entry_bytes) / len(entry_bytes) + 100) == pytest.approx(
        ORDER_INDEX_BYTES, rel=0.1
    )


def test_pages_and_pictures_weigh_what_they_are_reckoned_with() -> None:
    code = [
        STATIC / "index.html",
        *(path for folder in ("client", "shop") for path in (STATIC / folder).glob("*.[jc]s*")),
    ]
    pictures = list((STATIC / "images").glob("*.svg"))

    def compressed(paths: list[Path]) -> int:
        return sum(len(gzip.compress(path.read_bytes())) for path in paths)

    # Half of the code is for those who pay; of 24 pictures a visit looks at 14.
    assert compressed(code) / 2 < PAGE_BYTES < 1.5 * compressed(code)
    assert compressed(pictures) / 2 < PICTURE_BYTES < 1.5 * compressed(pictures)


def test_the_price_of_computing_is_that_of_the_processors_of_the_stack() -> None:
    [architecture] = {
        function["architectures"][0]
        for function in deploy().all("lambda/function:Function").values()
    }

    # https://aws.amazon.com/lambda/pricing/: arm64 is a fifth cheaper.
    assert architecture == "x86_64"
    assert LIST.per_unit["gb_seconds"] == Decimal("0.0000166667")


def test_the_old_design_reads_all_there_is_up_to_a_megabyte() -> None:
    assert [_query(items) for items in (1, 4, 5, 100)] == [
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal(1),
        Decimal("12.5"),
    ]
    assert _query(1_000_000) == LARGEST_READ == 128


def test_what_is_assumed_is_said_with_its_numbers() -> None:
    said = " ".join(describe_assumptions(Demand(1, visits=77, carts=8)))

    assert "77 visits 8 fill a cart" in said
    assert "no free tier" in said


@pytest.mark.parametrize("text", ["", "[]", "{}x", '{"buy": {"read_units": 1}}', '{"buy": 1}'])
def test_journeys_that_were_not_metered_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journeys.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match="units of the journeys"):
        read_journeys(path)


def test_a_journey_that_is_missing_is_named() -> None:
    played: dict[str, Amounts] = {"browse": PLAYED["browse"]}

    with pytest.raises(SettingsError, match="buy, cart"):
        sum_month(Demand(1), played)


def _price_list(path: Path, *changes: tuple[str, str]) -> Path:
    text = PRICES_FILE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dated", "is no price list: "),
        ("", "per_million: must have prices"),
        ("per_million = 3", "per_million: must have prices"),
        ("[per_million]\nread_units = 'x'", "per_million.read_units: must be a price in dollars"),
        ("[per_million]\nread_units = -1", "per_million.read_units: must be a price in dollars"),
        ("[per_million]\nread_units = nan", "per_million.read_units: must be a price in dollars"),
        ("[per_million]\nread_units = true", "per_million.read_units: must be a price in dollars"),
    ],
)
def test_something_else_is_no_price_list(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=f"prices.toml: {problem}"):
        PriceList.read(path)


@pytest.mark.parametrize("dated", ["'soon'", "2026-11-01T00:00:00Z"])
def test_prices_without_a_day_are_refused(tmp_path: Path, dated: str) -> None:
    path = _price_list(tmp_path / "prices.toml", ("dated = 2026-11-01", f"dated = {dated}"))

    with pytest.raises(SettingsError, match="dated: must be a day"):
        PriceList.read(path)


@pytest.mark.parametrize("unit", [field.name for field in fields(Units)])
def test_a_unit_without_a_price_is_named(tmp_path: Path, unit: str) -> None:
    path = _price_list(tmp_path / "prices.toml", (f"\n{unit} =", f"\nother_{unit} ="))

    with pytest.raises(SettingsError, match=f"no price for {unit}"):
        PriceList.read(path)


def test_units_cost_their_number_times_their_price() -> None:
    used = Units(read_units=2, write_units=3)

    # In millionths of a dollar, so that is the price of a million of each.
    assert LIST.cost_of(used) == pytest.approx(2 * 0.1415 + 3 * 0.705)
