"""Cards, and the verdict about them on one day."""

from datetime import date

from app.domain.card import Card, CardRefusal, CardRules, refuse_card

TODAY = date(2026, 6, 15)

VISA = Card("4111111111111111", expiry_month=12, expiry_year=2030, cvv="123")


def verdict(card: Card, today: date = TODAY) -> CardRefusal | None:
    return refuse_card(card, today=today, rules=CardRules.STRICT)


def classic_verdict(
    card: Card, *, today: date = TODAY, total_cents: int | None = 3499
) -> CardRefusal | None:
    return refuse_card(card, today=today, rules=CardRules.CLASSIC, total_cents=total_cents)


def with_check_digit(prefix: str, length: int) -> str:
    """Return the number of this length that starts so, then has zeros, and passes Luhn.

    A prefix as long as the number keeps all of its digits but the last.
    """
    body = prefix[: length - 1].ljust(length - 1, "0")
    doubled = (int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(body[::-1]))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{body}{-total % 10}"
