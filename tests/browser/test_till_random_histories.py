"""Drawn lives of a sale: whatever goes wrong, no customer pays twice and no state lies."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from playwright.sync_api import Page

from tests.support.sizes import SIZES

SCRIPT = Path(__file__).with_name("till_random_histories.js")


class Found(TypedDict):
    """What was broken in which history, and how many sales ended how."""

    broken: list[str]
    ends: dict[str, int]


def run_histories(page: Page, *, seed: int, histories: int) -> Found:
    page.goto("/pos")
    function = SCRIPT.read_text("utf-8").partition("*/")[2].strip().removesuffix(";")
    found: Found = page.evaluate(function, {"seed": seed, "histories": histories})
    return found


def test_whatever_goes_wrong_no_customer_pays_twice_and_no_state_lies(
    page: Page, figure: Callable[[str], None]
) -> None:
    count = SIZES.till_histories
    found = run_histories(page, seed=1 + SIZES.seed, histories=count)

    assert found["broken"] == []
    # The histories have been somewhere: sales were paid, and others were called off.
    assert min(found["ends"]["paid"], found["ends"]["void"]) > count / 6
    figure(f"{count:,} drawn histories of a sale, 0 paid twice or in a wrong state")
