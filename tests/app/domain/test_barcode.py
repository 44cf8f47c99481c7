"""Barcodes: EAN and UPC, and no other digits."""

import pytest

from app.domain.barcode import read_barcode
from app.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("96385074", "96385074"),
        ("036000291452", "036000291452"),
        ("4006381333931", "4006381333931"),
        ("14006381333938", "14006381333938"),
        (" 4 006381-333931 ", "4006381333931"),
        ("", ""),
        (" - ", ""),
    ],
)
def test_a_barcode_is_its_digits(text: str, digits: str) -> None:
    assert read_barcode(text) == digits


@pytest.mark.parametrize("place", range(13))
def test_a_wrong_digit_anywhere_is_noticed(place: int) -> None:
    digits = list("4006381333931")
    digits[place] = str((int(digits[place]) + 1) % 10)

    with pytest.raises(InvalidInputError, match="check digit"):
        read_barcode("".join(digits))


@pytest.mark.parametrize("text", ["0", "123456789", "400638133393X", "\u0664" * 8, "1" * 15])
def test_anything_else_is_no_barcode(text: str) -> None:
    with pytest.raises(InvalidInputError, match="must be an EAN or UPC"):
        read_barcode(text)
