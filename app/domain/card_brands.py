"""Card brands by the first digits of a number, as data (openapi/CONTRACT.md, 4.2)."""

from dataclasses import dataclass, replace


def _range(text: str) -> tuple[str, str]:
    first, _, last = text.partition("-")
    return first, last or first


@dataclass(frozen=True)
class Brand:
    """One brand: its prefixes (``first-last`` or one), the lengths of its numbers, its CVV.

    ``only_with`` narrows the prefixes to numbers of certain lengths where two brands share
    them; everywhere else detection does not look at the length.
    """

    name: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: frozenset[int]
    only_with: frozenset[int] | None = None
    cvv_length: int = 3

    def owns(self, digits: str) -> bool:
        """Tell whether a number starts like one of this brand."""
        if self.only_with is not None and len(digits) not in self.only_with:
            return False
        return any(
            first <= digits[: len(first)] <= last
            for first, last in self.prefixes
            if len(digits) >= len(first)
        )


def _brand(
    name: str,
    prefixes: str,
    lengths: range | tuple[int, ...],
    *,
    only_with: range | None = None,
    cvv_length: int = 3,
) -> Brand:
    return Brand(
        name,
        tuple(map(_range, prefixes.split())),
        frozenset(lengths),
        None if only_with is None else frozenset(only_with),
        cvv_length,
    )


AMERICAN_EXPRESS = "American Express"
MASTERCARD = "Mastercard"

#: Tried from top to bottom; the first brand that owns a number is its brand.
BRANDS = (
    _brand(
        "Elo",
        "4011 4576 431274 438935 451416 457393 457631 457632 504175 627780 636297 636368 636369 "
        "506699-506778 509000-509999 650031-650051 650405-650439 650485-650538 650541-650598 "
        "650700-650718 650720-650727 650901-650920 651652-651679 655000-655019 655021",
        (16,),
    ),
    _brand("Cabal", "604201-604219", (16,)),
    _brand(
        "Hipercard",
        "384100 384140 384160 606282 637095 637568 637599 637609 637612",
        range(13, 20),
    ),
    _brand(AMERICAN_EXPRESS, "34 37", (15,), cvv_length=4),
    _brand("Bankcard", "5610 560221-560225", (16,)),
    _brand("China UnionPay", "62", range(16, 20)),
    _brand("Diners Club Carte Blanche", "300-305", (15,), only_with=range(15, 16)),
    _brand("Diners Club Enroute", "2014 2149", (15,)),
    _brand("Diners Club International", "300-305 309 36 38 39", (14,), only_with=range(15)),
    _brand("Discover", "6011 644-649 65", range(16, 20)),
    _brand("InterPayment", "636", range(16, 20), only_with=range(16, 20)),
    _brand("InstaPayment", "637-639", (16,), only_with=range(16, 17)),
    _brand(
        "Maestro",
        "5018 5020 5038 5612 5893 6304 6759 6761 6762 6763 6390 0604",
        range(13, 20),
    ),
    _brand("Dankort", "5019", (16,)),
    _brand(MASTERCARD, "51-55 222100-272099", (16,)),
    _brand("JCB", "35", range(16, 20)),
    _brand("Aura", "50", range(16, 20)),
    _brand("Visa Electron", "4026 417500 4405 4508 4844 4913 4917", (16,)),
    _brand("Visa", "4", (13, 16, 19)),
)


#: Brands that the shop takes no cards of; people type their numbers into texts all the same.
_OTHER_BRANDS = (
    _brand("Mir", "2200-2204", range(16, 20)),
    _brand("RuPay", "508 60 81 82", (16,)),
    _brand("Uzcard", "8600", (16,)),
    _brand("Troy", "9792", (16,)),
    _brand("Humo", "9860", (16,)),
)


def _beginning_with(digit: str, brands: tuple[Brand, ...]) -> tuple[Brand, ...]:
    return tuple(
        replace(brand, prefixes=prefixes)
        for brand in brands
        if (prefixes := tuple(part for part in brand.prefixes if part[0][0] <= digit <= part[1][0]))
    )


#: The brands in the same order, by the first digit of a number: with the prefixes that begin so.
BRANDS_BY_DIGIT = {digit: _beginning_with(digit, BRANDS) for digit in "0123456789"}
#: The same with the brands that the shop takes no cards of.
ALL_BRANDS = (*BRANDS, *_OTHER_BRANDS)
ALL_BRANDS_BY_DIGIT = {digit: _beginning_with(digit, ALL_BRANDS) for digit in "0123456789"}
