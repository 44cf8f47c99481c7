"""The dated price file, exactly."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from app.domain.errors import SettingsError
from infra.verify.sources.units import PRICES

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class PriceList:
    """Dollars for one of each thing, by its name in ``infra/cost/prices.toml``."""

    dated: date
    region: str
    one: dict[str, Decimal]

    @classmethod
    def read(cls, root: Path) -> "PriceList":
        """Return the prices in the tree ``root``.

        Raises:
            SettingsError: the file is missing or holds something else.
        """
        try:
            with (root / PRICES).open("rb") as file:
                table = tomllib.load(file, parse_float=Decimal)
            one = {
                name: Decimal(price) / _MILLION
                for part in ("per_million", "more_per_million")
                for name, price in table[part].items()
            }
            for part in ("per_gigabyte", "per_month"):
                one |= {name: Decimal(price) for name, price in table[part].items()}
            return cls(table["dated"], table["region"], one)
        except (OSError, KeyError, TypeError, ValueError, ArithmeticError) as failure:
            raise SettingsError(f"{PRICES} is no price list") from failure
