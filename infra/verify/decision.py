"""From evidence and limits to a verdict; pure, so that it can be decided again at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from fnmatch import fnmatchcase

from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.policy import Limit, Mode, Policy

_SHOWN = 3


class Verdict(IntEnum):
    """How something went, from best to worst."""

    PASS = 0
    OBSERVED = 1
    WARN = 2
    INCONCLUSIVE = 3
    FAIL = 4


EXIT_CODES = {Verdict.INCONCLUSIVE: 3, Verdict.FAIL: 1}


@dataclass(frozen=True)
class Check:
    """One limit and what was found: ``says`` is the finding for people."""

    what: str
    limit: str
    says: str
    verdict: Verdict
    owner: str
    reason: str


@dataclass(frozen=True)
class GateDecision:
    """One gate: as strict as ``mode``, as good as its worst check."""

    gate: str
    mode: Mode
    source: str
    verdict: Verdict
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Decision:
    """What is decided about one stage."""

    stage: str
    gates: tuple[GateDecision, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst of all gates; without any gate it is inconclusive."""
        return max((gate.verdict for gate in self.gates), default=Verdict.INCONCLUSIVE)

    @property
    def exit_code(self) -> int:
        """Return 0 for a pass, 1 for a failure, 3 when too little is known."""
        return EXIT_CODES.get(self.verdict, 0)


def decide(
    evidence: Sequence[Evidence],
    policy: Policy,
    *,
    stage: str,
    today: date,
    is_local: bool = False,
    only: Sequence[str] = (),
) -> Decision:
    """Compare evidence with the limits of a stage; ``only`` leaves the other gates out.

    ``is_local`` says that the evidence is about a shop on this machine, of which AWS has no
    figures.
    """
    by_gate = {gathered.gate: gathered for gathered in evidence}
    gates = [
        _decide_gate(
            by_gate.get(gate),
            gate,
            mode,
            policy,
            policy.limits_for(gate, stage, is_local=is_local),
            today=today,
        )
        for gate, mode in policy.stages.get(stage, {}).items()
        if not only or gate in only
    ]
    return Decision(stage, tuple(gates))


def _decide_gate(
    found: Evidence | None,
    gate: str,
    mode: Mode,
    policy: Policy,
    limits: Sequence[Limit],
    *,
    today: date,
) -> GateDecision:
    if found is not None:
        found = _corrected(found, policy)
    if found is None:
        checks = [_unknown(gate, mode, "nothing was collected")]
    elif found.unreachable is not None:
        checks = [_unknown(gate, mode, found.unreachable)]
    else:
        checks = [
            _softened(_waived(check, gate, policy, today=today), milder_mode(mode, limit_mode))
            for check, limit_mode in _checks(found, limits)
        ] or [_unknown(gate, mode, "no limit holds here")]
    verdict = max(check.verdict for check in checks)
    return GateDecision(gate, mode, found.source if found else "", verdict, tuple(checks))


def _corrected(found: Evidence, policy: Policy) -> Evidence:
    """Return evidence without the findings that are corrections."""
    findings = (
        finding
        for finding in found.findings
        if not any(correction.covers(found.gate, finding) for correction in policy.corrections)
    )
    return replace(found, findings=tuple(findings))


def _unknown(gate: str, mode: Mode, why: str) -> Check:
    check = Check(gate, "", why, Verdict.INCONCLUSIVE, "", "an unknown is never a pass")
    return _softened(check, mode)


def milder_mode(one: Mode, other: Mode) -> Mode:
    """Return the milder of two modes."""
    return max(one, other, key=list(Mode).index)


def _checks(found: Evidence, limits: Sequence[Limit]) -> Iterator[tuple[Check, Mode]]:
    for limit in limits:
        if limit.rule:
            yield _count(
                limit, [finding for finding in found.findings if finding.rule == limit.rule]
            )
        else:
            matching = [
                measurement
                for measurement in found.measurements
                if fnmatchcase(measurement.name, limit.measure)
            ]
            yield from (_measure(limit, measurement) for measurement in matching)
            if not matching:
                yield _check(limit, limit.measure, "was not measured", Verdict.INCONCLUSIVE)
    known = {limit.rule for limit in limits}
    for rule in sorted({finding.rule for finding in found.findings} - known):
        # A rule without a limit is a mistake in the policy; its findings are not allowed.
        limit = Limit(
            gate=found.gate, rule=rule, at_most=0, owner="none", reason="no limit allows it"
        )
        yield _count(limit, [finding for finding in found.findings if finding.rule == rule])


def _check(limit: Limit, what: str, says: str, verdict: Verdict) -> tuple[Check, Mode]:
    return Check(what, limit.text, says, verdict, limit.owner, limit.reason), limit.mode


def _count(limit: Limit, findings: Sequence[Finding]) -> tuple[Check, Mode]:
    is_kept = limit.at_most is not None and len(findings) <= limit.at_most
    shown = "; ".join(f"{finding.subject}: {finding.message}" for finding in findings[:_SHOWN])
    more = f" and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    says = f"{len(findings)} found" + (f": {shown}{more}" if findings else "")
    return _check(limit, limit.rule, says, Verdict.PASS if is_kept else Verdict.FAIL)


def _measure(limit: Limit, found: Measurement) -> tuple[Check, Mode]:
    says = "nothing to measure" if found.value is None else f"{found.value:g} {found.unit}".strip()
    if found.value is None:
        return _check(limit, found.name, says, Verdict.INCONCLUSIVE)
    if found.samples < limit.min_samples:
        says += f", of {found.samples} samples; {limit.min_samples} are needed"
        return _check(limit, found.name, says, Verdict.INCONCLUSIVE)
    if limit.at_most_ratio is None:
        return _check(limit, found.name, says, _kept(limit, found.value))
    if found.baseline is None:
        return _check(limit, found.name, f"{says}, nothing before", Verdict.INCONCLUSIVE)
    says += f", before {found.baseline:g}"
    is_kept = found.value <= limit.at_most_ratio * found.baseline
    return _check(limit, found.name, says, Verdict.PASS if is_kept else Verdict.FAIL)


def _kept(limit: Limit, value: float) -> Verdict:
    is_kept = (limit.at_most is None or value <= limit.at_most) and (
        limit.at_least is None or value >= limit.at_least
    )
    return Verdict.PASS if is_kept else Verdict.FAIL


def _waived(check: Check, gate: str, policy: Policy, *, today: date) -> Check:
    if check.verdict is not Verdict.FAIL:
        return check
    says = check.says
    for waiver in policy.waivers:
        if waiver.covers(gate, check.what):
            if today <= waiver.until:
                waived = f"waived until {waiver.until} by {waiver.owner}: {waiver.reason}"
                return replace(check, says=f"{check.says}; {waived}", verdict=Verdict.WARN)
            says += f"; the waiver of {waiver.owner} ended on {waiver.until}"
    return replace(check, says=says)


def _softened(check: Check, mode: Mode) -> Check:
    """Return a check as bad as its mode lets it be; a pass is a pass in every mode."""
    if check.verdict is Verdict.PASS or mode is Mode.ENFORCE:
        return check
    verdict = Verdict.OBSERVED if mode is Mode.OBSERVE else min(check.verdict, Verdict.WARN)
    return replace(check, verdict=verdict)
