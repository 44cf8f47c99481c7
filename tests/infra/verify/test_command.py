"""``acme-shop verify`` as a pipeline calls it: what it says and how it ends."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from app.domain.errors import SettingsError
from infra.cli import verify
from infra.local.emulator import Emulator
from infra.local.environment import aws_environment, base_environment
from infra.topology import FUNCTIONS, LIVE_ALIAS, function_name
from infra.verify.decision import decide
from infra.verify.policy import read_policy
from infra.verify.report import as_junit, as_markdown, read_report
from tests.infra.verify.stacks import ROOT, clients_of, deployed, publish

CASES = Path(__file__).parent / "cases"
COMMAND = Path(sys.executable).parent / "acme-shop"


@pytest.fixture(autouse=True)
def at_emulator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_environment(emulator.endpoint_url).items():
        monkeypatch.setenv(name, value)


def _verify(*arguments: str) -> Result:
    """Run it in this process, which is quicker; how the shop's errors end is left out."""
    application = Typer()
    application.command()(verify.command)
    return CliRunner().invoke(application, arguments)


def _verify_apart(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "verify", *arguments],
        env={**base_environment(), **aws_environment(os.environ["AWS_ENDPOINT_URL"])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture
def bad_evidence(tmp_path: Path) -> Path:
    """A canary after which nothing is delivered any more."""
    return _report(tmp_path, bad="flow")


@pytest.fixture
def clean_evidence(tmp_path: Path) -> Path:
    """A canary that is as it should be."""
    return _report(tmp_path)


def _report(folder: Path, *, bad: str = "") -> Path:
    clean = json.loads((CASES / "clean-live.json").read_text())
    evidence = [item for item in clean["evidence"] if item["gate"] != bad]
    if bad:
        evidence += json.loads((CASES / f"{bad}.json").read_text())["evidence"]
    path = folder / "evidence.json"
    path.write_text(json.dumps({**clean, "stage": "canary", "evidence": evidence}))
    return path


@pytest.fixture
def canary(emulator: Emulator) -> str:
    """A stack with a release that has every call, and one with a tenth of them."""
    stack, functions = deployed(emulator), clients_of(emulator)("lambda")
    for name, version in publish(functions, stack, release="1").items():
        functions.create_alias(FunctionName=name, Name=LIVE_ALIAS, FunctionVersion=version)
    for name, version in publish(functions, stack, release="2").items():
        functions.update_alias(
            FunctionName=name,
            Name=LIVE_ALIAS,
            RoutingConfig={"AdditionalVersionWeights": {version: 0.1}},
        )
    return stack


def _routes(functions: Any, stack: str) -> set[tuple[str, bool]]:
    found = [
        functions.get_alias(FunctionName=function_name(stack, function.name), Name=LIVE_ALIAS)
        for function in FUNCTIONS
    ]
    return {(item["FunctionVersion"], "RoutingConfig" in item) for item in found}


def test_a_canary_that_fails_is_rolled_back_and_says_so(
    emulator: Emulator, canary: str, bad_evidence: Path
) -> None:
    done = _verify_apart(
        "canary", "--replay", str(bad_evidence), "--stack", canary, "--rollback-on-fail"
    )

    assert done.returncode == 4, done.stderr
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", False)}
    assert f"{function_name(canary, 'api')}: 1, 10% to 2 -> 1" in done.stderr
    assert "0 of 1" in done.stdout


def test_a_canary_that_passes_gets_all_calls(
    emulator: Emulator, canary: str, clean_evidence: Path
) -> None:
    arguments = ("--stack", canary, "--rollback-on-fail", "--promote-on-pass", "--json")

    done = _verify("canary", "--replay", str(clean_evidence), *arguments)

    assert done.exit_code == 0, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("2", False)}
    told = json.loads(done.stdout)
    assert (told["stage"], told["verdict"], told["exit_code"]) == ("canary", "pass", 0)
    assert done.stderr.count("1, 10% to 2 -> 2") == len(FUNCTIONS)


def test_a_rollback_that_fails_is_worse_than_a_failure(bad_evidence: Path) -> None:
    arguments = ("--replay", str(bad_evidence), "--stack", "nowhere", "--rollback-on-fail")

    # The stage is that of the report.
    done = _verify(*arguments)

    assert done.exit_code == 5
    assert "api: it has no alias to switch" in done.stderr


def test_no_alias_is_switched_without_being_told_to(
    emulator: Emulator, canary: str, bad_evidence: Path
) -> None:
    done = _verify("canary", "--replay", str(bad_evidence), "--stack", canary)

    assert done.exit_code == 1, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", True)}


def test_too_little_evidence_changes_nothing(
    emulator: Emulator, canary: str, tmp_path: Path
) -> None:
    nothing = {"stage": "canary", "is_local": True, "evidence": []}
    (tmp_path / "none.json").write_text(json.dumps(nothing))
    arguments = ("--stack", canary, "--rollback-on-fail", "--promote-on-pass")

    done = _verify("canary", "--replay", str(tmp_path / "none.json"), *arguments)

    assert done.exit_code == 3, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", True)}


def test_without_a_local_shop_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path / "none"))

    done = _verify("live", "--local", "--json", "--out", str(tmp_path / "out"))

    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    verdicts = {gate["gate"]: gate["verdict"] for gate in told["gates"]}
    assert verdicts["flow"] == verdicts["contract"] == "inconclusive"
    assert "pass" not in verdicts.values()
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"verify.json", "verify.md", "verify.xml"}


def test_a_report_can_be_decided_again_and_says_the_same(tmp_path: Path) -> None:
    arguments = ("source", "--gate", "supply-chain", "--json", "--out", str(tmp_path))

    first = json.loads(_verify(*arguments).stdout)
    again = json.loads(_verify("--replay", str(tmp_path / "verify.json"), *arguments[1:]).stdout)

    assert first["gates"] == again["gates"]
    assert first["evidence"] == again["evidence"]
    assert "supply-chain" in (tmp_path / "verify.md").read_text()
    suites = ET.parse(tmp_path / "verify.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["supply-chain"]


def test_what_fails_is_a_failure_for_a_ci_server_and_red_for_people(
    bad_evidence: Path, tmp_path: Path
) -> None:
    policy = read_policy(ROOT / "infra" / "verify" / "policy.toml")
    earlier = read_report(bad_evidence)
    decision = decide(
        earlier.evidence, policy, stage="canary", today=date(2026, 11, 23), is_local=True
    )

    tree = ET.fromstring(as_junit(decision))
    failed = [
        case.get("name") for case in tree.iter("testcase") if case.find("failure") is not None
    ]

    assert "purchases delivered" in failed
    assert "dead-letters" in failed
    assert "| flow | purchases delivered |" in as_markdown(decision)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("live",), "--url"),
        (("source", "--rollback-on-fail"), "nothing is deployed in source"),
        (
            ("live", "--replay", str(CASES / "clean-source.json"), "--promote-on-pass"),
            "nothing is deployed in source",
        ),
        (("live", "--replay", "nowhere.json"), "nowhere.json: cannot be read"),
        (("live", "--replay", "README.md"), "README.md: is no report"),
        (("live", "--local", "--policy", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("live", "--gate", "luck", "--local"), "there is no gate luck"),
        (("source", "--out", "README.md/reports"), "--out README.md/reports: cannot be made"),
        (("live", "--url", "https://shop", "--since", "soon"), "--since must be a time"),
    ],
)
def test_wrong_use_says_what_is_wrong(
    arguments: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    done = _verify(*arguments)

    assert isinstance(done.exception, SettingsError)
    assert reason in str(done.exception)


@pytest.mark.parametrize("arguments", [("live",), ("tomorrow",)])
def test_wrong_use_has_an_exit_code_of_its_own(arguments: tuple[str, ...]) -> None:
    assert _verify_apart(*arguments).returncode == 2
