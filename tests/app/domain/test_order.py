"""The states of an order: forward only."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.errors import OrderNotPaidError
from app.domain.order import (
    ALLOWED_FROM,
    Order,
    OrderLine,
    OrderState,
    check_late_event,
    sum_lines,
)
from app.domain.user import Role, User
from infra.seeds.classic import classic_products, make_order

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "", Role.CUSTOMER, NOW)


def order(state: OrderState) -> Order:
    made = make_order(
        "o-1", BUYER, list(classic_products(NOW))[:1], OrderState.PENDING, placed_at=NOW
    )
    return replace(made, state=state)


def test_an_order_stays_in_a_final_state_and_in_one_of_a_later_release() -> None:
    final = {state.name for state in OrderState if state.is_final}

    assert final == {"DELIVERED", "DECLINED", "UNKNOWN"}


def test_a_state_is_only_reached_from_a_lower_one() -> None:
    for target, origins in ALLOWED_FROM.items():
        assert all(origin < target for origin in origins)
        assert not any(origin.is_final for origin in origins)


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(ALLOWED_FROM) == set(OrderState) - {OrderState.PENDING, OrderState.UNKNOWN}


@pytest.mark.parametrize("target", [OrderState.SHIPPED, OrderState.DELIVERED])
def test_a_report_of_a_shipment_before_the_payment_has_to_come_again(target: OrderState) -> None:
    with pytest.raises(OrderNotPaidError, match="is not paid yet"):
        check_late_event(order(OrderState.PENDING), target)


@pytest.mark.parametrize(
    "state", [state for state in OrderState if state is not OrderState.PENDING]
)
@pytest.mark.parametrize("target", [OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED])
def test_a_repeat_or_a_late_event_is_accepted(state: OrderState, target: OrderState) -> None:
    check_late_event(order(state), target)


def test_a_number_of_a_later_release_is_an_unknown_state() -> None:
    assert OrderState.from_stored(2) is OrderState.PAID
    assert OrderState.from_stored(99) is OrderState.UNKNOWN


def test_a_total_is_the_sum_of_price_times_quantity() -> None:
    lines = (OrderLine("a", "", "", 3, 400), OrderLine("b", "", "", 1, 1))

    assert sum_lines(lines) == 1201
    assert sum_lines(()) == 0
