"""What the README promises, run as it stands."""

import json
import os
import re
import shlex
import subprocess
import time
from pathlib import Path

from infra.cli.main import COMMANDS as COMMANDS_OF_THE_SHOP
from tests.e2e.conftest import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


def run(command: str, url: str, jar: Path, data_dir: Path) -> str:
    words = shlex.split(
        command.replace("http://127.0.0.1:8000", url).replace("/tmp/acme-jar", str(jar))
    )
    finished = subprocess.run(
        words,
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "SHOP_DATA_DIR": str(data_dir)},
    )
    return finished.stdout


def test_the_curl_lines_buy_something_and_watch_it_arrive(
    enforced_url: str, enforced_dir: Path, tmp_path: Path
) -> None:
    lines = [command for command in COMMANDS if command.startswith("curl")]
    assert len(lines) == 5

    answers = [
        json.loads(run(line, enforced_url, tmp_path / "jar", enforced_dir)) for line in lines
    ]

    assert len(answers[0]["data"]) >= 8
    assert answers[3]["payment"]["success"] == "true"
    end = time.monotonic() + 60
    while "delivered" not in run(lines[-1], enforced_url, tmp_path / "jar", enforced_dir):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_command_lines_work(enforced_url: str, enforced_dir: Path, tmp_path: Path) -> None:
    lines = [command for command in COMMANDS if command.startswith(".venv")]
    assert len(lines) == 8

    said = [run(line, enforced_url, tmp_path / "jar", enforced_dir) for line in lines]

    assert "Added 100 products, 100 users and 500 orders." in said[0]
    assert "Sent PaymentRequested to payment-request" in said[1]
    assert "payment-error" in said[2]


def test_the_remaining_commands_are_targets_of_the_makefile() -> None:
    others = [command for command in COMMANDS if not command.startswith(("curl", ".venv"))]

    assert others == ["make run", "make test"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test", "check", "bench", "openapi", "reset", "help", "lock"} <= set(targets)


def test_every_target_and_command_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= targets
    assert set(re.findall(r"\bacme-shop ([a-z-]+)", README)) <= set(COMMANDS_OF_THE_SHOP)
    assert "infra.release" in README
