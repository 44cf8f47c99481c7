"""The table of brands: prefixes are ranges of equal length, and the first brand wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.card_brands import BRANDS, BRANDS_BY_DIGIT, Brand

#: Numbers at the ends of each prefix.
_EDGES = [
    edge + rest
    for brand in BRANDS
    for prefix in brand.prefixes
    for edge in prefix
    for rest in ("", "0" * (16 - len(edge)), "9" * (15 - len(edge)))
]


def brand(name: str) -> Brand:
    return next(brand for brand in BRANDS if brand.name == name)


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.name)
def test_a_range_has_ends_of_equal_length_in_order(brand: Brand) -> None:
    for first, last in brand.prefixes:
        assert len(first) == len(last)
        assert first <= last
        assert (first + last).isdecimal()


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.name)
def test_a_brand_has_a_number_that_no_earlier_brand_takes(brand: Brand) -> None:
    earlier = BRANDS[: BRANDS.index(brand)]

    numbers = [
        prefix.ljust(length, digit)
        for prefixes in brand.prefixes
        for prefix in prefixes
        for length in brand.lengths
        for digit in "019"
    ]

    assert any(
        brand.owns(number) and not any(other.owns(number) for other in earlier)
        for number in numbers
    )


def test_names_are_unique() -> None:
    assert len({brand.name for brand in BRANDS}) == len(BRANDS)


def test_a_number_shorter_than_a_prefix_is_not_owned() -> None:
    mastercard = brand("Mastercard")

    assert mastercard.owns("51")
    assert not mastercard.owns("5")
    assert not mastercard.owns("2221")
    assert mastercard.owns("222100")


def test_a_brand_that_shares_prefixes_looks_at_the_length() -> None:
    carte_blanche, international = (
        brand("Diners Club Carte Blanche"),
        brand("Diners Club International"),
    )

    assert carte_blanche.owns("300".ljust(15, "0"))
    assert not carte_blanche.owns("300".ljust(14, "0"))
    assert international.owns("300".ljust(14, "0"))
    assert not international.owns("300".ljust(15, "0"))


@given(st.from_regex(r"[0-9]{1,19}", fullmatch=True) | st.sampled_from(_EDGES))
def test_the_brands_by_first_digit_find_what_all_brands_find(digits: str) -> None:
    def names(brands: tuple[Brand, ...]) -> list[str]:
        return [brand.name for brand in brands if brand.owns(digits)]

    assert names(BRANDS_BY_DIGIT[digits[0]]) == names(BRANDS)
