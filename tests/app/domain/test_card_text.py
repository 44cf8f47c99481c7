"""Card numbers in free text are masked, and nothing else is."""

import pytest

from app.domain.card_text import is_card_number, mask_card_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "************1111"),
        ("my card 5555 5555 5555 4444, thanks", "my card **** **** **** 4444, thanks"),
        ("3782-822463-10005", "****-******-*0005"),
        ("4111.1111.1111.1111", "****.****.****.1111"),
        ("4111 - 1111 1111\n1111", "4111 - 1111 1111\n1111"),
        ("4111- 1111\u20131111\u00a01111", "****- ****\u2013****\u00a01111"),
        ('{"card": 4222222222222}', '{"card": *********2222}'),
        ("6200000000000000000", "***************0000"),
        ("\uff14\uff11" + "1" * 14, "*" * 12 + "1111"),
        ("Way 12 4111 1111 1111 1111 Apt 7", "Way 12 **** **** **** 1111 Apt 7"),
        ("4111111111111111 and 5555555555554444", "************1111 and ************4444"),
        ("a4111111111111111b", "a************1111b"),
    ],
)
def test_a_card_number_keeps_four_digits(text: str, masked: str) -> None:
    assert mask_card_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UPS/FEDEX",
        # No check digit, no brand, no length, no number of its own.
        "4111111111111112",
        "9111111111111111",
        "411111111111116",
        "00004111111111111111",
        "41111111111111110000",
        # A telephone number, a barcode, a tracking number, an id.
        "+49 170 1234567, 94025 Menlo Park",
        "4006381333931",
        "1Z999AA10123456784",
        "5c3939ea1d41c892ce243827",
        "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd",
    ],
)
def test_anything_else_is_left_alone(text: str) -> None:
    assert mask_card_numbers(text) == text


def test_a_masked_text_is_left_alone() -> None:
    once = mask_card_numbers("4111 1111 1111 1111")

    assert mask_card_numbers(once) == once


def test_long_texts_are_read_in_one_go() -> None:
    """A thousand characters is the most that a field takes."""
    text = "1 " * 500

    assert mask_card_numbers(text) == text
    assert is_card_number("378282246310005")
