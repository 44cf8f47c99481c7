"""Saying which rule was broken, and what an order can be."""

from datetime import datetime

PENDING, PAID, SHIPPED, DELIVERED, DECLINED = 1, 2, 3, 4, 5
FINAL = {DELIVERED, DECLINED}


class ViolationError(Exception):
    """A rule was broken; the text begins with its name."""

    def __init__(self, rule: str, about: str) -> None:
        """Say which rule was broken by what."""
        super().__init__(f"{rule}: {about}")
        self.rule = rule


def check(holds: object, rule: str, *about: object) -> None:
    """Break off if a rule does not hold; ``about`` is only turned into text then."""
    if not holds:
        raise ViolationError(rule, " ".join(map(str, about)))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
