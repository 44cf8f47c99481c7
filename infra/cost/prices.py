"""The dated price file, exactly."""

import tomllib
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path

from app.domain.errors import SettingsError
from infra.cost.units import Units

PRICES_FILE = Path(__file__).with_name("prices.toml")

_MILLION = Decimal(1_000_000)


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
                price every field of :class:`~infra.cost.units.Units`.
        """
        try:
            with path.open("rb") as file:
                table = tomllib.load(file, parse_float=Decimal)
            per_unit = {
                name: Decimal(price) / _MILLION
                for part in ("per_million", "more_per_million")
                for name, price in table[part].items()
            }
            for part in ("per_gigabyte", "per_month"):
                per_unit |= {name: Decimal(price) for name, price in table[part].items()}
            dated, region = table["dated"], table["region"]
        except (OSError, KeyError, TypeError, ValueError, ArithmeticError) as failure:
            raise SettingsError(f"{path.name} is no price list") from failure
        if missing := {field.name for field in fields(Units)} - set(per_unit):
            raise SettingsError(f"{path.name} has no price for {', '.join(sorted(missing))}")
        # A datetime is a date too, and could not be compared with one.
        if type(dated) is not date:
            raise SettingsError(f"{path.name} does not say from which day its prices are")
        return cls(dated, region, per_unit)

    def cost_of(self, units: Units) -> float:
        """Return what the units cost, in millionths of a dollar."""
        numbers: dict[str, float] = asdict(units)
        dollars = sum(Decimal(str(used)) * self.per_unit[name] for name, used in numbers.items())
        return float(dollars * _MILLION)
