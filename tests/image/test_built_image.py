"""The image as `make image-check` builds it: every handler answers, read-only, without rights.

It takes a minute and root, so `make test` leaves it out; the other tests in this folder check
the same steps in a folder, with the Python that runs the tests.
"""

import json
import os
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from infra.topology import FUNCTIONS, MAPPINGS, Function
from tests.image.built_image import BASE, ROOT, ImageProcess, built_image, missing_tool, run_python
from tests.image.helpers.lambda_events import http_event, queue_event
from tests.image.test_image_content import (
    MOST_MEGABYTES,
    expected_files,
    files_of,
    locked_names,
    normalized,
    package_megabytes,
)
from tests.image.test_image_handlers import environment

pytestmark = pytest.mark.skipif(
    not os.environ.get("SHOP_IMAGE_CHECK"), reason="`make image-check` builds the image"
)

Image = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def built() -> Iterator[Image]:
    """Return the root file system of the built image, and its configuration."""
    if missing := missing_tool():
        pytest.skip(f"image-check is skipped: {missing}")
    folder = ROOT / "build" / "image-check"
    folder.mkdir(parents=True, exist_ok=True)
    with built_image(folder) as found:
        yield found


@pytest.fixture(scope="module", params=FUNCTIONS, ids=lambda function: function.name)
def process(request: pytest.FixtureRequest, built: Image) -> Iterator[tuple[Function, Any]]:
    """Return every function of the topology with its process in the image."""
    function: Function = request.param
    with ImageProcess(function, root=built[0], env=environment(function)) as started:
        yield function, started


def test_the_image_starts_the_api_as_a_user_without_rights(built: Image) -> None:
    _, config = built

    assert (config["User"], config["Cmd"]) == ("65534:65534", ["app.main.handler"])
    assert "PYDANTIC_DISABLE_PLUGINS=__all__" in config["Env"]


def test_functions_run_on_the_python_of_the_base_image(built: Image) -> None:
    version = run_python(built[0], "import sys; print(*sys.version_info[:2], sep='.')")

    assert version == BASE.rpartition(":")[2]


def test_a_function_can_write_nothing_but_tmp(built: Image) -> None:
    written = run_python(
        built[0],
        "import os\n"
        "print(os.geteuid(), os.getegid())\n"
        "for folder in ('/var/task', '/etc', '/', '/tmp'):\n"
        "    try:\n"
        "        open(folder + '/written', 'w').close()\n"
        "        print(folder)\n"
        "    except OSError:\n"
        "        pass\n",
    )

    assert written.split("\n") == ["65534 65534", "/tmp"]


def test_the_image_holds_code_and_locked_packages_and_nothing_else(built: Image) -> None:
    task = built[0] / "var" / "task"
    packages = {normalized(package.name) for package in distributions(path=[str(task)])}

    assert packages == locked_names()
    assert files_of(task) == expected_files()
    assert not {"bin", "infra", "tests"} & {path.name for path in task.iterdir()}


def test_every_module_has_bytecode_of_the_images_python(built: Image) -> None:
    stale = run_python(
        built[0],
        "import importlib.util, pathlib\n"
        "modules = sorted(pathlib.Path('.').rglob('*.py'))\n"
        "assert modules\n"
        "for module in modules:\n"
        "    path = pathlib.Path(importlib.util.cache_from_source(str(module)))\n"
        "    head = path.read_bytes()[:8] if path.is_file() else b''\n"
        "    if head != importlib.util.MAGIC_NUMBER + bytes([1, 0, 0, 0]):\n"
        "        print(module)\n",
    )

    assert stale == ""


def test_the_built_image_stays_small(built: Image) -> None:
    size = package_megabytes(built[0] / "var" / "task")

    print(f"packages: {size:.1f} MB on {BASE}")  # noqa: T201 - shown by -rP
    assert size <= MOST_MEGABYTES


def test_every_function_answers(process: tuple[Function, ImageProcess]) -> None:
    function, started = process

    if function.name == "api":
        answer = started.invoke(http_event("GET", "/healthz"))
        assert json.loads(answer["body"]) == {"status": "ok", "version": "4f2a9c1"}
        page = started.invoke(http_event("GET", "/"))
        assert (page["statusCode"], "html" in page["headers"]["content-type"]) == (200, True)
    else:
        for queue in (mapping.queue for mapping in MAPPINGS if mapping.function == function.name):
            answer = started.invoke(queue_event(queue, "poison"))
            assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    print(f"{function.name}: started in {started.init_seconds:.2f} s")  # noqa: T201
