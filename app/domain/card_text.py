"""Card numbers that people type where none belongs: in a name, an address, a delivery note.

A number is found by what makes it one: the digits of a known brand, in one of its lengths, with
the right check digit. Digits may be apart by a space, a hyphen or another sign of that kind.
"""

import re

from app.domain.card import passes_luhn
from app.domain.card_brands import BRANDS

#: Digits of any script, at most two signs apart.
_RUN = re.compile(r"\d(?:[\s.,/_\u2010-\u2015\u00b7-]{0,2}\d){11,}")
_GROUP = re.compile(r"\d+")
_KEPT = 4
_LONGEST = max(length for brand in BRANDS for length in brand.lengths)


def mask_card_numbers(text: str) -> str:
    """Return ``text`` with every digit of a card number but the last four as an asterisk."""
    return _RUN.sub(lambda run: _mask_run(run[0]), text)


def _mask_run(text: str) -> str:
    """Mask the card numbers that begin and end where groups of digits do."""
    groups = [match.span() for match in _GROUP.finditer(text)]
    masked = list(text)
    first = 0
    while first < len(groups):
        last = _last_group_of_card(text, groups, first)
        if last is None:
            first += 1
            continue
        positions = [position for group in groups[first : last + 1] for position in range(*group)]
        for position in positions[:-_KEPT]:
            masked[position] = "*"
        first = last + 1
    return "".join(masked)


def _last_group_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    digits, longest = "", None
    for last in range(first, len(groups)):
        start, end = groups[last]
        digits += "".join(str(int(digit)) for digit in text[start:end])
        if len(digits) > _LONGEST:
            break
        if is_card_number(digits):
            longest = last
    return longest


def is_card_number(digits: str) -> bool:
    """Return whether ASCII digits are a card's: brand, length and check digit."""
    is_number = any(len(digits) in brand.lengths and brand.owns(digits) for brand in BRANDS)
    return is_number and passes_luhn(digits)
