"""A stack for the commands that handle dead letters."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.queues import get_client
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.topology import QUEUES
from tests.conftest import _use as use_stack
from tests.infra.cli.helpers.dead_letters import url
from tests.infra.cli.helpers.published_stack import publish


@pytest.fixture(scope="module")
def module_stack(emulator: Emulator) -> dict[str, str]:
    return deploy(emulator.endpoint_url, stack=f"t{uuid4().hex[:12]}")


@pytest.fixture
def shop(
    module_stack: dict[str, str],
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The name of a stack with empty queues, which the commands are told to speak to."""
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    folder = publish(module_stack, emulator, tmp_path)
    name = module_stack["TABLE"].removesuffix("-acmeserverless-dynamodb")
    using = use_stack(module_stack, emulator, monkeypatch)
    next(using)
    for queue in QUEUES:
        get_client().purge_queue(QueueUrl=url(name, queue.name))
    yield name
    next(using, None)
    folder.withdraw()
