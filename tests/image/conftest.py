"""The image's content in a clean folder, filled once by the Dockerfile's own steps."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lambda_runtime import link_runtime

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "infra" / "release" / "build_image.py"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Return a folder of this test run; workers that test side by side share it."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if hasattr(request.config, "workerinput") else folder


@pytest.fixture(scope="session")
def image(shared_folder: Path) -> Path:
    """Return a folder with what the image has in its task root."""
    folder, log = shared_folder / "image", shared_folder / "image.log"
    with (shared_folder / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not log.exists():
            said = [
                subprocess.run(
                    [sys.executable, str(BUILD), what, str(folder), "--source", str(ROOT)],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                ).stdout
                for what in ("packages", "code")
            ]
            log.write_text("".join(said), "utf-8")
    print(log.read_text("utf-8"))  # noqa: T201 - shown by pytest -rP
    return folder


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runtime client that the base image brings."""
    return link_runtime(tmp_path_factory.mktemp("runtime"))
