"""The limits of the real policy that the stored cases do not come near."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.verify.decision import Verdict, decide
from infra.verify.evidence import Evidence, Measurement
from infra.verify.policy import Policy, read_policy
from infra.verify.report import read_report
from tests.infra.verify.stacks import ROOT

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy()


def _verdict(policy: Policy, stage: str, gate: str, *changed: Measurement) -> Verdict:
    """Judge a gate of a deployed stage of which all is well but what is ``changed``."""
    well = {
        "performance": (
            Measurement("p95 of api", 120, "ms", samples=500, baseline=118),
            Measurement("error rate of api", 0.0, "", samples=500, baseline=0.0),
            Measurement("throttles of api", 0, "calls"),
            Measurement("oldest message of payment-request", 3, "s"),
        ),
        "cost": (
            Measurement("cost per order", 120, "$ per million", samples=212, baseline=118),
            Measurement("budget spent", 0.4, "of the limit"),
            Measurement("budget forecast", 0.8, "of the limit"),
            Measurement("age of prices", 22, "days"),
        ),
    }[gate]
    by_name = {item.name: item for item in (*well, *changed)}
    evidence = Evidence(gate, "a test", NOW, tuple(by_name.values()))
    return decide([evidence], policy, stage=stage, today=NOW.date(), only=[gate]).verdict


@pytest.mark.parametrize(
    ("stage", "gate"), [("canary", "performance"), ("live", "performance"), ("live", "cost")]
)
def test_a_deployed_shop_that_does_as_before_passes(policy: Policy, stage: str, gate: str) -> None:
    assert _verdict(policy, stage, gate) is Verdict.PASS


def test_a_canary_far_slower_than_the_version_next_to_it_fails(policy: Policy) -> None:
    # Well within the budget of every version.
    slower = Measurement("p95 of api", 240, "ms", samples=500, baseline=120)

    assert _verdict(policy, "canary", "performance", slower) is Verdict.FAIL
    assert _verdict(policy, "live", "performance", slower) is Verdict.WARN


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("bench: spawn to first product, CPU", 110, Verdict.PASS),
        ("bench: spawn to first product, CPU", 120, Verdict.FAIL),
        ("bench: GET /products/{id}, AWS calls", 100, Verdict.PASS),
        ("bench: GET /products/{id}, AWS calls", 101, Verdict.FAIL),
    ],
)
def test_a_tree_is_held_to_the_last_release(
    policy: Policy, name: str, value: float, verdict: Verdict
) -> None:
    clean = read_report(ROOT / "tests/infra/verify/cases/clean-source.json").evidence
    [found] = [gathered for gathered in clean if gathered.gate == "performance"]
    more = Measurement(name, value, "", baseline=100)
    evidence = replace(found, measurements=(*found.measurements, more))

    decision = decide([evidence], policy, stage="source", today=NOW.date(), only=["performance"])

    assert decision.verdict is verdict


def test_a_canary_with_too_few_calls_is_not_judged(policy: Policy) -> None:
    rare = Measurement("p95 of api", 100, "ms", samples=3, baseline=120)

    assert _verdict(policy, "canary", "performance", rare) is Verdict.INCONCLUSIVE


def test_an_order_that_costs_far_more_than_before_is_pointed_out(policy: Policy) -> None:
    dear = Measurement("cost per order", 200, "$ per million", samples=212, baseline=118)

    assert _verdict(policy, "live", "cost", dear) is Verdict.WARN


def test_a_journey_that_costs_more_is_seen_before_and_on_this_machine(policy: Policy) -> None:
    evidence = read_report(ROOT / "tests/infra/verify/cases/clean-live.json").evidence
    [cost] = [gathered for gathered in evidence if gathered.gate == "cost"]
    dearer = tuple(
        replace(measurement, value=1) if measurement.name == "writes of browse" else measurement
        for measurement in cost.measurements
    )

    def verdict(found: Evidence, stage: str) -> Verdict:
        today = NOW.date()
        return decide(
            [found], policy, stage=stage, today=today, is_local=stage == "live", only=["cost"]
        ).verdict

    worse = replace(cost, measurements=dearer)
    assert [verdict(cost, stage) for stage in ("source", "live")] == [Verdict.PASS] * 2
    assert [verdict(worse, stage) for stage in ("source", "live")] == [Verdict.FAIL, Verdict.WARN]
