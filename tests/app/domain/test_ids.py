"""Derived ids: the same input gives the same id, another one another."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import order_id_for, tracking_number_for, transaction_id_for


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_two_pairs_of_user_and_key_never_share_an_order(user: str, key: str, more: str) -> None:
    assert order_id_for(user, key) == order_id_for(user, key)
    if more:
        assert order_id_for(user + more, key) != order_id_for(user, more + key)


def test_ids_follow_from_the_order() -> None:
    assert transaction_id_for("1") == transaction_id_for("1") != transaction_id_for("2")
    assert tracking_number_for("1") == tracking_number_for("1") != transaction_id_for("1")


def test_ids_of_earlier_releases_stay_what_they_were() -> None:
    """A repeat after a deployment must find the order, charge and shipment of before."""
    assert order_id_for("dan", "key-1") == "71374820-bef9-59e4-a80f-ba28fe99baa5"
    assert transaction_id_for("12345") == "5a24ee79-421f-543d-828f-122206143488"
    assert tracking_number_for("12345") == "8dd81309-c16e-50f5-9f37-ab64883408da"
    assert UUID(order_id_for("", "")).version == 5
