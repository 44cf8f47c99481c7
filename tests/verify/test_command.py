"""``acme-shop verify`` as a pipeline calls it: what it says and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from app.cli import verify
from app.domain.errors import SettingsError
from app.local.emulator import Emulator
from app.local.environment import aws_environment, base_environment
from app.stack import FUNCTIONS, function_name
from tests.verify.stacks import ROOT, clients_of, deployed, publish

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
    """A release after which nothing is delivered any more."""
    clean = json.loads((CASES / "clean.json").read_text())
    bad = json.loads((CASES / "flow.json").read_text())
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps([each for each in clean if each["gate"] != "flow"] + bad))
    return path


@pytest.fixture
def canary(emulator: Emulator) -> str:
    """A stack with a release that has every call, and one with a tenth of them."""
    stack, functions = deployed(emulator), clients_of(emulator)("lambda")
    for name, version in publish(functions, stack, release="1").items():
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    for name, version in publish(functions, stack, release="2").items():
        functions.update_alias(
            FunctionName=name,
            Name="live",
            RoutingConfig={"AdditionalVersionWeights": {version: 0.1}},
        )
    return stack


def _routes(functions: Any, stack: str) -> set[tuple[str, bool]]:
    found = [
        functions.get_alias(FunctionName=function_name(stack, each.name), Name="live")
        for each in FUNCTIONS
    ]
    return {(each["FunctionVersion"], "RoutingConfig" in each) for each in found}


def test_a_canary_that_fails_is_rolled_back_and_says_so(
    emulator: Emulator, canary: str, bad_evidence: Path
) -> None:
    done = _verify_apart(
        "canary", "--evidence", str(bad_evidence), "--stack", canary, "--rollback-on-fail"
    )

    assert done.returncode == 4, done.stderr
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", False)}
    assert f"{function_name(canary, 'api')}: 1, 10% to 2 -> 1" in done.stdout
    assert "purchases delivered: 0 of 1, at least 1 is needed" in done.stdout


def test_a_canary_that_passes_gets_all_calls(emulator: Emulator, canary: str) -> None:
    evidence = str(CASES / "clean.json")
    arguments = ("--stack", canary, "--rollback-on-fail", "--promote-on-pass", "--json")

    done = _verify("canary", "--evidence", evidence, *arguments)

    assert done.exit_code == 0, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("2", False)}
    told = json.loads(done.stdout)
    assert (told["stage"], told["verdict"], told["exitCode"]) == ("canary", "pass", 0)
    assert len(told["changes"]) == len(FUNCTIONS)
    assert {each["gate"] for each in told["gates"]} == {"performance", "cost", "errors", "flow"}


def test_a_rollback_that_fails_is_worse_than_a_failure(bad_evidence: Path) -> None:
    arguments = ("--evidence", str(bad_evidence), "--stack", "nowhere", "--rollback-on-fail")

    done = _verify("canary", *arguments)

    assert done.exit_code == 5
    assert "api: it has no alias to switch" in done.stderr


def test_nobody_is_switched_without_being_told_to(
    emulator: Emulator, canary: str, bad_evidence: Path
) -> None:
    done = _verify("canary", "--evidence", str(bad_evidence), "--stack", canary)

    assert done.exit_code == 1, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", True)}


def test_too_little_evidence_changes_nothing(
    emulator: Emulator, canary: str, tmp_path: Path
) -> None:
    (tmp_path / "none.json").write_text("[]")
    arguments = ("--stack", canary, "--rollback-on-fail", "--promote-on-pass")

    done = _verify("canary", "--evidence", str(tmp_path / "none.json"), *arguments)

    assert done.exit_code == 3, done.output
    assert _routes(clients_of(emulator)("lambda"), canary) == {("1", True)}


def test_without_a_local_shop_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path / "none"))

    done = _verify("live", "--local", "--json")

    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    assert {each["verdict"] for each in told["gates"]} == {"inconclusive"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("live",), "--url"),
        (("source", "--rollback-on-fail"), "nothing is deployed in source"),
        (("live", "--evidence", "nowhere.json"), "nowhere.json cannot be read"),
        (("live", "--evidence", "README.md"), "the evidence is damaged"),
        (("live", "--local", "--policy", "nowhere.toml"), "nowhere.toml cannot be read"),
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
