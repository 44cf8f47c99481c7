"""The dated price file, exactly."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.errors import SettingsError
from app.field_errors import NOT_DAY, NOT_TEXT
from infra.cost.units import Units

PRICES_FILE = Path(__file__).with_name("prices.toml")

_MILLION = Decimal(1_000_000)
#: The parts of the file, and of how many things a price in them is.
_PARTS = {
    "per_million": _MILLION,
    "more_per_million": _MILLION,
    "per_gigabyte": Decimal(1),
    "per_month": Decimal(1),
}


def _prices(table: Mapping[str, Any], part: str, path: Path) -> Iterator[tuple[str, Decimal]]:
    """Yield the prices in a part of the file."""
    prices = table.get(part)
    if not isinstance(prices, dict):
        raise SettingsError(f"{path.name}: {part}: must have prices")
    for name, price in prices.items():
        # A bool is an int, and Decimal reads text.
        if type(price) not in {int, Decimal} or not Decimal(price).is_finite() or price < 0:
            raise SettingsError(f"{path.name}: {part}.{name}: must be a price in dollars")
        yield name, Decimal(price)


@dataclass(frozen=True)
class PriceList:
    """Dollars for one of each thing, by its name in ``prices.toml``."""

    dated: date
    region: str
    per_unit: dict[str, Decimal]

    @classmethod
    def read(cls, path: Path = PRICES_FILE) -> "PriceList":
        """Return the prices in a file.

        Raises:
            SettingsError: the file is missing, holds something else, has no date or does not
                price every field of :class:`~infra.cost.units.Units`; names the key.
        """
        try:
            with path.open("rb") as file:
                table = tomllib.load(file, parse_float=Decimal)
        except OSError as failure:
            raise SettingsError(f"{path.name}: cannot be read") from failure
        except ValueError as failure:
            raise SettingsError(f"{path.name}: is no price list: {failure}") from failure
        per_unit = {
            name: price / of
            for part, of in _PARTS.items()
            for name, price in _prices(table, part, path)
        }
        if missing := {field.name for field in fields(Units)} - set(per_unit):
            raise SettingsError(f"{path.name}: has no price for {', '.join(sorted(missing))}")
        dated, region = table.get("dated"), table.get("region")
        # A datetime is a date too, and could not be compared with one.
        if type(dated) is not date:
            raise SettingsError(f"{path.name}: dated: {NOT_DAY}, without quotes")
        if not isinstance(region, str):
            raise SettingsError(f"{path.name}: region: {NOT_TEXT}")
        return cls(dated, region, per_unit)

    def cost_of(self, units: Units) -> float:
        """Return what the units cost, in millionths of a dollar."""
        numbers: dict[str, float] = asdict(units)
        dollars = sum(Decimal(str(used)) * self.per_unit[name] for name, used in numbers.items())
        return float(dollars * _MILLION)
