"""A decision for people and for machines: table, JSON, Markdown, JUnit."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from app.domain.errors import SettingsError
from app.field_errors import describe
from infra.verify.decision import Decision, Verdict
from infra.verify.evidence import Evidence

#: The names of the files, beside those that gates write.
JSON_FILE, MARKDOWN_FILE, JUNIT_FILE = "verify.json", "verify.md", "verify.xml"

#: https://www.w3.org/TR/xml/#charsets
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.OBSERVED: "dim",
    Verdict.WARN: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.FAIL: "red",
}


def verdict_name(verdict: Verdict) -> str:
    """Return a verdict as it is written everywhere."""
    return verdict.name.lower()


def as_table(decision: Decision, *, is_complete: bool = False) -> Table:
    """Return the table for a terminal: what is not passed, or all of it."""
    table = Table("Gate", "Check", "Limit", "Found", "Verdict")
    for gate in decision.gates:
        shown = [check for check in gate.checks if is_complete or check.verdict is not Verdict.PASS]
        passed = len(gate.checks) - len(shown)
        for check in shown:
            colour = _COLOURS[check.verdict]
            verdict = f"[{colour}]{verdict_name(check.verdict)}[/]"
            table.add_row(gate.gate, check.what, check.limit, _plain(check.says), verdict)
        if passed:
            table.add_row(gate.gate, f"{passed} checks", "", "", "[green]pass[/]")
    return table


def _printable(text: str) -> str:
    """Replace what XML 1.0 has no way to write, such as control characters."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _plain(text: str) -> str:
    """Keep text of others from being read as markup, or as a command to the terminal."""
    return _printable(text).replace("[", "\\[")


def as_json(
    decision: Decision, evidence: Sequence[Evidence], now: datetime, *, is_local: bool
) -> dict[str, Any]:
    """Return everything: the verdicts, and the evidence to decide again from."""
    return {
        "stage": decision.stage,
        "is_local": is_local,
        "decided_at": now.isoformat(),
        "verdict": verdict_name(decision.verdict),
        "gates": [
            {
                "gate": gate.gate,
                "mode": str(gate.mode),
                "source": gate.source,
                "verdict": verdict_name(gate.verdict),
                "checks": [
                    {**asdict(check), "verdict": verdict_name(check.verdict)}
                    for check in gate.checks
                ],
            }
            for gate in decision.gates
        ],
        "evidence": [
            {**asdict(gathered), "taken_at": gathered.taken_at.isoformat()} for gathered in evidence
        ],
    }


def as_markdown(decision: Decision) -> str:
    """Return the report for a pull request."""
    lines = [
        f"# Verification of {decision.stage}: {verdict_name(decision.verdict)}",
        "",
        "| Gate | Check | Limit | Found | Verdict | Owner |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {gate.gate} | {_cell(check.what)} | {_cell(check.limit)} | {_cell(check.says)} "
        f"| {verdict_name(check.verdict)} | {_cell(check.owner)} |"
        for gate in decision.gates
        for check in gate.checks
    ]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return (
        _printable(text)
        .replace("|", "\\|")
        .replace("\n", " ")
        .replace("\r", " ")
        .replace("<", "&lt;")
    )


def as_junit(decision: Decision) -> str:
    """Return the report for a CI server: a failure fails, what is unknown is an error."""
    root = Element("testsuites", name=f"verify {decision.stage}")
    for gate in decision.gates:
        verdicts = [check.verdict for check in gate.checks]
        suite = SubElement(
            root,
            "testsuite",
            name=gate.gate,
            tests=str(len(verdicts)),
            failures=str(verdicts.count(Verdict.FAIL)),
            errors=str(verdicts.count(Verdict.INCONCLUSIVE)),
        )
        for check in gate.checks:
            says, name = _printable(check.says), _printable(check.what)
            case = SubElement(suite, "testcase", classname=gate.gate, name=name)
            kind = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error"}.get(check.verdict)
            if kind:
                SubElement(case, kind, message=f"{says} (limit {check.limit})")
            elif check.verdict is not Verdict.PASS:
                SubElement(case, "system-out").text = f"{verdict_name(check.verdict)}: {says}"
    return tostring(root, encoding="unicode", xml_declaration=True)


def write_reports(folder: Path, decision: Decision, report: dict[str, Any]) -> None:
    """Write all reports into ``folder``, which is made; ``report`` is that of :func:`as_json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        (JSON_FILE, json.dumps(report, indent=2) + "\n"),
        (MARKDOWN_FILE, as_markdown(decision)),
        (JUNIT_FILE, as_junit(decision)),
    ):
        (folder / name).write_text(content, encoding="utf-8")


@dataclass(frozen=True)
class Earlier:
    """What an earlier ``verify.json`` holds to decide again from."""

    stage: str
    is_local: bool
    evidence: list[Evidence]


def read_report(path: Path) -> Earlier:
    """Return what an earlier ``verify.json`` was decided from.

    Raises:
        SettingsError: the file cannot be read or is no report; for JSON, the text names what is
            missing or wrong.
    """
    try:
        return TypeAdapter(Earlier).validate_json(path.read_bytes())
    except OSError as failure:
        raise SettingsError(f"{path}: cannot be read") from failure
    except ValidationError as failure:
        error = failure.errors(include_input=False, include_url=False)[0]
        why = ": ".join(filter(None, [".".join(map(str, error["loc"])), describe(error)]))
        raise SettingsError(f"{path}: is no report of a verification: {why}") from failure
