"""Judging evidence by the policy; the worst wins, and what is not known is no pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from app.verify.evidence import Evidence, Measurement
from app.verify.policy import GatePolicy, Mode, Place, Policy, Rule, Stage


class Verdict(IntEnum):
    """How it went; the larger the worse."""

    PASS = 0
    INCONCLUSIVE = 1
    FAIL = 2


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what came of it."""

    subject: str
    verdict: Verdict
    told: str


@dataclass(frozen=True)
class GateDecision:
    """What became of one gate. A gate that only warns or observes stops nothing."""

    gate: str
    mode: Mode
    evidence: Evidence
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst of its checks; without any, nothing is known."""
        return max((each.verdict for each in self.checks), default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class Decision:
    """What became of a stage."""

    stage: Stage
    gates: tuple[GateDecision, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst of the gates that are enforced; if none is, nothing is known."""
        enforced = [each.verdict for each in self.gates if each.mode is Mode.ENFORCE]
        return max(enforced, default=Verdict.INCONCLUSIVE)


def decide(policy: Policy, stage: Stage, evidence: list[Evidence], place: Place) -> Decision:
    """Judge the evidence that was gathered for a stage; without any, a gate knows nothing."""
    by_gate = {each.gate: each for each in evidence}
    decided = []
    for name, mode in policy.in_stage(stage).items():
        found = by_gate.get(name) or Evidence(
            name, "nothing", datetime.now(UTC), unreachable="there is no evidence"
        )
        checks = judge(policy.gates[name], stage, found, place)
        decided.append(GateDecision(name, mode, found, checks))
    return Decision(stage, tuple(decided))


def judge(gate: GatePolicy, stage: Stage, evidence: Evidence, place: Place) -> tuple[Check, ...]:
    """Return everything that was checked about one gate."""
    if evidence.unreachable is not None:
        return (Check(evidence.source, Verdict.INCONCLUSIVE, evidence.unreachable),)
    findings = [
        Check(f"{each.rule}: {each.subject}", Verdict.FAIL, each.message)
        for each in evidence.findings
    ]
    checks = [check for rule in gate.rules_for(stage, place) for check in _checked(rule, evidence)]
    return (*findings, *checks)


def _checked(rule: Rule, evidence: Evidence) -> Iterator[Check]:
    about = [each for each in evidence.measurements if rule.is_about(each.name)]
    if not about and not rule.is_optional:
        yield Check(rule.measurement, Verdict.INCONCLUSIVE, "was not measured")
    for each in about:
        yield _check(rule, each)


def _check(rule: Rule, found: Measurement) -> Check:
    if found.value is None:
        return Check(found.name, Verdict.INCONCLUSIVE, "has no value")
    if found.samples < rule.min_samples:
        told = f"{found.samples} samples, {rule.min_samples} are needed"
        return Check(found.name, Verdict.INCONCLUSIVE, told)
    told = f"{found.value:g} {found.unit}".rstrip()
    if found.baseline is not None:
        told += f", it was {found.baseline:g}"
    if broken := _broken(rule, found.value, found.baseline):
        return Check(found.name, Verdict.FAIL, f"{told}, {broken}")
    if found.baseline is None and rule.max is None and rule.min is None:
        return Check(found.name, Verdict.INCONCLUSIVE, f"{told}, and nothing to compare it with")
    return Check(found.name, Verdict.PASS, told)


def _broken(rule: Rule, value: float, baseline: float | None) -> str:
    """Return which limit a value breaks, or nothing."""
    if rule.max is not None and value > rule.max:
        return f"at most {rule.max:g} is allowed"
    if rule.min is not None and value < rule.min:
        return f"at least {rule.min:g} is needed"
    if rule.max_ratio is not None and baseline is not None and value > rule.max_ratio * baseline:
        return f"at most {rule.max_ratio:g} times that is allowed"
    return ""
