"""Rules of orders: bills, ids, decisions, shipments."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.card import Card, CardRules
from app.domain.draft import Bill, DraftLine, OrderDraft, bill_as_sent, bill_from_catalog
from app.domain.errors import InvalidInputError
from app.domain.ids import order_id_for, tracking_number_for, transaction_id_for
from app.domain.money import MAX_CENTS
from app.domain.order import Address, OrderLine, OrderState
from app.domain.payment import decide_payment, time_out_payment
from app.domain.shipment import plan_shipment
from infra.seeds.classic import classic_products

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD = Card("4111111111111111", 12, 2030, "123")
PRODUCTS = {product.product_id: product for product in classic_products(NOW)}
MAT, BOTTLE = list(PRODUCTS)[:2]


def draft(*lines: DraftLine, total_cents: int | None = None) -> OrderDraft:
    return OrderDraft("u", "", "", "", Address(), "", CARD, lines, total_cents)


def line(item_id: str, quantity: int = 1, price_cents: int | None = None) -> DraftLine:
    return DraftLine(item_id, "", "", quantity, price_cents)


def test_a_catalog_bill_ignores_the_clients_prices() -> None:
    asked = draft(line(MAT, 2, price_cents=1), line(BOTTLE, price_cents=0), total_cents=15_999)

    bill = bill_from_catalog(asked, PRODUCTS)

    assert bill.total_cents == 15_999
    assert [each.price_cents for each in bill.lines] == [6250, 3499]


@pytest.mark.parametrize("total_cents", [0, 15_998, 16_000])
def test_a_catalog_bill_refuses_another_total(total_cents: int) -> None:
    asked = draft(line(MAT, 2), line(BOTTLE), total_cents=total_cents)

    with pytest.raises(InvalidInputError, match=r"the right total is 159\.99"):
        bill_from_catalog(asked, PRODUCTS)


def test_a_catalog_bill_needs_articles_of_the_catalog() -> None:
    with pytest.raises(InvalidInputError, match=r"cart\.1\.itemid"):
        bill_from_catalog(draft(line(MAT), line("unknown")), PRODUCTS)


def test_a_clients_bill_stands() -> None:
    asked = draft(line("unknown", 3, 400), line(MAT, 1, None), total_cents=140_200)

    assert bill_as_sent(asked, PRODUCTS) == Bill(
        (OrderLine("unknown", "", "", 3, 400), OrderLine(MAT, "Yoga Mat", "", 1, 6250)), 140_200
    )


def test_without_a_total_the_lines_are_added_up() -> None:
    assert bill_as_sent(draft(line("x", 3, 400)), {}).total_cents == 1200


def test_a_bill_has_a_limit() -> None:
    with pytest.raises(InvalidInputError, match="comes to more than"):
        bill_as_sent(draft(line("x", 2, MAX_CENTS)), {})


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_two_pairs_of_user_and_key_never_share_an_order(user: str, key: str, more: str) -> None:
    assert order_id_for(user, key) == order_id_for(user, key)
    if more:
        assert order_id_for(user + more, key) != order_id_for(user, more + key)


def test_ids_follow_from_the_order() -> None:
    assert transaction_id_for("1") == transaction_id_for("1") != transaction_id_for("2")
    assert tracking_number_for("1") == tracking_number_for("1") != transaction_id_for("1")


def test_a_payment_is_decided_by_the_card() -> None:
    paid = decide_payment("1", CARD, amount_cents=1, rules=CardRules.STRICT, now=NOW)
    bad = Card("4111111111111111", 12, 2020, "123")
    declined = decide_payment("1", bad, amount_cents=1, rules=CardRules.STRICT, now=NOW)
    late = time_out_payment("1", amount_cents=1, now=NOW)

    assert (paid.success, paid.transaction_id) == (True, transaction_id_for("1"))
    assert (declined.success, declined.transaction_id) == (False, "-1")
    assert declined.reason == "creditcard has expired"
    assert (late.success, late.message) == (False, "payment timed out")


@given(st.text(max_size=40), st.integers(0, 450), st.integers(0, 450))
def test_a_delivery_takes_its_time_and_always_the_same(
    order_id: str, shortest: int, more: int
) -> None:
    seconds = (shortest, shortest + more)

    plan = plan_shipment(order_id, delivery="UPS/FEDEX", seconds=seconds)

    assert seconds[0] <= plan.delivery_seconds <= seconds[1]
    assert plan == plan_shipment(order_id, delivery="UPS/FEDEX", seconds=seconds)
    assert not plan.in_store


@pytest.mark.parametrize("delivery", ["instore", "InStore", " INSTORE "])
def test_goods_in_the_store_need_no_time(delivery: str) -> None:
    plan = plan_shipment("1", delivery=delivery, seconds=(5, 120))

    assert (plan.in_store, plan.delivery_seconds) == (True, 0)


def test_an_order_stays_in_a_final_state_and_in_one_of_a_later_release() -> None:
    final = {state.name for state in OrderState if state.is_final}

    assert final == {"DELIVERED", "DECLINED", "UNKNOWN"}
