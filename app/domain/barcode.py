"""Barcodes of products: GS1's numbers, which EAN and UPC codes carry."""

import re

from app.domain.errors import InvalidInputError

#: EAN-8, UPC-A, EAN-13 and GTIN-14.
_LENGTHS = frozenset({8, 12, 13, 14})
_SEPARATORS = re.compile(r"[\s-]+")
_DIGITS = re.compile(r"\d*", re.ASCII)


def read_barcode(text: str) -> str:
    """Return the digits of a barcode, without spaces and hyphens; empty text for none.

    The last digit is a check digit (GS1 General Specifications, 7.9): the digits before it
    count three times and once by turns, from the right, and all of it is a multiple of ten.

    Raises:
        InvalidInputError: it is no EAN or UPC, or its check digit is wrong.
    """
    digits = _SEPARATORS.sub("", text)
    if not _DIGITS.fullmatch(digits) or (digits and len(digits) not in _LENGTHS):
        raise InvalidInputError("must be an EAN or UPC of 8, 12, 13 or 14 digits")
    weighted = (int(digit) * (3, 1)[position % 2] for position, digit in enumerate(digits[-2::-1]))
    if digits and (sum(weighted) + int(digits[-1])) % 10:
        raise InvalidInputError("has a wrong check digit")
    return digits
