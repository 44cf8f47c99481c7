"""What the README promises, run as it stands; what other pages name, looked up."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.settings import list_variables
from infra.cli.main import COMMANDS as COMMANDS_OF_THE_SHOP
from infra.cli.run import DEFAULT_PORT
from infra.components.configuration import variables
from routers.error_catalogue import BY_STATUS
from tests.browser.readme_pictures import MAX_BYTES
from tests.e2e.helpers.running_shop import ROOT
from tests.support.citations import tracked_files

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
PAGES = [path for path in tracked_files() if path.suffix == ".md"]
TARGETS = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


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


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
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
    assert len(lines) == 12

    said = [run(line, enforced_url, tmp_path / "jar", enforced_dir) for line in lines]

    assert "Added 100 products, 100 users and 500 orders." in said[0]
    assert "Sent PaymentRequested to payment-request" in said[1]
    assert "payment-error" in said[lines.index(".venv/bin/acme-shop queues")]


def test_the_remaining_commands_are_targets_of_the_makefile() -> None:
    others = [command for command in COMMANDS if not command.startswith(("curl", ".venv"))]

    assert others == ["make run", "make test", "make check"]
    assert {command.split()[1] for command in others} < TARGETS


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_target_command_and_module_that_a_page_names_exists(page: Path) -> None:
    text = (ROOT / page).read_text()
    modules = re.findall(r"python -m ((?:infra|tests)[a-z._]*[a-z])", text)

    assert set(re.findall(r"\bmake ([a-z]+)(?=[` ;]|$)", _code_of(text))) <= TARGETS
    assert set(re.findall(r"\bacme-shop ([a-z-]+)", text)) <= set(COMMANDS_OF_THE_SHOP)
    assert [name for name in modules if find_spec(name) is None] == []


def _code_of(text: str) -> str:
    """Return what a page shows as code: "make sure" in a sentence is no command."""
    fenced = re.findall(r"^```.*?$(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`]+)`", re.sub(r"(?ms)^```.*?^```", "", text))])


def test_the_table_of_settings_has_every_variable_with_its_default() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", _section("Settings"), re.MULTILINE))
    of_the_runner = {"PORT": str(DEFAULT_PORT), "SHOP_DATA_DIR": ".local"}

    for name, variable in variables().items():
        if name in table:
            assert _as_text(list_variables()[variable].default) == table.pop(name), name
        else:
            assert f"`{name}`" in _section("Settings") or name.endswith("_QUEUE_URL"), name
    assert table == of_the_runner


def _as_text(default: object) -> str:
    if isinstance(default, tuple):
        return "-".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_table_of_errors_has_every_status() -> None:
    first_cells = re.findall(r"^\| ([0-9, ]+) \|", _section("Errors"), re.MULTILINE)

    assert {int(number) for cell in first_cells for number in cell.split(",")} == set(BY_STATUS)


def _section(title: str) -> str:
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_pictures_are_there_and_light() -> None:
    pictures = [ROOT / name for name in re.findall(r"!\[[^]]+\]\((.+?)\)", README)]

    assert len(pictures) == 2
    assert all(path.stat().st_size < MAX_BYTES for path in pictures)
