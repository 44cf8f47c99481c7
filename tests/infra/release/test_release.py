"""A release: image, canaries, the alarm, the verdict, and the way back."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml  # type: ignore[import-untyped]

from app.security.signing_keys import parse_signing_keys
from infra.local.deploy_data import ensure_signing_keys
from infra.local.deploy_functions import ensure_functions, ensure_role
from infra.local.emulator import Emulator
from infra.release import release as module
from infra.release.release import PRACTICE_CALLS, Release
from infra.topology import FUNCTIONS, LIVE_ALIAS, alarm_name, function_name, signing_keys_name
from infra.verify.policy import read_policy
from infra.verify.rollback import promote
from tests.infra.components.pulumi_stand_in import pulumi_command
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import clients_of, publish

ROOT = Path(__file__).parents[3]
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev-acmeserverless"
DEAD_URL = "http://127.0.0.1:1"
OLD, NEW = f"{REPOSITORY}:old", f"{REPOSITORY}:new"

DOCKER = """#!/bin/sh
echo "$@" >> "$STAND_IN_CALLS"
case "$1" in
  login) cat > "$STAND_IN_PASSWORD" ;;
  manifest) exit "${STAND_IN_KNOWS_IMAGE:-1}" ;;
esac
"""


@dataclass
class Stack:
    """A deployed stack that runs version 1, with its file, and what was called."""

    name: str
    folder: Path
    aws: Any

    @property
    def file(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def generic(self) -> dict[str, Any]:
        content = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        generic: dict[str, Any] = content["config"]["awsconfig:generic"]
        return generic

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def deploy_image(self, address: str) -> None:
        """Have the stack say that it was last deployed with an image."""
        self.file.with_suffix(".image").write_text(address, encoding="utf-8")

    def routes(self) -> set[tuple[str, str]]:
        """Return, of all functions, the stable version and the share of another one."""
        found = set()
        for function in FUNCTIONS:
            name = function_name(self.name, function.name)
            alias = self.aws("lambda").get_alias(FunctionName=name, Name=LIVE_ALIAS)
            weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            found.add((alias["FunctionVersion"], json.dumps(weights) if weights else ""))
        return found

    def raise_alarm(self) -> None:
        client, name = self.aws("cloudwatch"), alarm_name(self.name, "release")
        client.put_composite_alarm(AlarmName=name, AlarmRule="TRUE")
        client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="api-5xx")


@pytest.fixture(scope="module")
def pulumi() -> Iterator[str]:
    with pulumi_command() as script:
        yield script


@pytest.fixture
def stack(
    emulator: Emulator, pulumi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stack:
    name, aws = f"r{uuid4().hex[:12]}", clients_of(emulator)
    # A release asks for functions and keys only; what else a stack has stays as it is.
    ensure_role(aws("iam"))
    ensure_functions(aws("lambda"), name, {function.name: DEAD_URL for function in FUNCTIONS})
    ensure_signing_keys(aws("secretsmanager"), signing_keys_name(name))
    for function, version in publish(aws("lambda"), name, release="old").items():
        aws("lambda").create_alias(FunctionName=function, Name=LIVE_ALIAS, FunctionVersion=version)
    made = Stack(name, tmp_path, aws)
    generic = {"image": OLD, "stage": "dev"}
    config = {"aws:region": "eu-west-1", "awsconfig:generic": generic}
    made.file.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    made.deploy_image(OLD)
    (tmp_path / "calls").touch()

    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "docker").write_text(DOCKER, encoding="utf-8")
    (commands / "pulumi").write_text(pulumi, encoding="utf-8")
    for command in commands.iterdir():
        command.chmod(0o755)
    outputs = {"Image::Repository": REPOSITORY, "Gateway::URL": f"{DEAD_URL}/"}
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "STAND_IN_CALLS": str(tmp_path / "calls"),
        "STAND_IN_OUTPUTS": json.dumps(outputs),
        "STAND_IN_PASSWORD": str(tmp_path / "password"),
        "STAND_IN_STACK_FILE": str(made.file),
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(module, "INFRA", tmp_path)
    return made


class Judge:
    """Stands in for `acme-shop verify`, which has tests of its own: says what it is told to."""

    def __init__(self, stack: Stack, *codes: int) -> None:
        self.seen: list[tuple[str, set[tuple[str, str]]]] = []
        self._stack, self._codes = stack, list(codes)

    def __call__(self, stage: str, _: Any, *options: str) -> int:
        self.seen.append((stage, self._stack.routes()))
        code = self._codes.pop(0)
        if code == 0 and "--promote-on-pass" in options:
            promote(self._stack.aws("lambda"), self._stack.name)
        return code


def released(
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    *codes: int,
    address: str = NEW,
    practice_calls: int = 0,
) -> tuple[int, Judge]:
    """Bring ``address`` out with a judge who says ``codes``; return the exit code too."""
    release = Release(stack.name, bake_minutes=0, practice_calls=practice_calls)
    judge = Judge(stack, *codes)
    monkeypatch.setattr(release, "image", lambda: address)
    monkeypatch.setattr(release, "_verify", judge)
    return release.bring_out(), judge


def test_a_release_gets_more_and_more_calls_and_then_all(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, judge = released(stack, monkeypatch, 0, 0)

    assert code == 0
    assert judge.seen == [
        ("canary", {("1", '{"2": 0.1}')}),
        ("canary", {("1", '{"2": 0.5}')}),
    ]
    assert stack.routes() == {("2", "")}
    assert stack.generic == {"image": NEW, "replaces": NEW, "stage": "dev"}


@pytest.mark.parametrize("verdict", [4, 5])
def test_a_release_that_fails_is_not_in_the_stacks_file(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, verdict: int
) -> None:
    ended, judge = released(stack, monkeypatch, verdict)

    assert ended == verdict
    assert len(judge.seen) == 1
    assert stack.generic == {"image": OLD, "replaces": NEW, "stage": "dev"}


def test_a_new_version_is_called_often_enough_to_be_judged(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered: list[str] = []

    def answer(asked: Asked) -> Said:
        if asked.path == "/order/add/u":
            # Waiting for payments would take minutes, and be no faster in a better version.
            ordered.append(asked.headers["prefer"])
        product = {"id": "p", "price": 1}
        answers = {"/products": {"data": [product]}, "/products/p": {"data": product}}
        customer = {"resourceId": "u", "access_token": "t", "order_id": "o"}
        return Said(200, answers.get(asked.path, customer))

    with serving(answer) as url:
        monkeypatch.setenv(
            "STAND_IN_OUTPUTS", json.dumps({"Image::Repository": REPOSITORY, "Gateway::URL": url})
        )
        code, _ = released(stack, monkeypatch, 0, 0, practice_calls=2)

    # 2 of 20 at 10 %, 2 of 4 at 50 %.
    assert code == 0
    assert ordered == ["respond-async"] * (20 + 4)


def test_there_is_practice_enough_for_every_limit_of_a_canary() -> None:
    policy = read_policy()
    wanted = [
        limit.min_samples for limit in policy.limits_for("performance", "canary", is_local=False)
    ]

    # Calls fall to versions by chance: three standard deviations below what is to be expected.
    assert PRACTICE_CALLS - 3 * sqrt(PRACTICE_CALLS) > max(wanted) > 1


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (Said(503, {}), "PurchaseRefusedError: POST /register: 503"),
        (Said(200, {}), "not those of this shop"),
    ],
)
def test_practice_that_is_refused_is_for_the_gates_to_judge(
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    response: Said,
    told: str,
) -> None:
    with serving(lambda _: response) as url:
        monkeypatch.setenv(
            "STAND_IN_OUTPUTS", json.dumps({"Image::Repository": REPOSITORY, "Gateway::URL": url})
        )
        code, judge = released(stack, monkeypatch, 4, practice_calls=1)

    assert (code, len(judge.seen)) == (4, 1)
    assert told in capfd.readouterr().err


# It failed and was not taken back, the policy is wrong, too little is known, it was killed.
@pytest.mark.parametrize("verdict", [1, 2, 3, -9])
def test_a_release_that_was_not_found_good_is_taken_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, verdict: int
) -> None:
    code, judge = released(stack, monkeypatch, 0, verdict)

    assert code == verdict
    assert judge.seen[-1][1] == {("1", '{"2": 0.5}')}
    assert stack.routes() == {("1", "")}
    assert stack.generic == {"image": OLD, "replaces": NEW, "stage": "dev"}


def test_the_alarm_ends_a_canary_before_the_judge_is_asked(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stack.raise_alarm()

    code, judge = released(stack, monkeypatch)

    assert code == 4
    assert judge.seen == []
    assert stack.routes() == {("1", "")}
    assert "api-5xx" in capfd.readouterr().err


def test_a_canary_is_taken_back_when_the_deployment_breaks_off(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_BREAKS_ON", NEW)

    with pytest.raises(SystemExit) as ended:
        released(stack, monkeypatch)

    assert ended.value.code == 7
    assert stack.routes() == {("1", "")}
    assert stack.generic == {"image": OLD, "replaces": NEW, "stage": "dev"}


def test_a_file_from_before_other_releases_takes_nothing_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As committed when the stack was new; releases keep to themselves what they set.
    newer = f"{REPOSITORY}:newer"
    stack.deploy_image(newer)

    failed, _ = released(stack, monkeypatch, 4)

    assert failed == 4
    assert stack.generic["image"] == newer


def test_what_was_taken_back_is_not_what_a_release_goes_back_to(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(stack, monkeypatch, 4, address=f"{REPOSITORY}:bad")

    released(stack, monkeypatch, 4)

    assert stack.generic["image"] == OLD


def test_after_a_rollback_the_next_release_is_compared_with_what_runs(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(stack, monkeypatch, 3, address=f"{REPOSITORY}:bad")

    _, judge = released(stack, monkeypatch, 0, 0)

    assert judge.seen[0][1] == {("1", '{"3": 0.1}')}
    assert stack.routes() == {("3", "")}


@pytest.mark.parametrize("verdict", [0, 1, 3])
def test_the_first_release_of_a_stack_gets_all_calls_and_stays(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, verdict: int
) -> None:
    for function in FUNCTIONS:
        name = function_name(stack.name, function.name)
        stack.aws("lambda").delete_alias(FunctionName=name, Name=LIVE_ALIAS)

    code, judge = released(stack, monkeypatch, verdict)

    assert code == verdict
    assert judge.seen == [("live", {("2", "")})]
    assert stack.routes() == {("2", "")}
    # Else the next `pulumi up` would take the functions away again.
    assert stack.generic["image"] == NEW


def test_a_release_that_has_all_calls_can_be_taken_back(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(stack, monkeypatch, 0, 0)

    code = Release(stack.name).roll_back("new")

    assert code == 0
    assert stack.routes() == {("1", "")}


def test_the_first_release_puts_keys_and_later_ones_leave_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, name = stack.aws("secretsmanager"), signing_keys_name(stack.name)
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=name)

    released(stack, monkeypatch, 0, 0)
    first = client.get_secret_value(SecretId=name)["SecretString"]
    released(stack, monkeypatch, 0, 0, address=f"{REPOSITORY}:newer")

    parse_signing_keys(first)
    assert client.get_secret_value(SecretId=name)["SecretString"] == first


def test_an_image_is_named_after_its_commit(stack: Stack) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

    address = Release(stack.name).image()

    assert address == f"{REPOSITORY}:{commit}"
    assert stack.calls == [
        "stack output --json",
        f"login --username AWS --password-stdin {REPOSITORY.partition('/')[0]}",
        f"manifest inspect {address}",
        f"build --platform linux/amd64 --tag {address} {ROOT}",
        f"push {address}",
    ]
    assert (stack.folder / "password").read_text(encoding="utf-8")


def test_an_image_that_is_there_is_not_built_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_KNOWS_IMAGE", "0")

    Release(stack.name).image()

    assert not [call for call in stack.calls if call.startswith(("build", "push"))]


def test_watching_asks_the_real_command(stack: Stack) -> None:
    # The stack's address does not answer, so nothing is known, and that is no pass.
    assert Release(stack.name).watch() in {1, 3}


def test_a_stack_without_a_file_is_named() -> None:
    with pytest.raises(SystemExit, match=r"Pulumi\.nowhere\.yaml"):
        Release("nowhere").watch()
