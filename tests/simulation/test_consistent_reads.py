"""Reads that must see the write before them do, on a table that shows the past where it may.

Emulators answer every read with the newest state, so a read that lost its consistency would
be seen on AWS only, and now and then. Every read of one item is listed here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.domain.card import Card, CardRules
from app.messages import CreditCardValidated, PaymentRequested
from app.services import payments
from app.services.event_checks import check_payment_result
from tests.simulation.simulator.catalog import PRODUCT_ID
from tests.simulation.simulator.lambdas import EPOCH
from tests.simulation.simulator.small_shop import SmallShop, StaleReads

_ORDER = {
    "cart": [{"itemid": PRODUCT_ID, "quantity": 2}],
    "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"},
}
_ROOT = Path(__file__).parents[2]
_CONSISTENT, _MAY_BE_OLD, _AS_ASKED = "True", "False", "consistent"
_BOTH = f"{_MAY_BE_OLD}, {_CONSISTENT}"

#: Every place that reads one item, and whether it must see each earlier write.
_READS = {
    # What was just written decides about money, access or an answer.
    ("app/services/order_reading.py", "read_order", "find_decision"): _CONSISTENT,
    ("app/services/throttling.py", "limited_login", "_check"): _CONSISTENT,
    ("app/store/carts.py", "get_cart", "table.get"): _CONSISTENT,
    ("app/store/table.py", "_showing_item", "self.get"): _CONSISTENT,
    ("app/store/users.py", "find_credentials", "table.get"): _CONSISTENT,
    ("app/store/users.py", "free_lookalikes", "table.get"): _CONSISTENT,
    # What an operator is told, or does next, follows from it.
    ("infra/cli/damaged_order.py", "_payment", "find_decision"): _CONSISTENT,
    ("infra/cli/damaged_order.py", "_mistyped_place", "connection.table.get"): _CONSISTENT,
    ("infra/cli/order_evidence.py", "gather", "find_decision"): _CONSISTENT,
    ("infra/dead_letters/diagnosis.py", "_refusal_by_order", "find_decision"): _CONSISTENT,
    ("infra/local/traces/pages.py", "_items", "get_table().get"): _CONSISTENT,
    ("infra/seeds/mark.py", "is_seeded", "table.get"): _CONSISTENT,
    # What is found never changes; what is not found is asked for again.
    ("app/services/event_checks.py", "_get_stored_order", "get_order"): _MAY_BE_OLD,
    ("app/services/event_checks.py", "check_payment_result", "find_decision"): _BOTH,
    # Their callers say it; orders are read consistently unless they do.
    ("app/store/orders.py", "get_order", "get_order_with_item"): _AS_ASKED,
    ("app/store/orders.py", "get_order_with_item", "table.get"): _AS_ASKED,
    ("app/services/throttling.py", "_check", "store.get_attempts"): _AS_ASKED,
    ("app/store/attempts.py", "get_attempts", "table.get"): _AS_ASKED,
    ("app/store/payments.py", "find_decision", "table.get"): _AS_ASKED,
    # Read again until it is there.
    ("app/services/orders.py", "_read_decision", "find_decision"): _MAY_BE_OLD,
    # Events are believed there, and the decision gives a reason at most.
    ("workers/order.py", "handle", "find_decision"): _MAY_BE_OLD,
    # A card that is sent again is refused by the write of the decision.
    ("infra/dead_letters/payments.py", "get_payment_status", "find_decision"): _MAY_BE_OLD,
    # Conditions of writes decide; what is shown may be a moment old.
    ("app/store/products.py", "get_product", "table.get"): _MAY_BE_OLD,
    ("app/store/users.py", "get_user", "table.get"): _MAY_BE_OLD,
    ("routers/system.py", "get_readiness", "table.get"): _MAY_BE_OLD,
}
#: Folders with tables that are not in DynamoDB.
_OTHER_TABLES = ("infra/cost", "infra/verify", "infra/components", "infra/local/emulator")
_ACCOUNT = {"username": "han", "password": "correct horse", "firstname": "Han", "lastname": "Solo"}


def test_an_order_is_found_under_its_key_at_once() -> None:
    shop = SmallShop(StaleReads())
    placed = shop.ask("POST", "/order/add/u1", _ORDER, Idempotency_Key="k").json()

    [found] = shop.ask("GET", "/order/u1", Idempotency_Key="k").json()

    assert found["_id"] == placed["order_id"]


def test_an_order_is_read_at_once() -> None:
    shop = SmallShop(StaleReads())
    placed = shop.ask("POST", "/order/add/u1", _ORDER).json()

    assert shop.ask("GET", f"/order/u1/{placed['order_id']}").status == 200


def test_a_cart_shows_what_was_added_at_once() -> None:
    shop = SmallShop(StaleReads())
    for _ in range(2):
        shop.ask("POST", "/cart/item/add/u1", {"itemid": PRODUCT_ID, "quantity": 3, "price": 1})

    assert shop.ask("GET", "/cart/items/total/u1").json()["cartitemtotal"] == 6


def test_a_new_user_can_log_in_at_once() -> None:
    shop = SmallShop(StaleReads())
    assert shop.ask("POST", "/register", _ACCOUNT).status == 201

    assert shop.ask("POST", "/login", _ACCOUNT).status == 200


def test_the_table_does_show_the_past() -> None:
    """Without this the tests above would see nothing."""
    shop = SmallShop(StaleReads())
    shop.ask("POST", "/order/add/u1", _ORDER)

    assert shop.ask("GET", "/order/u1").json() == []


def _decided(shop: SmallShop) -> tuple[str, CreditCardValidated]:
    """Return the id of an order that was decided a moment ago, and what is said of it."""
    order_id = shop.ask("POST", "/order/add/u1", _ORDER).json()["order_id"]
    request = PaymentRequested(
        order_id, Card("4111111111111111", 12, 2030, "123"), total_cents=12_500
    )
    work = payments.decide(shop.table, shop.queues, request, rules=CardRules.STRICT, now=EPOCH)
    return order_id, CreditCardValidated.from_decision(shop.run(work))


def test_an_order_is_read_as_decided_at_once() -> None:
    shop = SmallShop(StaleReads())
    order_id, _ = _decided(shop)

    assert shop.ask("GET", f"/order/u1/{order_id}").json()["state"] == "paid"


def test_a_decision_is_found_by_its_announcement_at_once() -> None:
    shop = SmallShop(StaleReads())
    order_id, announced = _decided(shop)

    found = shop.run(check_payment_result(shop.table, announced))

    assert found.order_id == order_id


def test_every_read_of_one_item_is_listed() -> None:
    """A new one is a decision to be made; here it is seen that it was made."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for top in ("app", "routers", "workers", "infra"):
        for place, how in _reads(top):
            found.setdefault(place, []).append(how)

    assert {place: ", ".join(sorted(ways)) for place, ways in found.items()} == _READS


def _reads(top: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    for path in sorted((_ROOT / top).rglob("*.py")):
        name = path.relative_to(_ROOT).as_posix()
        if not name.startswith(_OTHER_TABLES):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from (((name, function.name, read), how) for read, how in _in(function))


def _in(function: ast.AST) -> Iterator[tuple[str, str]]:
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        called = ast.unparse(call.func)
        options = {option.arg: ast.unparse(option.value) for option in call.keywords}
        is_read = called.endswith(("table.get", "get_table().get"))
        is_read |= called.rpartition(".")[2] in {"find_decision", "get_attempts"}
        if is_read or "consistent" in options:
            yield called, options.get("consistent", _MAY_BE_OLD)
