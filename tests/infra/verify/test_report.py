"""Reports: whatever others wrote into evidence, each format stays what it is."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.domain.errors import SettingsError
from infra.verify.decision import Decision, decide
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.policy import Policy, read_policy
from infra.verify.report import (
    JSON_FILE,
    JUNIT_FILE,
    MARKDOWN_FILE,
    as_json,
    as_junit,
    as_markdown,
    as_table,
    read_report,
    write_reports,
)

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NASTY = 'a|b\n<script>&"[red]\x00\x1b[31m\ud83d\ufffe</x> ]]> ' + "long " * 50


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(ROOT / "infra" / "verify" / "policy.toml")


def evidence_of(text: str) -> Evidence:
    return Evidence("flow", text, NOW, findings=(Finding("stuck", text, text),))


def decision_of(text: str, policy: Policy) -> Decision:
    return decide([evidence_of(text)], policy, stage="live", today=NOW.date(), is_local=True)


def test_nasty_text_stays_text_in_every_format(policy: Policy) -> None:
    decision = decision_of(NASTY, policy)

    suites = ET.fromstring(as_junit(decision))  # Ours.
    table = Console(record=True, width=500, file=StringIO())
    table.print(as_table(decision, is_complete=True))
    rows = [line for line in as_markdown(decision).splitlines() if line.startswith("| ")]

    assert suites.find(".//failure") is not None
    assert "[red]" in table.export_text()
    assert not any("<" in row for row in rows)
    assert {row.replace("\\|", "").count("|") for row in rows} == {7}


@given(st.text())
def test_any_text_is_well_formed_for_a_ci_server(text: str) -> None:
    decision = decision_of(text, read_policy(ROOT / "infra" / "verify" / "policy.toml"))

    assert ET.fromstring(as_junit(decision)).tag == "testsuites"


def test_what_failed_is_told_apart_from_what_is_not_known(policy: Policy) -> None:
    silent = Evidence("performance", "CloudWatch", NOW, unreachable="CloudWatch does not answer")

    decision = decide(
        [evidence_of("order 1"), silent], policy, stage="live", today=NOW.date(), is_local=True
    )
    suites = ET.fromstring(as_junit(decision))

    assert suites.find("testsuite[@name='flow']/testcase/failure") is not None
    assert suites.find("testsuite[@name='performance']/testcase/error") is not None
    assert suites.find("testsuite[@name='performance']/testcase/failure") is None
    for suite in suites:
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))


def test_a_report_is_read_back_as_it_was(tmp_path: Path, policy: Policy) -> None:
    evidence = Evidence(
        *("flow", "a shop", NOW),
        measurements=(Measurement("purchases delivered", 1, "purchases", baseline=2.5),),
        findings=(Finding("stuck", "order 1", "pending for a day"),),
    )
    decision = decide([evidence], policy, stage="live", today=NOW.date(), is_local=True)

    write_reports(tmp_path / "new", decision, as_json(decision, [evidence], NOW, is_local=True))
    earlier = read_report(tmp_path / "new" / JSON_FILE)

    assert earlier.evidence == [evidence]
    assert (earlier.stage, earlier.is_local) == ("live", True)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        JSON_FILE,
        MARKDOWN_FILE,
        JUNIT_FILE,
    }


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"evidence": [1]}', '{"evidence": {}}', json.dumps({"evidence": [{}]})],
)
def test_something_else_is_no_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "verify.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match="is no report"):
        read_report(path)


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("measurements.0.value", {"value": "lots"}),
        ("measurements.0.samples", {"samples": None}),
        ("measurements.0.name", {"name": 3}),
        ("measurements.0.baseline", {"baseline": []}),
    ],
)
def test_a_damaged_report_is_refused_by_the_place(
    tmp_path: Path, place: str, changed: dict[str, object]
) -> None:
    report = json.loads(
        (ROOT / "tests/infra/verify/cases/clean-live.json").read_text(encoding="utf-8")
    )
    report["evidence"][0]["measurements"][0] |= changed
    (tmp_path / "verify.json").write_text(json.dumps(report), encoding="utf-8")

    with pytest.raises(SettingsError, match=rf"is no report .*evidence\.0\.{place}: "):
        read_report(tmp_path / "verify.json")


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_report(tmp_path / "verify.json")
