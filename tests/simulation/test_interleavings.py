"""Every interleaving of two invocations keeps the rules; here those of the smaller pairs."""

import pytest

from tests.mutations.in_process import applied
from tests.simulation.exhaustive.interleavings import (
    API,
    STATES,
    SWEEP,
    explore,
    pairs,
)

#: Few enough for every run of the suite; ``python -m tests.simulation.exhaustive`` runs all.
SMALL = (
    ("pending", "PaymentRequested", "PaymentRequested"),
    ("pending, payment decided", "CreditCardValidated", "CreditCardValidated"),
    ("paid", "ShipmentSent", "ShipmentDelivered"),
)


@pytest.mark.parametrize(("name", "first", "second"), SMALL)
def test_no_interleaving_breaks_a_rule(name: str, first: str, second: str) -> None:
    explored = explore(name, (first, second))

    assert explored.broken == ()
    assert explored.count > 30


def test_every_pair_of_functions_is_looked_at() -> None:
    """The api, the three workers and the sweeper: fifteen pairs, the same twice included."""
    function_of = {
        API: "api",
        SWEEP: "sweeper",
        "PaymentRequested": "payment",
        "CreditCardValidated": "order",
        "ShipmentSent": "order",
        "ShipmentDelivered": "order",
        "ShipmentRequested": "shipment",
    }
    seen = {frozenset((function_of[one], function_of[two])) for _, one, two in pairs()}

    assert len(seen) == 15
    assert {state.order_state for state in STATES.values()} >= {None, 1, 2, 3, 4, 5}


def test_two_calls_beside_two_calls_are_six_interleavings_without_a_fault() -> None:
    explored = explore("pending", ("PaymentRequested", "PaymentRequested"), may_fail=False)

    assert explored.count == 6


def test_a_planted_bug_is_found_by_some_interleaving() -> None:
    with applied("a decision is overwritten"):
        explored = explore("pending", ("PaymentRequested", "PaymentRequested"))

    assert any("a payment is decided once" in each for each in explored.broken)
