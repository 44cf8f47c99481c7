"""What AWS bills a journey in: numbers of units, not money."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Units:
    """What was used; ``infra/cost/prices.toml`` has a price for each field."""

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
