"""Card numbers in free text are masked, and nothing else is."""

from cProfile import Profile

import pytest

from app.domain.card import passes_luhn
from app.domain.card_brands import ALL_BRANDS
from app.domain.card_text import is_card_number, mask_card_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "************1111"),
        ("my card 5555 5555 5555 4444, thanks", "my card **** **** **** 4444, thanks"),
        ("3782-822463-10005", "****-******-*0005"),
        ("4111.1111.1111.1111", "****.****.****.1111"),
        ("4111 - 1111 1111\n1111", "**** - **** ****\n1111"),
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


_NUMBERS = ["4539578763621486", "5555555555554444", "378282246310005", "30569309025904"]
_SEPARATORS = [
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202e\ufe0f\u180e\u3164\u2212\u2022\u30fc",
    *"*|+=#:;'~\\x",
    *(
        ")(",
        "...",
        " - ",
        " -- ",
        " " * 3,
        " " * 5,
        "<br>",
        "<br/>",
        "&nbsp;",
        "%20",
        "\\n",
        "\\u00a0",
    ),
]


@pytest.mark.parametrize("separator", _SEPARATORS, ids=ascii)
@pytest.mark.parametrize("number", _NUMBERS)
def test_a_number_is_found_whatever_stands_between_its_digits(number: str, separator: str) -> None:
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    masked = mask_card_numbers(f"my {separator.join(groups)} card")

    assert sum(map(str.isdigit, masked.replace(separator, ""))) == 4
    assert mask_card_numbers(masked) == masked


@pytest.mark.parametrize("number", _NUMBERS)
@pytest.mark.parametrize(
    ("before", "behind"), [("", "123"), ("", "1230123"), ("1", ""), ("", "9"), ("0000", "0000")]
)
def test_a_number_is_found_with_what_is_glued_to_it(number: str, before: str, behind: str) -> None:
    masked = mask_card_numbers(f"my {before}{number}{behind} card")

    assert sum(map(str.isdigit, masked)) <= 4
    assert mask_card_numbers(masked) == masked


def test_a_number_is_found_in_digits_of_every_kind() -> None:
    number = "4539578763621486"
    for digits in (
        "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468",
        "\U0001f10b\u2780\u2781\u2782\u2783\u2784\u2785\u2786\u2787\u2788",
        "\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d",
        "0\u2160\u2161\u2162\u2163\u2164\u2165\u2166\u2167\u2168",
    ):
        written = number.translate(str.maketrans("0123456789", digits))
        assert mask_card_numbers(written) == "*" * 12 + written[-4:]

    assert mask_card_numbers("\u00bd" * 16) == "\u00bd" * 16
    assert mask_card_numbers("14539 5787 6362 1486") == "***** **** **** ****"
    assert mask_card_numbers("4539578763621486" * 2) == "*" * 32


def test_a_masked_text_is_left_alone() -> None:
    once = mask_card_numbers("4111 1111 1111 1111")

    assert mask_card_numbers(once) == once


def _number(prefix: str, length: int) -> str:
    """Return a number with a right check digit, which no shorter part of it has."""
    body = f"{prefix}{'7392615048' * 2}"[: length - 1]
    return next(body + digit for digit in "0123456789" if passes_luhn(body + digit))


@pytest.mark.unmeasured
def test_a_number_of_every_brand_and_length_is_found_with_every_separator() -> None:
    numbers = {
        _number(first, length)
        for brand in ALL_BRANDS
        for first, _ in brand.prefixes[:2]
        for length in brand.lengths
    }
    missed = [
        (number, size, separator)
        for number in numbers
        for separator in ["", " ", *_SEPARATORS]
        for size in (1, 4, 19)
        for parts in [[number[at : at + size] for at in range(0, len(number), size)]]
        if sum(
            map(
                str.isdigit,
                mask_card_numbers(f"to {separator.join(parts)}, please").replace(separator, ""),
            )
        )
        > 4
    ]

    assert {len(number) for number in numbers} == {*range(13, 20)}
    assert missed == []


@pytest.mark.unmeasured
@pytest.mark.parametrize("text", ["4", "41111111 ", "4111111111111111", "6011 ", "5<&#%2"])
def test_a_text_that_is_twice_as_long_takes_twice_the_steps(text: str) -> None:
    """Calls are counted, so no clock decides; 400,000 digits took 0.7 seconds of a processor."""

    def steps(length: int) -> int:
        profile = Profile(builtins=True)
        profile.runcall(mask_card_numbers, (text * length)[:length])
        return sum(entry.callcount for entry in profile.getstats())

    half = steps(10_000)

    assert half < steps(20_000) <= 2.01 * half


def test_a_text_without_a_card_number_stays() -> None:
    """A thousand characters is the most that a field takes."""
    text = "1 " * 500

    assert mask_card_numbers(text) == text
    assert is_card_number("378282246310005")
