"""``acme-shop cost``: what a month costs, next to the design this shop comes from."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from infra.cost.assumptions import Demand, describe_assumptions
from infra.cost.journeys import read_journeys, sum_month
from infra.cost.model import Line, this_shop
from infra.cost.old_design import describe_old_assumptions, old_shop
from infra.cost.prices import PriceList

_CENT = Decimal("0.01")


def command(
    orders_per_day: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="How many orders a day has.")
    ],
    visits_per_order: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many visits lead to one order.")
    ] = Demand.visits,
    carts_per_order: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many carts are filled for one order.")
    ] = Demand.carts,
    waf: Annotated[
        bool, typer.Option("--waf", help="With AWS WAF, as a stack with waf: true.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Say what a month in AWS costs by service, and what that rests on."""
    demand = Demand(orders_per_day, visits_per_order, carts_per_order, waf=waf)
    prices = PriceList.read()
    used = sum_month(demand, read_journeys())
    bill = _Bill(
        demand, prices, list(this_shop(demand, used, prices)), list(old_shop(demand, used, prices))
    )
    if as_json:
        print(json.dumps(bill.as_json()))
    else:
        bill.print()


def _what(new: Line, old: Line | None) -> str:
    return new.what if old is None or old.what == new.what else f"{new.what}; old: {old.what}"


class _Bill:
    """A month in both designs."""

    def __init__(
        self, demand: Demand, prices: PriceList, new: Sequence[Line], old: Sequence[Line]
    ) -> None:
        self._demand, self._prices = demand, prices
        self._new = {line.service: line for line in new}
        self._old = {line.service: line for line in old}

    def _totals(self) -> tuple[Decimal, Decimal]:
        new = sum((line.dollars for line in self._new.values()), Decimal())
        old = sum((line.dollars for line in self._old.values()), Decimal())
        return new, old

    def print(self) -> None:
        """Print it for people."""
        table = Table("Service", "This shop", "Old design", "What for")
        for column in table.columns[1:3]:
            column.justify = "right"
        for service, line in self._new.items():
            before = self._old.get(service)
            table.add_row(
                service, _dollars(line.dollars), _dollars(before.dollars) if before else "",
                _what(line, before),
            )  # fmt: skip
        new, old = self._totals()
        table.add_section()
        table.add_row("A month", _dollars(new), _dollars(old), f"{self._demand.orders:,} orders")
        per_thousand = _dollars(self._per_thousand(new)), _dollars(self._per_thousand(old))
        table.add_row("A thousand orders", *per_thousand, "")
        console = Console()
        console.print(table)
        console.print(f"Prices of {self._prices.region}, {self._prices.dated}, in US dollars.")
        console.print("This shop, and what both have in common:")
        for assumption in describe_assumptions(self._demand):
            console.print(f"- {assumption}")
        console.print("The old design, had it worked:")
        for assumption in describe_old_assumptions():
            console.print(f"- {assumption}")

    def _per_thousand(self, dollars: Decimal) -> Decimal:
        return dollars * 1000 / self._demand.orders

    def as_json(self) -> dict[str, Any]:
        """Return it for machines; dollars as text, exact to the cent."""
        new, old = self._totals()
        return {
            "orders_per_month": self._demand.orders,
            "visits_per_order": self._demand.visits,
            "carts_per_order": self._demand.carts,
            "currency": "USD",
            "region": self._prices.region,
            "prices_dated": self._prices.dated.isoformat(),
            "this_shop": {name: _cents(line.dollars) for name, line in self._new.items()},
            "old_design": {name: _cents(line.dollars) for name, line in self._old.items()},
            "total": {"this_shop": _cents(new), "old_design": _cents(old)},
            "thousand_orders": {
                "this_shop": _cents(self._per_thousand(new)),
                "old_design": _cents(self._per_thousand(old)),
            },
            "what_for": {
                "this_shop": {name: line.what for name, line in self._new.items()},
                "old_design": {name: line.what for name, line in self._old.items()},
            },
            "assumptions": describe_assumptions(self._demand),
            "old_design_assumptions": describe_old_assumptions(),
        }


def _cents(dollars: Decimal) -> str:
    return str(dollars.quantize(_CENT))


def _dollars(dollars: Decimal) -> str:
    return f"${dollars.quantize(_CENT):,}"
