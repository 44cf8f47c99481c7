"""The pages of errors and events say what the tables say; the guide's cards do what it says."""

import re
from datetime import date

import pytest

from app.domain.card import Card, CardRules, refuse_card
from app.static_files import STATIC
from infra.document_pages import build_pages
from infra.event_document import build_event_document
from routers.error_catalogue import CATALOGUE

GUIDE = (STATIC / "docs" / "index.html").read_text(encoding="utf-8")
CARDS = re.findall(
    r"<tr><td>(\d+)</td><td>(\d+)/(\d+)</td><td>(\d+)</td><td>(.+?)</td></tr>", GUIDE
)


def test_the_error_page_explains_every_code_once() -> None:
    page = build_pages(build_event_document())["errors/index.html"]

    assert re.findall(r'<h2 id="(\w+)">', page) == [entry.code for entry in CATALOGUE]
    assert len({entry.code for entry in CATALOGUE}) == len(CATALOGUE)


def test_the_event_page_shows_every_message_with_its_queue() -> None:
    document = build_event_document()
    page = build_pages(document)["events/index.html"]

    names = re.findall(r'<h2 id="(\w+)">', page)
    assert names == list(document["components"]["messages"])
    assert len(re.findall(r"<p>Queue: <code>[a-z-]+</code></p>", page)) == len(names)


@pytest.mark.parametrize(("number", "month", "year", "cvv", "message"), CARDS)
def test_a_card_of_the_guide_does_what_the_guide_says(
    number: str, month: str, year: str, cvv: str, message: str
) -> None:
    card = Card(type="", number=number, expiry_year=int(year), expiry_month=int(month), cvv=cvv)

    refusal = refuse_card(card, today=date(2026, 12, 1), rules=CardRules.STRICT)

    assert (refusal.value if refusal else "transaction successful") == message


def test_the_guide_has_cards() -> None:
    assert len(CARDS) == 8
