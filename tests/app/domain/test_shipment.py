"""The shipment of an order follows from its id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import tracking_number_for
from app.domain.shipment import plan_shipment


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


def test_a_shipment_has_the_tracking_number_of_its_order() -> None:
    assert plan_shipment("1", delivery="", seconds=(5, 120)).tracking_number == (
        tracking_number_for("1")
    )


def test_both_ends_of_the_range_are_possible_delivery_times() -> None:
    times = {
        plan_shipment(str(number), delivery="UPS", seconds=(5, 7)).delivery_seconds
        for number in range(100)
    }

    assert times == {5, 6, 7}
