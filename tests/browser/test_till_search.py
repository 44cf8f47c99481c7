"""Finding products and customers at the till."""

import json
from collections import Counter
from collections.abc import Sequence

from playwright.sync_api import Route, expect

from tests.browser.helpers.till import Till


def offer(till: Till, *names: str) -> None:
    """Let the catalog have products with these names besides its own."""

    def more(route: Route) -> None:
        answer = route.fetch().json()
        first = answer["data"][0]
        made = [
            {**first, "id": f"0000000{index:05}-aaaa-bbbb", "name": name, "tags": []}
            for index, name in enumerate(names)
        ]
        answer["data"] += made
        route.fulfill(body=json.dumps(answer), content_type="application/json")

    till.page.unroute("**/products?*")
    till.page.route("**/products?*", more)


def offer_and_reload(till: Till, *names: str) -> None:
    offer(till, *names)
    till.page.reload(wait_until="commit")
    expect(till.page.locator("#products").get_by_role("option").first).to_be_visible()


def test_a_name_that_looks_like_a_quantity_is_a_name(till: Till) -> None:
    offer_and_reload(till, "10X Whey Protein", "2x4 Plank")
    search = till.page.locator("#search")
    quantities: Counter[str] = Counter()

    for typed, name, quantity in (
        ("10x whey", "10X Whey Protein", 1),
        ("10X Whey Protein", "10X Whey Protein", 1),
        ("2x4", "2x4 Plank", 1),
        ("2*10x whey", "10X Whey Protein", 2),
        ("3x yoga", "Yoga Mat", 3),
        ("3 \u00d7 yoga", "Yoga Mat", 3),
        ("3*yoga", "Yoga Mat", 3),
        ("\u0663*yoga", "Yoga Mat", 3),
    ):
        search.fill(typed)
        search.press("Enter")

        quantities[name] += quantity
        line = till.page.locator("#lines li", has_text=name)
        expect(line.locator("input")).to_have_value(str(quantities[name]))
        assert [entry.partition(" $")[0] for entry in sorted(till.lines())] == sorted(
            f"{name} {count}" for name, count in quantities.items()
        )


def test_all_of_three_hundred_products_are_in_reach_of_a_finger(till: Till) -> None:
    offer_and_reload(till, *[f"Kettlebell {number}" for number in range(300)])
    tiles = till.page.locator("#products").get_by_role("option")
    more = till.page.get_by_role("button", name="Show more")

    expect(tiles).to_have_count(60)
    for count in (120, 180, 240, 300):
        more.click()
        expect(tiles).to_have_count(count)
    more.click()
    expect(more).to_be_hidden()

    till.ring_up("Kettlebell 299")
    assert till.lines()[0].startswith("Kettlebell 299 1")


def test_tiles_show_name_and_price_however_many_there_are(till: Till) -> None:
    def check(*, scrolls: bool) -> None:
        for width, height in ((390, 800), (1280, 800)):
            till.page.set_viewport_size({"width": width, "height": height})
            cut, hidden = till.page.locator("#products").evaluate(
                """list => [
                    [...list.children].filter((li) => li.scrollHeight > li.clientHeight).length,
                    list.scrollHeight - list.clientHeight,
                ]"""
            )
            assert cut == 0, width
            assert hidden > 0 or not scrolls, width

    check(scrolls=False)
    offer_and_reload(till, *[f"Kettlebell {number}" for number in range(92)])
    check(scrolls=True)


def test_names_of_any_direction_leave_the_sentence_around_them_in_order(till: Till) -> None:
    arabic = "\u0642\u0646\u064a\u0646\u0629 (\u0645\u0627\u0621) 500ml"
    offer_and_reload(till, arabic, "Bar\u202e 12\u2069")
    toast = till.page.locator("#toast")

    till.page.locator("#products .tile", has_text="500ml").click()
    expect(toast).to_have_text(f"\u2068{arabic}\u2069 added, $62.50 in all")
    till.page.locator("#products .tile", has_text="Bar").click()
    expect(toast).to_have_text("Bar 12 added, $125.00 in all")
    till.page.keyboard.press("F9")
    expect(till.page.locator(".parked-articles")).to_have_text(f"\u2068{arabic}\u2069, Bar 12")


def test_a_product_that_was_added_elsewhere_appears_by_itself(clocked_till: Till) -> None:
    till = clocked_till
    till.page.locator("#search").fill("kettle")
    expect(till.page.get_by_text("No product found")).to_be_visible()

    offer(till, "Kettlebell")
    till.page.clock.fast_forward(61_000)

    expect(till.page.locator("#products").get_by_role("option", name="Kettlebell")).to_be_visible()
    expect(till.page.locator("#search")).to_have_value("kettle")


def test_the_marked_product_is_told_to_screen_readers(till: Till) -> None:
    search = till.page.get_by_role("combobox", name="Find a product")
    expect(search).to_have_attribute("aria-expanded", "true")

    def marked() -> str:
        selected = till.page.locator("#products [aria-selected=true]")
        expect(selected).to_have_count(1)
        option = selected.get_attribute("id") or ""
        expect(search).to_have_attribute("aria-activedescendant", option)
        return selected.locator(".tile-name").inner_text()

    names = till.page.locator("#products .tile-name").all_inner_texts()
    search.focus()
    search.press("ArrowDown")
    assert marked() == names[0]
    search.press("ArrowDown")
    assert marked() == names[1]
    search.press("ArrowUp")
    search.press("ArrowUp")
    assert marked() == names[-1]
    search.fill("pedalo")
    expect(search).to_have_attribute("aria-expanded", "false")
    expect(search).not_to_have_attribute("aria-activedescendant", "product-option-0")


def compose(till: Till, field: str, keys: Sequence[str]) -> None:
    """Press keys that belong to an input method, as browsers report them in two ways."""
    till.page.locator(field).evaluate(
        """(field, keys) => {
            for (const key of keys) {
                for (const how of [{ isComposing: true }, { keyCode: 229 }]) {
                    const more = { key, bubbles: true, cancelable: true, ...how };
                    field.dispatchEvent(new KeyboardEvent("keydown", more));
                }
            }
        }""",
        keys,
    )


def test_keys_of_an_input_method_choose_nothing(till: Till) -> None:
    keys = ["ArrowDown", "Enter", "Escape", "F9", "F8"]
    page = till.page
    page.locator("#search").fill("yoga")
    compose(till, "#search", keys)
    expect(page.locator("#search")).to_have_value("yoga")
    assert till.lines() == []
    till.ring_up("Yoga Mat")
    page.keyboard.press("F4")
    expect(page.locator(".customer-option", has_text="Eric Cartman")).to_be_visible()
    page.locator("#customer-search").fill("cartman")

    compose(till, "#customer-search", keys)

    expect(page.locator("#customers")).to_be_visible()
    expect(page.locator("#customer-search")).to_have_value("cartman")
    expect(page.locator("#customer-name")).to_have_text("Walk-in")
    page.locator("#customer-search").press("Enter")
    expect(page.locator("#customer-name")).to_have_text("Eric Cartman")


def test_arrows_choose_a_customer_and_escape_closes_the_list(till: Till) -> None:
    page = till.page
    page.keyboard.press("F4")
    expect(page.locator(".customer-option", has_text="Eric Cartman")).to_be_visible()
    search = page.get_by_role("combobox", name="Find a customer")
    second = page.locator(".customer-option b").nth(1).inner_text()
    search.press("ArrowDown")
    search.press("Enter")
    expect(page.locator("#customer-name")).to_have_text(second)
    page.keyboard.press("F4")
    search.fill("cart")

    search.press("Escape")

    expect(page.locator("#customers")).to_be_hidden()
    expect(page.locator("#customer-name")).to_have_text(second)
