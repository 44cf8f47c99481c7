"""The pipelines: short, valid, and made of make targets that exist."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
CIRCLECI = ROOT / ".circleci" / "config.yml"
GITHUB = ROOT / ".github" / "workflows" / "shop.yml"
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
JOBS = {"check", "image", "proof", "release", "watch"}

SCHEMAS = {CIRCLECI: "vendor.circle-ci", GITHUB: "vendor.github-workflows"}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def circleci_steps(job: str) -> list[Any]:
    steps: list[Any] = read(CIRCLECI)["jobs"][job]["steps"]
    return steps


def commands(path: Path) -> Iterator[tuple[str, str]]:
    """Yield job and command of every step that runs something of ours."""
    for job, content in read(path)["jobs"].items():
        for step in content["steps"]:
            if isinstance(step, dict) and "run" in step:
                yield job, step["run"]


@pytest.mark.parametrize(("path", "lines"), [(CIRCLECI, 50), (GITHUB, 65)])
def test_a_pipeline_stays_short(path: Path, lines: int) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= lines


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_pipeline_is_valid(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[path]]
    checked = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_pipeline_has_these_jobs_and_no_logic(path: Path) -> None:
    run = list(commands(path))

    assert set(read(path)["jobs"]) == JOBS
    for _, command in run:
        made = re.fullmatch(r"make ([a-z-]+)", command)
        assert made, command
        assert made[1] in TARGETS


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_each_job_does_its_part(path: Path) -> None:
    run = list(commands(path))

    # Without a browser its tests would be skipped in silence.
    checks = [command for job, command in run if job == "check"]
    assert checks == ["make browser", "make check", "make test", "make verify"]
    image = [command for job, command in run if job == "image"]
    assert image == ["make buildah", "make image-check"]
    proofs = [command for job, command in run if job == "proof"]
    assert proofs == ["make browser", "make proof"]
    assert [command for job, command in run if job == "release"] == ["make release"]
    assert [command for job, command in run if job == "watch"] == ["make watch"]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_job_keeps_its_reports(path: Path) -> None:
    keeps: dict[str, str] = {}
    for job, content in read(path)["jobs"].items():
        # The image check writes none.
        if job == "image":
            continue
        last = content["steps"][-1]
        keeps[job] = (last.get("with") or last["store_artifacts"])["path"]
        assert path is CIRCLECI or last["if"] == "always()"

    reporting = JOBS - {"image"}
    assert keeps == {**dict.fromkeys(reporting, "build/verify"), "proof": "build/proof"}


def test_an_image_is_built_where_there_is_a_docker_client() -> None:
    content = read(CIRCLECI)
    executor = content["executors"][content["jobs"]["release"]["executor"]]

    # A remote engine is only half of it, and official Python images have no client.
    assert "setup_remote_docker" in circleci_steps("release")
    assert executor["docker"][0]["image"].startswith("cimg/")


@pytest.mark.parametrize(
    ("there", "known", "calls"),
    [
        ("chromium-headless-shell", "", []),
        # It takes half the time of another one, which will do where it cannot be had.
        ("chromium-browser", "", ["install -qq -y chromium-headless-shell"]),
        ("", "chromium-headless-shell", ["install -qq -y chromium-headless-shell"]),
        # Where that package is unknown, as in Ubuntu.
        ("", "", ["install -qq -y chromium-headless-shell", "install -qq -y chromium"]),
    ],
)
def test_a_browser_is_installed_where_there_is_none(
    tmp_path: Path, there: str, known: str, calls: list[str]
) -> None:
    called = tmp_path / "called"
    called.touch()
    # Root, as in the job's container; who is not needs sudo.
    refuses = "case $* in *headless-shell) exit 100;; esac" if not known else ""
    commands = {"apt-get": f'echo "$@" >> {called}; {refuses}', "id": "echo 0"}
    for name, does in {**commands, **({there: ""} if there else {})}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)

    subprocess.run(
        [shutil.which("make") or "make", "browser"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        check=True,
    )

    assert called.read_text().splitlines() == (["update -qq", *calls] if calls else [])


def test_circleci_runs_only_jobs_that_exist_in_an_order_that_exists() -> None:
    content = read(CIRCLECI)

    for workflow in content["workflows"].values():
        for entry in workflow["jobs"]:
            [(job, options)] = ({entry: {}} if isinstance(entry, str) else entry).items()
            assert job in content["jobs"]
            assert set(options.get("requires", ())) <= set(content["jobs"])
    for job in content["jobs"].values():
        executor = job["executor"]
        name = executor["name"] if isinstance(executor, dict) else executor
        assert name in content["executors"]


def test_the_suite_runs_on_the_oldest_python_and_on_that_of_the_functions() -> None:
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    functions = re.search(
        r"^FROM [^\s@]+:([\d.]+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert oldest
    assert functions
    [check, *_] = read(CIRCLECI)["workflows"]["commit"]["jobs"]

    pythons = [oldest[1], functions[1]]
    assert check["check"]["matrix"]["parameters"]["python"] == pythons
    assert read(GITHUB)["jobs"]["check"]["strategy"]["matrix"]["python"] == pythons


def test_github_deploys_with_its_token_and_only_where_a_stack_is_set() -> None:
    for job in ("release", "watch"):
        content = read(GITHUB)["jobs"][job]

        assert content["env"] == {"PULUMI_ACCESS_TOKEN": "${{ secrets.PULUMI_ACCESS_TOKEN }}"}
        assert "vars.STACK != ''" in content["if"]


def test_actions_are_pinned_and_only_who_deploys_gets_a_token_of_aws() -> None:
    content = read(GITHUB)
    used = re.findall(r"uses: ([\w/-]+)@(\S+?)[,}]", GITHUB.read_text(encoding="utf-8"))

    assert len(used) > 10
    # Nobody can move a commit.
    assert {name for name, ref in used if not re.fullmatch("[0-9a-f]{40}", ref)} == set()
    assert content["permissions"] == {"contents": "read"}
    assert {
        name: job["permissions"] for name, job in content["jobs"].items() if "permissions" in job
    } == {job: {"contents": "read", "id-token": "write"} for job in ("release", "watch")}


def test_circleci_uses_only_pinned_orbs_and_only_those_it_names() -> None:
    orbs = read(CIRCLECI)["orbs"]

    for address in orbs.values():
        assert re.fullmatch(r"[a-z]+/[a-z-]+@\d+\.\d+\.\d+", address)
    for job in JOBS:
        used = {step.partition("/")[0] for step in circleci_steps(job) if isinstance(step, str)}
        assert used <= {*orbs, "checkout", "setup_remote_docker"}


def test_only_what_was_checked_and_proved_on_main_is_released() -> None:
    [_, image, proof, release] = read(CIRCLECI)["workflows"]["commit"]["jobs"]
    github = read(GITHUB)["jobs"]["release"]

    assert image == "image"
    assert release["release"]["requires"] == ["check", "image", "proof"]
    assert proof["proof"]["filters"] == {"branches": {"only": "main"}}
    assert release["release"]["filters"] == {"branches": {"only": "main"}}
    assert github["needs"] == ["check", "image", "proof"]
    assert "refs/heads/main" in github["if"]


def test_what_is_live_is_watched_and_the_proofs_run_every_night() -> None:
    nightly = read(CIRCLECI)["workflows"]["nightly"]
    # YAML takes the key `on` for a truth.
    triggers: Any = read(GITHUB)[True]  # type: ignore[index]

    assert nightly["jobs"] == [{"watch": {"context": "aws"}}, "proof"]
    assert "schedule" in read(GITHUB)["jobs"]["proof"]["if"]
    assert nightly["triggers"][0]["schedule"]["cron"] == triggers["schedule"][0]["cron"]


def test_a_laptop_runs_the_same_gates() -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "verify", "release", "watch", "STACK=dev"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "acme-shop verify source" in dry.stdout
    assert 'acme-shop release all --stack "dev"' in dry.stdout
    assert 'acme-shop release watch --stack "dev"' in dry.stdout
