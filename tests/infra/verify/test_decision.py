"""Evidence against limits: the worst wins, and what is not known is never a pass."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.verify.decision import Decision, Verdict, decide
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.policy import Mode, Policy, read_policy
from infra.verify.registry import GATES
from infra.verify.report import read_report

ROOT = Path(__file__).parents[3]
CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()

LIMIT: dict[str, Any] = {
    "gate": "flow",
    "measure": "delivered",
    "at_least": 1,
    "owner": "orders",
    "reason": "a reason",
}


def policy(
    mode: str = "enforce", *, waivers: Any = (), corrections: Any = (), **limit: Any
) -> Policy:
    """Return a policy with one limit of one gate."""
    given = {name: value for name, value in {**LIMIT, **limit}.items() if value is not None}
    return Policy.model_validate(
        {
            "stages": {"live": {"flow": mode}},
            "limits": [given],
            "waivers": waivers,
            "corrections": corrections,
        }
    )


def evidence(*found: Measurement | Finding, unreachable: str | None = None) -> Evidence:
    """Return what the gate ``flow`` found."""
    return Evidence(
        "flow",
        "a test",
        NOW,
        tuple(item for item in found if isinstance(item, Measurement)),
        tuple(item for item in found if isinstance(item, Finding)),
        unreachable,
    )


def decided(found: Evidence | None, limits: Policy, *, today: date = TODAY) -> Decision:
    """Return the decision about the stage ``live``."""
    return decide([found] if found else [], limits, stage="live", today=today)


DELIVERED = Measurement("delivered", 1, "of 1")
LOST = Measurement("delivered", 0, "of 1")


def test_what_keeps_its_limit_passes() -> None:
    decision = decided(evidence(DELIVERED), policy())

    assert (decision.verdict, decision.exit_code) == (Verdict.PASS, 0)


def test_what_breaks_its_limit_fails() -> None:
    decision = decided(evidence(LOST), policy())

    assert (decision.verdict, decision.exit_code) == (Verdict.FAIL, 1)


@pytest.mark.parametrize(
    "found",
    [
        None,
        evidence(),
        evidence(unreachable="no answer"),
        evidence(Measurement("delivered", None, "of 1")),
        evidence(Measurement("delivered", 1, "of 1", samples=0)),
        evidence(Measurement("delivered by another", 1, "of 1")),
    ],
)
def test_what_is_not_known_is_inconclusive(found: Evidence | None) -> None:
    decision = decided(found, policy())

    assert (decision.verdict, decision.exit_code) == (Verdict.INCONCLUSIVE, 3)


def test_a_ratio_needs_something_before_it() -> None:
    limits = policy(at_least=None, at_most_ratio=1.25)

    verdicts = [
        decided(evidence(Measurement("delivered", 5, "s", baseline=base)), limits).verdict
        for base in (4.0, 3.9, None)
    ]

    assert verdicts == [Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE]


def test_findings_are_counted_under_their_rule() -> None:
    limits = policy(measure=None, at_least=None, rule="stuck", at_most=1)
    one, two = Finding("stuck", "a", "b"), Finding("stuck", "c", "d")

    assert decided(evidence(one), limits).verdict is Verdict.PASS
    assert decided(evidence(one, two), limits).verdict is Verdict.FAIL


def test_a_finding_that_no_limit_allows_fails() -> None:
    decision = decided(evidence(DELIVERED, Finding("surprise", "a", "b")), policy())

    assert decision.verdict is Verdict.FAIL


@pytest.mark.parametrize("found", [evidence(LOST), evidence(unreachable="away")])
def test_a_milder_gate_never_ends_a_run(found: Evidence) -> None:
    assert decided(found, policy("warn")).verdict is Verdict.WARN
    assert decided(found, policy("observe")).verdict is Verdict.OBSERVED
    assert decided(found, policy("observe")).exit_code == 0


def test_a_milder_limit_never_ends_a_run() -> None:
    assert decided(evidence(LOST), policy(mode="warn")).verdict is Verdict.WARN


def test_a_waiver_helps_to_its_last_day_and_no_longer() -> None:
    waiver = {
        "gate": "flow",
        "what": "deliv*",
        "until": TODAY,
        "owner": "orders",
        "reason": "moving",
    }
    limits = policy(waivers=[waiver])

    assert decided(evidence(LOST), limits).verdict is Verdict.WARN
    tomorrow = TODAY + timedelta(days=1)
    expired = decided(evidence(LOST), limits, today=tomorrow)
    assert expired.verdict is Verdict.FAIL
    assert expired.gates[0].checks[0].says.endswith(f"the waiver of orders ended on {TODAY}")


def test_a_waiver_does_not_make_anything_known() -> None:
    waiver = {"gate": "flow", "what": "*", "until": TODAY, "owner": "orders", "reason": "moving"}

    assert decided(evidence(), policy(waivers=[waiver])).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("subject", "message", "verdict"),
    [
        ("POST /order body.cart.[]", "needs itemid now", Verdict.PASS),
        ("POST /order body.cart.x", "needs itemid now", Verdict.FAIL),
        ("POST /order body.cart.[]", "needs price now", Verdict.FAIL),
        ("GET /order body.cart.[]", "needs itemid now", Verdict.FAIL),
    ],
)
def test_a_correction_takes_out_its_findings_alone(
    subject: str, message: str, verdict: Verdict
) -> None:
    correction = {
        "gate": "flow",
        "rule": "breaking",
        "finding": "POST * body.cart.[]: needs itemid now",
        "owner": "api",
        "reason": "it always did",
    }
    limits = policy(
        corrections=[correction], measure=None, rule="breaking", at_most=0, at_least=None
    )

    assert decided(evidence(Finding("breaking", subject, message)), limits).verdict is verdict
    assert decided(evidence(Finding("other", subject, message)), limits).verdict is Verdict.FAIL


def test_a_stage_without_gates_knows_nothing() -> None:
    assert decide([], policy(), stage="canary", today=TODAY).verdict is Verdict.INCONCLUSIVE


def test_a_gate_that_no_limit_holds_for_knows_nothing() -> None:
    limits = policy(where="aws")

    decision = decide([evidence(DELIVERED)], limits, stage="live", today=TODAY, is_local=True)

    assert decision.verdict is Verdict.INCONCLUSIVE


measurements = st.builds(
    Measurement,
    name=st.sampled_from(["delivered", "other"]),
    value=st.none() | st.floats(-2, 3),
    unit=st.just(""),
    samples=st.integers(0, 3),
    baseline=st.none() | st.floats(0, 3),
)
findings = st.builds(
    Finding, rule=st.sampled_from(["stuck", "x"]), subject=st.just("s"), message=st.just("m")
)
anything = st.lists(measurements | findings, max_size=5)
modes = st.sampled_from([str(mode) for mode in Mode])


@given(anything, modes)
def test_the_worst_check_decides(found: list[Measurement | Finding], mode: str) -> None:
    decision = decided(evidence(*found), policy(mode))

    verdicts = [check.verdict for gate in decision.gates for check in gate.checks]
    assert decision.verdict is max(verdicts)


@given(anything)
def test_more_evidence_of_something_wrong_never_makes_it_better(
    found: list[Measurement | Finding],
) -> None:
    before = decided(evidence(*found), policy()).verdict
    after = decided(evidence(*found, Finding("stuck", "s", "m")), policy()).verdict

    assert after >= before
    assert after is Verdict.FAIL


@given(anything)
def test_a_pass_rests_on_enough_samples(found: list[Measurement | Finding]) -> None:
    decision = decided(evidence(*found), policy(min_samples=2))

    if decision.verdict is Verdict.PASS:
        delivered = [
            item for item in found if isinstance(item, Measurement) and item.name == "delivered"
        ]
        assert delivered
        assert all(item.samples >= 2 and (item.value or 0) >= 1 for item in delivered)


def strict() -> Policy:
    """Return the real policy with every gate and limit enforced."""
    real = read_policy(ROOT / "infra" / "verify" / "policy.toml")
    stages = {stage: dict.fromkeys(gates, Mode.ENFORCE) for stage, gates in real.stages.items()}
    limits = tuple(limit.model_copy(update={"mode": Mode.ENFORCE}) for limit in real.limits)
    return real.model_copy(update={"stages": stages, "limits": limits})


@pytest.mark.parametrize("stage", ["source", "live"])
def test_a_clean_stage_is_green(stage: str) -> None:
    clean = read_report(CASES / f"clean-{stage}.json")

    decision = decide(clean.evidence, strict(), stage=stage, today=TODAY, is_local=clean.is_local)

    assert {
        gate_decision.gate: gate_decision.verdict for gate_decision in decision.gates
    } == dict.fromkeys(strict().stages[stage], Verdict.PASS)


def test_what_is_clean_as_a_tree_is_clean_before_it_is_deployed() -> None:
    clean, gates = read_report(CASES / "clean-source.json"), strict().stages["preview"]
    evidence = [item for item in clean.evidence if item.gate in gates]

    decision = decide(evidence, strict(), stage="preview", today=TODAY, is_local=False)

    assert {
        gate_decision.gate: gate_decision.verdict for gate_decision in decision.gates
    } == dict.fromkeys(gates, Verdict.PASS)


@pytest.mark.parametrize("gate", GATES)
def test_a_stored_bad_case_turns_exactly_its_gate_red(gate: str) -> None:
    bad = read_report(CASES / f"{gate}.json")
    clean = read_report(CASES / f"clean-{bad.stage}.json")
    others = [item for item in clean.evidence if item.gate != gate]

    decision = decide(
        [*others, *bad.evidence], strict(), stage=bad.stage, today=TODAY, is_local=bad.is_local
    )

    assert {
        gate_decision.gate
        for gate_decision in decision.gates
        if gate_decision.verdict is Verdict.FAIL
    } == {gate}
    assert {
        gate_decision.verdict for gate_decision in decision.gates if gate_decision.gate != gate
    } == {Verdict.PASS}
