"""What was metered when the journeys were last played."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from app.domain.errors import SettingsError
from infra.cost.assumptions import Demand
from infra.cost.units import Units

#: Written from ``python -m infra.verify.sources.journeys``; a test compares the two.
JOURNEYS_FILE = Path(__file__).with_name("journeys.json")

#: What reading a file of another shape raises.
_WRONG = (OSError, AttributeError, KeyError, TypeError, ValueError, ArithmeticError)

Amounts = dict[str, Decimal]


def read_journeys(path: Path = JOURNEYS_FILE) -> dict[str, Amounts]:
    """Return the units of each journey by their names.

    Raises:
        SettingsError: the file is missing or holds something else.
    """
    names = [field.name for field in fields(Units)]
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        return {
            journey: {name: Decimal(units[name]) for name in names}
            for journey, units in found.items()
        }
    except _WRONG as failure:
        raise SettingsError(f"{path.name} does not hold the units of the journeys") from failure


def sum_month(demand: Demand, journeys: dict[str, Amounts]) -> Amounts:
    """Return what a month's visits, carts and orders use together.

    Raises:
        SettingsError: a journey is missing.
    """
    times = {"browse": demand.visits, "cart": demand.carts, "buy": 1}
    if missing := set(times) - set(journeys):
        raise SettingsError(f"{JOURNEYS_FILE.name} lacks {', '.join(sorted(missing))}")
    names = [field.name for field in fields(Units)]
    return {
        name: demand.orders
        * sum((journeys[journey][name] * count for journey, count in times.items()), Decimal())
        for name in names
    }
