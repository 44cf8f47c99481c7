"""Card numbers that people type where none belongs: in a name, an address, a delivery note.

A number is found by what makes it one: the digits of a known brand, in one of its lengths, with
the right check digit. Up to six signs may stand between two digits; a word there makes them two
numbers. Digits that are glued to a number, such as its CVV, are found with it.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

from app.domain.card import passes_luhn
from app.domain.card_brands import ALL_BRANDS_BY_DIGIT
from app.domain.ids import UUID_PATTERN

_MOST_SIGNS_BETWEEN = 6
_KEPT = 4
#: A number of 19 digits may be one of 16 with a CVV of three behind it.
_LONGEST, _CVV = 19, 3
_LENGTHS = {
    digit: sorted({length for brand in brands for length in brand.lengths}, reverse=True)
    for digit, brands in ALL_BRANDS_BY_DIGIT.items()
}
_SHORTEST = min(length for lengths in _LENGTHS.values() for length in lengths)

#: Separators with letters or digits of their own, each counted as one sign: spaces and the like
#: as addresses, HTML and JSON write them, a tag, the letter x on its own.
_SPELLED_OUT = re.compile(
    r"%(?:09|0[AD]|2[0DEF]|C2|A0)|&(?:#\w{1,6}|[a-z]{2,6});|</?[a-z]{1,4} ?/?>"
    r"|\\(?:[nrt]|u[0-9a-f]{4})|(?<![^\W\d_])x(?![^\W\d_])",
    re.IGNORECASE,
)
#: Ids in hexadecimal have long runs of digits by chance; one without a letter is left out.
_IDENTIFIER = re.compile(
    rf"(?<!\w)(?=[0-9-]{{0,63}}[a-f])(?:{UUID_PATTERN}"
    r"|[0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{64})(?!\w)"
)
#: Letters by their category that are shown as nothing (Default_Ignorable_Code_Point).
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_DIGIT, _SIGN, _NOTHING, _LETTER = range(4)


def mask_card_numbers(text: str) -> str:
    """Return ``text`` with every digit of a card number but the last four as an asterisk.

    Where other digits are glued to a number, it is not known where that ends: all are masked.
    """
    if sum(map(str.isnumeric, text)) < _SHORTEST:
        return text
    text = _mask(text, text, _find_separate)
    return _mask(text, _IDENTIFIER.sub(lambda found: "a" * len(found[0]), text), _find_glued)


def is_card_number(digits: str) -> bool:
    """Return whether ASCII digits are a card's: brand, length and check digit."""
    return _is_of_brand(digits) and passes_luhn(digits)


def _is_of_brand(digits: str) -> bool:
    brands = ALL_BRANDS_BY_DIGIT[digits[0]]
    return any(len(digits) in brand.lengths and brand.owns(digits) for brand in brands)


class _Run:
    """Digits that may belong together, in groups with signs between them."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.digits = ""
        #: Where groups begin, as indices of digits, and behind the last one.
        self.begins: list[int] = []
        self._sums: tuple[list[int], list[int]] = ([], [])

    def close(self, text: str) -> None:
        """Count what check digits need: sums with every other digit doubled, from 0 and from 1."""
        self.digits = "".join(str(int(unicodedata.numeric(text[at]))) for at in self.positions)
        self.begins.append(len(self.positions))
        plain = [int(digit) for digit in self.digits]
        doubled = [sum(divmod(2 * digit, 10)) for digit in plain]
        mixed = (
            [(doubled if index % 2 == first else plain)[index] for index in range(len(plain))]
            for first in (0, 1)
        )
        even, odd = (list(accumulate(values, initial=0)) for values in mixed)
        self._sums = even, odd

    def cards_at(self, first: int) -> Iterator[int]:
        """Yield behind which digits a card number ends that begins at one; the longest first."""
        for length in _LENGTHS[self.digits[first]]:
            end = first + length
            if end < len(self._sums[0]):
                sums = self._sums[end % 2]
                if (sums[end] - sums[first]) % 10 == 0 and _is_of_brand(self.digits[first:end]):
                    yield end

    def is_between_groups(self, index: int) -> bool:
        """Whether a group ends before a digit, or the run does."""
        return self.begins[bisect_left(self.begins, index)] == index

    def groups_around(self, first: int, end: int) -> tuple[int, int]:
        """Return the beginning and the end of the groups that have these digits."""
        return (
            self.begins[bisect_right(self.begins, first) - 1],
            self.begins[bisect_left(self.begins, end)],
        )

    def is_written_as_card(self, first: int, end: int) -> bool:
        """Whether digits are of one group, or in groups as on a card if what is glued is left out.

        Without that a telephone number and a postcode would often have a card number across them.
        """
        inner = self.begins[bisect_right(self.begins, first) : bisect_left(self.begins, end)]
        if not inner:
            return True
        cuts = [first, *inner, end]
        sizes = [later - earlier for earlier, later in pairwise(cuts)]
        size = sizes[0]
        is_even = all(other == size for other in sizes[:-1]) and sizes[-1] <= size
        behind = self.groups_around(first, end)[1]
        return (is_even or sizes[:2] == [4, 6]) and (behind == end or behind - inner[-1] > size)


def _mask(text: str, read: str, find: Callable[[_Run], Iterator[tuple[int, int]]]) -> str:
    """Mask the digits that are found in ``read``, which has the same ones at the same places."""
    masked = list(text)
    for run in _runs(read):
        for first, end in find(run):
            for position in run.positions[first:end]:
                masked[position] = "*"
    return "".join(masked)


def _find_separate(run: _Run) -> Iterator[tuple[int, int]]:
    """Yield the digits to mask of numbers that begin and end where groups do."""
    first, count = 0, len(run.positions)
    begins_here = True
    while first < count:
        ends = run.cards_at(first) if begins_here or run.is_between_groups(first) else iter(())
        end = next(filter(run.is_between_groups, ends), None)
        if begins_here := end is not None:
            is_with_cvv = end - first == _LONGEST and is_card_number(run.digits[first : end - _CVV])
            last = end if is_with_cvv else end - _KEPT
            yield first, last
            # The four that stay are a group now, and may be the beginning of another number.
            first = last
        else:
            first += 1


def _find_glued(run: _Run) -> Iterator[tuple[int, int]]:
    """Yield the groups that have a number and other digits before it or behind it."""
    first, count = 0, len(run.positions)
    while first < count:
        ends = run.cards_at(first)
        end = next((end for end in ends if run.is_written_as_card(first, end)), None)
        if end is None:
            first += 1
        else:
            begin, first = run.groups_around(first, end)
            yield begin, first


def _runs(text: str) -> Iterator[_Run]:
    """Yield the runs of digits that are long enough for a card number."""
    run, signs = _Run(), 0
    for position, character in enumerate(_SPELLED_OUT.sub(_as_one_sign, text)):
        kind = _kind(character)
        if kind == _DIGIT:
            if signs or not run.positions:
                run.begins.append(len(run.positions))
            run.positions.append(position)
            signs = 0
        elif kind != _NOTHING:
            signs += 1
            if kind == _LETTER or signs > _MOST_SIGNS_BETWEEN:
                if len(run.positions) >= _SHORTEST:
                    run.close(text)
                    yield run
                run, signs = _Run(), 0
    if len(run.positions) >= _SHORTEST:
        run.close(text)
        yield run


def _as_one_sign(separator: re.Match[str]) -> str:
    return " " + "\u200b" * (len(separator[0]) - 1)


@lru_cache(maxsize=1024)
def _kind(character: str) -> int:
    # Those of every script, in circles, Roman and Chinese ones; a half or a ten is none.
    if unicodedata.numeric(character, -1) in range(10):
        return _DIGIT
    category = unicodedata.category(character)
    is_control = category == "Cc" and not character.isspace()
    if is_control or category in {"Cf", "Mn", "Me"} or character in _FILLERS:
        return _NOTHING
    # Modifier letters are signs: Japanese writes a dash as one (U+30FC).
    return _LETTER if category in {"Lu", "Ll", "Lt", "Lo"} else _SIGN
