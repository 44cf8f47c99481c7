"""A machine without a browser: what it is told, and that nothing else goes wrong there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.browser.helpers.chromium import _NAMES
from tests.e2e.helpers.running_shop import ROOT

BIN = Path(sys.executable).parent


def run_without_chromium(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": str(BIN)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_tests_that_want_a_browser_are_skipped_and_say_how_to_get_one() -> None:
    done = run_without_chromium("pytest", "tests/browser/test_pages.py", "-n", "1")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(
        r"^\d+ skipped: no Chromium .*`make browser` installs it", done.stdout, re.MULTILINE
    )
    assert "passed" not in done.stdout


def test_there_are_no_pictures_without_a_browser_and_the_command_says_why() -> None:
    done = run_without_chromium("tests.browser.screenshots")

    assert done.returncode == 1
    assert "`make browser` installs it" in done.stdout


def test_the_command_that_installs_it_looks_for_the_names_the_tests_look_for() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    preferred, *others = _NAMES
    assert f"if command -v {preferred}; then exit 0" in makefile
    assert f"for name in {' '.join(others)}; do" in makefile
