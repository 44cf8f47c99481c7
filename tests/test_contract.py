"""What ``openapi/CONTRACT.md`` and the guide say in tables and examples is what the code does."""

import json
import re
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx import ASGITransport, AsyncClient

from app import messages
from app.domain.card import Card, CardRefusal, CardRules, refuse_card
from app.domain.card_brands import BRANDS
from app.domain.money import cents_to_number
from app.main import app
from app.message_parser import parse_event
from infra.seeds.classic import classic_stock
from infra.topology import QUEUES, queue_name, table_name
from routers.schemas.order_public import StateName
from tests.support.citations import ROOT

PAGE = (ROOT / "openapi" / "CONTRACT.md").read_text()
EN_DASH = "\N{EN DASH}"
#: Pages, which are no part of the contract.
PAGES = {"/", "/pos", "/docs"}


def chapter(number: str) -> str:
    """Return the text below a heading, as far as the next heading of its kind or a higher one."""
    depth = "#" * (2 + number.count("."))
    pattern = rf"^{depth} {re.escape(number)}[. ].*?\n(.*?)(?=^#{{1,{len(depth)}}} |\Z)"
    found = re.search(pattern, PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def routes() -> set[tuple[str, str]]:
    """Return every method and path of the API, those the document does not show included."""
    return {
        (method, context.path or "")
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.path not in PAGES
        for method in (context.methods or set()) - {"HEAD"}
    }


def named(text: str) -> set[tuple[str, str]]:
    """Return the requests that a text names as ``GET /path``."""
    found: set[tuple[str, str]] = set()
    for span in re.findall(r"`([^`]+)`", " ".join(text.split())):
        found |= set(re.findall(r"(GET|POST|DELETE) (/[\w{}/-]*)", span))
    return found


def test_every_route_is_on_the_page() -> None:
    page = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    spelled = {path for _, path in named(page)} | set(re.findall(r"`(/[\w{}/.-]+)`", page))

    assert {path for _, path in routes()} - spelled == set()


@pytest.mark.parametrize("number", ["1.2", "1.3", "1.4", "1.5"])
def test_every_request_in_a_table_of_requests_is_a_route(number: str) -> None:
    first_cells = " ".join(row[0] for row in rows(chapter(number)) if row[0].startswith("`"))
    requests = named(first_cells)

    assert requests
    assert requests - routes() == set()


def test_what_is_said_to_be_gone_is_gone() -> None:
    gone = {("POST", "/pay"), ("POST", "/ship")}

    assert gone <= named(chapter("1.6"))
    assert not gone & routes()


DOMAINS = {"`Order`", "`Payment`", "`Shipment`"}
EVENTS = [line for line in PAGE.splitlines() if line.startswith('{"metadata"')]


def test_every_event_has_an_example() -> None:
    types = [json.loads(line)["metadata"]["type"] for line in EVENTS]

    assert set(types) == {str(event_type) for event_type in messages.EventType}


@pytest.mark.parametrize("line", EVENTS, ids=lambda line: json.loads(line)["metadata"]["type"])
def test_an_example_is_what_is_sent_to_the_letter(line: str) -> None:
    example = json.loads(line)
    event = parse_event(line, messages.EVENTS[messages.EventType(example["metadata"]["type"])])

    assert event.to_body() == line


def test_the_envelope_of_an_event_is_that_of_the_table() -> None:
    table = {row[0].strip("`"): row for row in rows(chapter("2")) if row[1] in DOMAINS}

    for line in EVENTS:
        metadata = json.loads(line)["metadata"]
        assert table[metadata["type"]][1:3] == [
            f"`{metadata['domain']}`",
            f"`{metadata['source']}`",
        ]
    assert {row[3] for row in table.values()} <= {queue.name for queue in QUEUES}


@pytest.mark.parametrize("page", ["openapi/CONTRACT.md", "app/static/docs/index.html"])
def test_every_state_of_an_order_is_told(page: str) -> None:
    # The guide draws five of them, and tells the sixth below its picture.
    text = chapter("1.4") if page.endswith(".md") else (ROOT / page).read_text()

    missing = [
        state
        for state in get_args(StateName)
        if not re.search(rf"`[\w, ]*\b{state}\b[\w, ]*`|<(code|text)[^>]*>{state}</", text)
    ]
    assert missing == []


def test_the_guide_says_what_the_classic_card_rules_take() -> None:
    guide = (ROOT / "app/static/docs/index.html").read_text()
    taken, refused = re.findall(r"it takes ([\d and]+), and\s+refuses (\d+)\.", guide)[0]

    for number in re.findall(r"\d+", f"{taken} {refused}"):
        card = Card(number, 12, 2030, "1234")
        refusal = refuse_card(card, today=date(2029, 1, 1), rules=CardRules.CLASSIC, total_cents=1)
        assert refusal == (CardRefusal.NUMBER if number == refused else None), number


def test_queues_and_table_have_the_names_of_the_page() -> None:
    assert f"`{queue_name('<stack>', '<queue>')}`" in PAGE
    assert f"`{table_name('<stack>')}`" in PAGE


def test_the_brands_are_those_of_the_table() -> None:
    table = rows(chapter("4.2"))[2:]

    assert [row[0] for row in table] == [brand.name for brand in BRANDS]
    for (name, cell, lengths), brand in zip(table, BRANDS, strict=True):
        digits, _, condition = cell.partition(", with")
        ranges = [span.partition(EN_DASH) for span in re.split("[,;] ", digits)]
        assert [(first, last or first) for first, _, last in ranges] == list(brand.prefixes), name
        assert _numbers(lengths) == brand.lengths, name
        assert bool(condition) is (brand.only_with is not None), name


def _numbers(text: str) -> set[int]:
    if EN_DASH in text:
        first, last = map(int, text.split(EN_DASH))
        return set(range(first, last + 1))
    return set(map(int, text.split(", ")))


def test_the_seed_data_is_that_of_the_tables() -> None:
    stock = classic_stock(datetime.now(UTC))
    cells = rows(chapter("3.5"))
    listed = {row[0]: row for row in cells if len(row) == 5}
    people = {
        row[index]: (row[index + 1], row[index + 2].strip("`"))
        for row in cells
        if len(row) == 7
        for index in (0, 4)
        if row[index]
    }

    for product in stock.products:
        _, price, stem, tag, product_id = listed[product.name]
        assert float(price) == cents_to_number(product.price_cents)
        assert product_id.startswith(f"`{product.product_id}`")
        assert product.image_urls[0] == f"/static/images/{stem}_square.jpg"
        assert product.tags == (tag,)
    for user, _ in stock.users:
        assert people[user.username] == (f"{user.first_name} {user.last_name}", user.user_id)


async def test_a_preflight_allows_what_the_page_says() -> None:
    [rule] = [row for row in rows(chapter("1.1")) if row[0] == "10"]
    spans = re.findall(r"`([^`]+)`", rule[1])

    async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as http:
        answer = await http.options("/products")

    for name in ("Allow-Methods", "Allow-Headers", "Expose-Headers"):
        assert answer.headers[f"Access-Control-{name}"] in spans
    assert answer.headers["Access-Control-Max-Age"] in rule[1]
