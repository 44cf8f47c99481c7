"""Reads that must see the write before them do, on a table that shows the past where it may.

Emulators answer every read with the newest state, so a read that lost its consistency would
be seen on AWS only, and now and then.
"""

from tests.simulation.simulator.catalog import PRODUCT_ID
from tests.simulation.simulator.small_shop import SmallShop, StaleReads

_ORDER = {
    "cart": [{"itemid": PRODUCT_ID, "quantity": 2}],
    "card": {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"},
}
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
