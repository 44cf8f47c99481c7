"""Metered units, and what AWS asks for them (``infra/cost/prices.toml``)."""

import tomllib
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from infra.verify.sources.aws_clients import SourceUnreachableError

#: Where the prices are, from the root of the project.
PRICES = Path("infra/cost/prices.toml")


@dataclass(frozen=True)
class Units:
    """What was used, in the units AWS bills: numbers of them, not money."""

    read_units: float = 0.0
    write_units: float = 0.0
    queue_requests: float = 0.0
    http_requests: float = 0.0
    function_calls: float = 0.0
    gb_seconds: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        """Return both together."""
        return Units(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )

    def per(self, count: float) -> "Units":
        """Return the part of one of ``count``."""
        return Units(**{field.name: getattr(self, field.name) / count for field in fields(self)})


@dataclass(frozen=True)
class Prices:
    """Dollars per million of each unit, by the names of :class:`Units`, and since when."""

    dated: date
    per_million: dict[str, float]

    @classmethod
    def read(cls, root: Path) -> "Prices":
        """Return the prices in the tree ``root``.

        Raises:
            SourceUnreachableError: there is no such file, or a unit has no price.
        """
        try:
            with (root / PRICES).open("rb") as file:
                table = tomllib.load(file)
            prices = {
                field.name: float(table["per_million"][field.name]) for field in fields(Units)
            }
            dated = table["dated"]
        except (OSError, KeyError, TypeError, ValueError) as failure:
            raise SourceUnreachableError(f"{PRICES} does not price every unit") from failure
        if not isinstance(dated, date):
            raise SourceUnreachableError(f"{PRICES} does not say from when its prices are")
        return cls(dated, prices)

    def cost_of(self, units: Units) -> float:
        """Return what the units cost, in millionths of a dollar."""
        numbers: dict[str, float] = asdict(units)
        return sum(numbers[name] * price for name, price in self.per_million.items())
