"""``acme-shop cost``, as people and machines read it."""

import json
from decimal import Decimal

import pytest
from typer import Typer
from typer.testing import CliRunner

from app.domain.errors import SettingsError
from infra.cli import cost

shop = Typer()
shop.command()(cost.command)


def test_a_month_is_said_by_service_next_to_the_old_design() -> None:
    said = CliRunner().invoke(shop, ["--orders-per-day", "1000"], env={"COLUMNS": "200"}).output

    assert "DynamoDB" in said
    assert "Old design" in said
    assert "30,000 orders" in said
    assert "Prices of eu-west-1" in said
    assert "no free tier" in said


def test_machines_get_exact_dollars() -> None:
    told = json.loads(CliRunner().invoke(shop, ["--orders-per-day", "10", "--json"]).stdout)

    assert told["orders_per_month"] == 300
    lines = sum(Decimal(dollars) for dollars in told["this_shop"].values())
    # Each line is rounded by itself.
    assert abs(lines - Decimal(told["total"]["this_shop"])) < Decimal("0.10")
    assert set(told["old_design"]) < set(told["this_shop"])


def test_machines_are_told_what_people_are() -> None:
    asked = ["--orders-per-day", "1000", "--visits-per-order", "7"]
    said = " ".join(CliRunner().invoke(shop, asked, env={"COLUMNS": "999"}).output.split())
    told = json.loads(CliRunner().invoke(shop, [*asked, "--json"]).stdout)

    assert told["visits_per_order"] == 7
    for design in ("this_shop", "old_design"):
        assert f"${Decimal(told['total'][design]):,}" in said
        assert f"${Decimal(told['thousand_orders'][design]):,}" in said
        for service, dollars in told[design].items():
            assert f"${Decimal(dollars):,}" in said
            assert told["what_for"][design][service] in said
    for sentence in (*told["assumptions"], *told["old_design_assumptions"]):
        assert sentence in said


def test_more_carts_than_visits_are_refused() -> None:
    asked = ["--orders-per-day", "10", "--visits-per-order", "2", "--carts-per-order", "3"]

    refused = CliRunner().invoke(shop, asked)

    assert isinstance(refused.exception, SettingsError)
    assert "--carts-per-order" in str(refused.exception)


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", "1000000000000"])
def test_a_number_that_makes_no_sense_is_refused(number: str) -> None:
    refused = CliRunner().invoke(shop, ["--orders-per-day", number])

    assert refused.exit_code == 2
    assert "--orders-per-day" in refused.output
