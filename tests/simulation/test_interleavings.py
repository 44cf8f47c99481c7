"""Every interleaving of two invocations keeps the rules; here those of the smaller pairs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mutations.in_process import applied
from tests.simulation.exhaustive.__main__ import code_digest, main, read_found
from tests.simulation.exhaustive.interleavings import (
    API,
    STATES,
    SWEEP,
    explore,
    pairs,
)
from tests.support.sizes import SIZES

#: Few enough for every run of the suite; ``python -m tests.simulation.exhaustive`` runs all.
SMALL = (
    ("pending", "PaymentRequested", "PaymentRequested"),
    ("paid", "ShipmentSent", "ShipmentDelivered"),
    ("delivered", "ShipmentRequested", "ShipmentDelivered"),
)


@pytest.mark.proof
@pytest.mark.timeout(14_400)
def test_no_interleaving_breaks_a_rule(figure: Callable[[str], None]) -> None:
    chosen = pairs() if SIZES.is_full else SMALL
    count = 0

    for name, first, second in chosen:
        explored = explore(name, (first, second))
        count += explored.count
        figure(f"{count:,} interleavings of {len(chosen)} pairs, 0 broken promises")
        assert explored.broken == ()

    assert count > 300


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


def test_three_calls_beside_three_are_fourteen_interleavings_without_a_fault() -> None:
    """Twenty orders of read, write and send; the six that begin with both reads come in pairs."""
    explored = explore("pending", ("PaymentRequested", "PaymentRequested"), may_fail=False)

    assert explored.count == 20 - 6


def test_a_planted_bug_is_found_by_some_interleaving() -> None:
    with applied("a decision is overwritten"):
        explored = explore("pending", ("PaymentRequested", "PaymentRequested"))

    assert any("a payment is decided once" in outcome for outcome in explored.broken)


def test_a_run_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.jsonl"
    first = ("paid", "ShipmentSent", "ShipmentDelivered")
    second = ("shipped", "ShipmentSent", "ShipmentSent")
    assert main([], chosen=[first], path=path) == 0
    with path.open("a") as file:
        file.write('{"code": "of a run that was killed')
        file.write('\n{"code": "other code", "pair": ["a", "b", "c"], "count": 1, "broken": []}\n')
    capsys.readouterr()

    assert main([], chosen=[first, second], path=path) == 0

    told = capsys.readouterr().out
    found = read_found(path, code_digest())
    assert "1 of 2 pairs were run already" in told
    assert set(found) == {first, second}
    assert f"{sum(one.count for one in found.values())} interleavings of 2 pairs" in told


def test_a_broken_rule_is_kept_and_told_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = ("pending", "PaymentRequested", "PaymentRequested")
    entry = {"code": code_digest(), "pair": pair, "count": 3, "broken": ["a rule: broken"]}
    path = tmp_path / "found.jsonl"
    path.write_text(json.dumps(entry) + "\n")

    assert main([], chosen=[pair], path=path) == 1

    assert "BROKEN  a rule: broken" in capsys.readouterr().out
