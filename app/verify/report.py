"""Telling what was decided, to people and to machines."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from app.verify.decision import Decision, GateDecision, Verdict
from app.verify.evidence import evidence_to_json
from app.verify.settling import Outcome

_COLOURS = {Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow", Verdict.FAIL: "red"}


def as_json(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    """Return a decision with everything it rests on."""
    return {
        "stage": str(decision.stage),
        "verdict": decision.verdict.name.lower(),
        "exitCode": outcome.exit_code,
        "gates": [_gate(each) for each in decision.gates],
        "changes": [asdict(each) for each in outcome.changes],
        "trouble": outcome.trouble,
    }


def _gate(decided: GateDecision) -> dict[str, Any]:
    return {
        "gate": decided.gate,
        "mode": str(decided.mode),
        "verdict": decided.verdict.name.lower(),
        "checks": [
            {"subject": each.subject, "verdict": each.verdict.name.lower(), "told": each.told}
            for each in decided.checks
        ],
        "evidence": evidence_to_json([decided.evidence])[0],
    }


def as_table(decision: Decision) -> Table:
    """Return a decision as a table; of what passed only how much it was."""
    table = Table("Gate", "Mode", "Verdict", "What was looked at", title=f"{decision.stage}")
    for decided in decision.gates:
        shown = [each for each in decided.checks if each.verdict is not Verdict.PASS]
        passed = len(decided.checks) - len(shown)
        lines = [f"{each.subject}: {each.told}" for each in shown]
        if passed:
            lines.append(f"{passed} checks passed")
        colour = _COLOURS[decided.verdict]
        verdict = f"[{colour}]{decided.verdict.name.lower()}[/{colour}]"
        table.add_row(decided.gate, str(decided.mode), verdict, "\n".join(lines))
    return table
