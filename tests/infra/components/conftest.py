"""One deployment for all tests that only look at it, and one stack that works."""

import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.components.resource_graph import Deployment
from tests.infra.components.deployment import ROOT, deploy
from tests.infra.components.executed_stack import ExecutedStack


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """Return what the program makes for the stack ``dev``, all of its pages and alarms included."""
    return deploy(all_pages=True, all_alarms=True)


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutedStack]:
    """Return a stack whose functions run from this folder; tests/image runs the image."""
    with ExitStack() as exits:
        packages, notes = Path(sysconfig.get_path("purelib")), tmp_path_factory.mktemp("notes")
        yield ExecutedStack(exits, code=ROOT, runtime=packages, notes=notes)
