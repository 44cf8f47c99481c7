"""When the sweeper looks at an open order: not too early, ever more rarely, never too late."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.order import Order, OrderState
from app.domain.payment import PAYMENT_TIMEOUT
from app.domain.sweeping import GRACE, LONGEST_PAUSE, next_look_at, stuck_at
from app.domain.user import Role, User
from infra.seeds.classic import classic_products, make_order

pytestmark = pytest.mark.unmeasured

PLACED = datetime(2026, 11, 23, 12, tzinfo=UTC)
DELIVERY = timedelta(seconds=120)
BUYER = User("u-1", "eric", "Eric", "Cartman", "", Role.CUSTOMER, PLACED)
OPEN = [OrderState.PENDING, OrderState.PAID, OrderState.SHIPPED]


def order(state: OrderState, *, updated: timedelta = timedelta()) -> Order:
    goods = list(classic_products(PLACED))[:1]
    made = make_order("o-1", BUYER, goods, OrderState.PENDING, placed_at=PLACED)
    return replace(made, state=state, updated_at=PLACED + updated)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OrderState.PENDING, PLACED + GRACE),
        (OrderState.PAID, PLACED + timedelta(minutes=1) + GRACE),
        (OrderState.SHIPPED, PLACED + timedelta(minutes=1) + DELIVERY + GRACE),
    ],
)
def test_an_order_is_stuck_when_its_next_event_is_overdue(
    state: OrderState, expected: datetime
) -> None:
    moved = order(state, updated=timedelta(minutes=1))

    assert stuck_at(moved, longest_delivery=DELIVERY) == expected


@given(st.sampled_from(OPEN), st.timedeltas(timedelta(), timedelta(days=400)))
def test_the_next_look_is_later_and_within_the_longest_pause(
    state: OrderState, waited: timedelta
) -> None:
    now = PLACED + waited

    again = next_look_at(order(state), now=now, longest_delivery=DELIVERY)

    assert now < again <= now + LONGEST_PAUSE


@given(st.sampled_from(OPEN))
def test_an_order_is_not_looked_at_before_it_can_be_stuck(state: OrderState) -> None:
    due = stuck_at(order(state), longest_delivery=DELIVERY)

    assert next_look_at(order(state), now=PLACED, longest_delivery=DELIVERY) == due


@pytest.mark.parametrize("state", OPEN)
def test_an_order_of_a_future_time_is_looked_at_within_the_longest_pause(state: OrderState) -> None:
    """Its clock was wrong, so what it says is no reason to leave it alone."""
    now = PLACED - timedelta(days=3)

    assert next_look_at(order(state), now=now, longest_delivery=DELIVERY) == now + LONGEST_PAUSE


def test_an_order_that_is_stuck_for_days_costs_few_looks() -> None:
    now, looks = PLACED + GRACE, 0
    while now < PLACED + timedelta(days=2):
        now = next_look_at(order(OrderState.PAID), now=now, longest_delivery=DELIVERY)
        looks += 1

    assert looks < 60


@given(st.timedeltas(timedelta(), PAYMENT_TIMEOUT))
def test_a_pending_order_is_looked_at_when_its_time_is_up(waited: timedelta) -> None:
    now = PLACED + waited
    while now < PLACED + PAYMENT_TIMEOUT:
        again = next_look_at(order(OrderState.PENDING), now=now, longest_delivery=DELIVERY)
        assert not now < PLACED + PAYMENT_TIMEOUT < again
        now = again
