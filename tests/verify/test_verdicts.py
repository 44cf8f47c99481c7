"""What the policy makes of evidence: the worst wins, and what is not known is no pass."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.verify.decision import Verdict, decide
from app.verify.evidence import Evidence, Finding, Measurement, evidence_from_json, evidence_to_json
from app.verify.gathering import gather
from app.verify.policy import (
    POLICY,
    GatePolicy,
    Mode,
    Place,
    Policy,
    PolicyError,
    Rule,
    Stage,
    read_policy,
)
from tests.verify.stacks import ROOT, target_of

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
BAD = sorted(path.stem for path in CASES.glob("*.json") if path.stem != "clean")


def _case(name: str) -> list[Evidence]:
    return evidence_from_json((CASES / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(ROOT / POLICY)


def test_every_gate_of_the_policy_can_be_gathered_and_has_a_bad_case(policy: Policy) -> None:
    assert set(policy.gates) == set(BAD)


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.LIVE])
def test_clean_evidence_passes_every_gate(policy: Policy, stage: Stage) -> None:
    decision = decide(policy, stage, _case("clean"), Place.DEPLOYED)

    assert {each.gate: each.verdict for each in decision.gates} == dict.fromkeys(BAD, Verdict.PASS)
    assert decision.verdict is Verdict.PASS


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.LIVE])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_case_turns_exactly_its_gate_red(policy: Policy, bad: str, stage: Stage) -> None:
    evidence = [each for each in _case("clean") if each.gate != bad] + _case(bad)

    decision = decide(policy, stage, evidence, Place.DEPLOYED)

    red = [each.gate for each in decision.gates if each.verdict is not Verdict.PASS]
    assert red == [bad]
    assert next(each for each in decision.gates if each.gate == bad).verdict is Verdict.FAIL
    is_enforced = policy.gates[bad].modes[stage] is Mode.ENFORCE
    assert (decision.verdict is Verdict.FAIL) is is_enforced


@pytest.mark.parametrize("gate", BAD)
def test_a_gate_without_evidence_is_no_pass(policy: Policy, gate: str) -> None:
    evidence = [each for each in _case("clean") if each.gate != gate]

    decision = decide(policy, Stage.LIVE, evidence, Place.DEPLOYED)

    found = next(each for each in decision.gates if each.gate == gate)
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("gate", BAD)
def test_a_source_that_does_not_answer_is_no_pass(policy: Policy, gate: str) -> None:
    evidence = [
        replace(each, measurements=(), unreachable="it is raining") if each.gate == gate else each
        for each in _case("clean")
    ]

    decision = decide(policy, Stage.LIVE, evidence, Place.DEPLOYED)

    found = next(each for each in decision.gates if each.gate == gate)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.checks[0].told == "it is raining"


def test_evidence_is_the_same_after_it_was_stored() -> None:
    evidence = _case("clean")

    stored = evidence_to_json(evidence)

    assert evidence == [
        Evidence(
            **{
                **each,
                "taken_at": datetime.fromisoformat(each["taken_at"]),
                "measurements": tuple(Measurement(**row) for row in each["measurements"]),
                "findings": tuple(Finding(**row) for row in each["findings"]),
            }
        )
        for each in stored
    ]


# One rule and one measurement.


def _verdict(rule: dict[str, Any], *measurements: Measurement, findings: int = 0) -> Verdict:
    gate = GatePolicy(
        owner="me",
        reason="a test",
        modes={Stage.LIVE: Mode.ENFORCE},
        rules=(Rule.model_validate(rule),),
    )
    found = tuple(Finding("r", "s", "m") for _ in range(findings))
    evidence = Evidence("g", "s", NOW, measurements, found)
    return decide(Policy(gates={"g": gate}), Stage.LIVE, [evidence], Place.DEPLOYED).verdict


def _measured(value: float | None, **more: Any) -> Measurement:
    return Measurement("p95 of api", value, "ms", **more)


@pytest.mark.parametrize(
    ("rule", "measurement", "verdict"),
    [
        ({"max": 10}, _measured(10), Verdict.PASS),
        ({"max": 10}, _measured(10.1), Verdict.FAIL),
        ({"min": 1}, _measured(1), Verdict.PASS),
        ({"min": 1}, _measured(0), Verdict.FAIL),
        ({"max_ratio": 1.5}, _measured(15, baseline=10), Verdict.PASS),
        ({"max_ratio": 1.5}, _measured(15.1, baseline=10), Verdict.FAIL),
        ({"max_ratio": 1.5}, _measured(1, baseline=0), Verdict.FAIL),
        ({"max_ratio": 1.5}, _measured(1000), Verdict.INCONCLUSIVE),
        ({"max": 2000, "max_ratio": 1.5}, _measured(1000), Verdict.PASS),
        ({"max": 10}, _measured(None), Verdict.INCONCLUSIVE),
        ({"max": 10, "min_samples": 50}, _measured(1, samples=49), Verdict.INCONCLUSIVE),
        ({"max": 10, "min_samples": 50}, _measured(11, samples=49), Verdict.INCONCLUSIVE),
        ({"max": 10, "min_samples": 50}, _measured(1, samples=50), Verdict.PASS),
    ],
)
def test_a_limit_holds_on_its_own_side(
    rule: dict[str, Any], measurement: Measurement, verdict: Verdict
) -> None:
    assert _verdict({"measurement": "p95 of *", **rule}, measurement) is verdict


def test_a_measurement_that_is_missing_is_no_pass_unless_it_may_be() -> None:
    rule = {"measurement": "p99 of *", "max": 1}

    assert _verdict(rule, _measured(1)) is Verdict.INCONCLUSIVE
    # Nothing was looked at at all.
    assert _verdict({**rule, "optional": True}, _measured(1)) is Verdict.INCONCLUSIVE


def test_the_worst_of_the_checks_counts_and_a_finding_always_fails() -> None:
    good, bad = _measured(1), replace(_measured(11), name="p95 of order")
    rule = {"measurement": "p95 of *", "max": 10}

    assert _verdict(rule, good, bad) is Verdict.FAIL
    assert _verdict(rule, good, findings=1) is Verdict.FAIL


def test_a_rule_holds_where_and_when_it_says() -> None:
    rule = {"measurement": "p95 of *", "max": 1}
    unless = {"measurement": "p95 of *", "max": 1, "places": ["local"]}

    assert _verdict(rule, _measured(2)) is Verdict.FAIL
    assert _verdict(unless, _measured(2)) is Verdict.INCONCLUSIVE
    assert _verdict({**rule, "stages": ["canary"]}, _measured(2)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("mode", [Mode.WARN, Mode.OBSERVE])
def test_a_gate_that_is_not_enforced_stops_nothing(mode: Mode) -> None:
    rule = Rule(measurement="x", max=1)
    gates = {
        name: GatePolicy(owner="me", reason="a test", modes={Stage.LIVE: each}, rules=(rule,))
        for name, each in (("strict", Mode.ENFORCE), ("lenient", mode))
    }
    evidence = [
        Evidence("strict", "s", NOW, (Measurement("x", 1, ""),)),
        Evidence("lenient", "s", NOW, (Measurement("x", 2, ""),)),
    ]

    decision = decide(Policy(gates=gates), Stage.LIVE, evidence, Place.DEPLOYED)

    assert decision.verdict is Verdict.PASS
    assert [each.verdict for each in decision.gates] == [Verdict.PASS, Verdict.FAIL]


def test_a_stage_in_which_nothing_is_enforced_is_no_pass(policy: Policy) -> None:
    assert decide(policy, Stage.PREVIEW, [], Place.LOCAL).verdict is Verdict.INCONCLUSIVE


# The policy itself.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gates = {}", "gates"),
        ("[gates.flow]\nowner='x'\nreason='x'\nmodes={}", "modes"),
        ("[gates.flow]\nowner=''\nreason='x'\nmodes={live='warn'}", "owner"),
        ("[gates.flow]\nowner='x'\nreason='x'\nmodes={live='maybe'}", "modes.live"),
        ("[gates.flow]\nowner='x'\nreason='x'\nmodes={soon='warn'}", "soon"),
        (
            "[gates.flow]\nowner='x'\nreason='x'\nmodes={live='warn'}\nrules=[{measurement='x'}]",
            "needs max, min or max_ratio",
        ),
        (
            "[gates.flow]\nowner='x'\nreason='x'\nmodes={live='warn'}\nrules=[{most=3}]",
            "most",
        ),
        ("gates = ", "is not TOML"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "policy.toml").write_text(text)

    with pytest.raises(PolicyError, match=reason):
        read_policy(tmp_path / "policy.toml")


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / "policy.toml")


async def test_a_gate_that_nobody_wrote_is_refused() -> None:
    with pytest.raises(PolicyError, match="no gate called nothing"):
        await gather(target_of("local"), ["nothing"])


async def test_a_gate_that_breaks_says_so_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(target: object) -> Evidence:
        raise RuntimeError("token t0p-secret")

    monkeypatch.setattr("app.verify.gates.cost.collect", broken)
    monkeypatch.delenv("SENTRY_AUTH_TOKEN", raising=False)

    cost, errors = await gather(target_of("local"), ["cost", "errors"])

    assert cost.unreachable == "the gate broke: RuntimeError"
    assert errors.unreachable
    assert "not set up" in errors.unreachable
