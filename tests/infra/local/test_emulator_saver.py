"""What the emulator's process says is saved is in its log, whatever happens in between."""

import os
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest

from infra.local import emulator_saver, emulator_server
from infra.local.emulator_changes import ChangeRecorder
from infra.local.emulator_delivery import Delivery
from infra.local.emulator_saver import Saver
from infra.local.emulator_server import Gateway
from infra.local.write_ahead_log import WriteAheadLog, read_batches


@pytest.fixture
def changes() -> ChangeRecorder:
    return ChangeRecorder()


@pytest.fixture
def saver(tmp_path: Path, changes: ChangeRecorder) -> Saver:
    return Saver(WriteAheadLog(tmp_path), changes, lambda _: None)


def logged(folder: Path) -> set[str]:
    """Return the keys of all items that a start after ``kill -9`` would find in the log."""
    return {change[2] for batch in read_batches(folder) for change in batch}


async def test_what_is_acknowledged_while_a_snapshot_is_written_stays_in_the_log(
    saver: Saver, changes: ChangeRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snapshot is a copy of the moment in which it began."""

    async def write_snapshot() -> bool:
        changes._changes.append(["item", "t", "during", "s", {}])
        assert saver.save_changes()
        return True

    monkeypatch.setattr(emulator_saver, "write_snapshot", write_snapshot)
    changes._changes.append(["item", "t", "before", "s", {}])
    assert saver.save_changes()

    assert await saver.save_snapshot()

    assert logged(tmp_path) == {"during"}


class Writes:
    """MiniStack's application as far as it stores: it changes something and answers 200."""

    def __init__(self, changes: ChangeRecorder) -> None:
        self._changes = changes

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        key = scope["path"].removeprefix("/")
        self._changes._changes.append(["item", "t", key, "s", {}])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def status_of_write(gateway: Gateway, key: str) -> int:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/{key}",
        "headers": [
            (b"authorization", b"AWS4-HMAC-SHA256 Credential=k/20261130/r/dynamodb/aws4_request,"),
            (b"x-amz-target", b"DynamoDB_20120810.PutItem"),
        ],
    }
    await gateway(scope, None, send)  # type: ignore[arg-type]
    [status] = statuses
    return status


@pytest.mark.parametrize("room_bytes", [0, 1, 60, 200])
async def test_a_shop_that_is_killed_on_a_full_disk_has_all_that_it_acknowledged(
    room_bytes: int,
    saver: Saver,
    changes: ChangeRecorder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first write that no longer fits is refused too, not only those after it."""
    monkeypatch.setattr(emulator_server, "ministack", Writes(changes))
    gateway, write, room = Gateway(saver, changes, Delivery(is_held=False)), os.write, room_bytes

    def write_what_fits(descriptor: int, data: memoryview) -> int:
        nonlocal room
        fits = min(room, len(data))
        room -= fits
        if not fits:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        return write(descriptor, data[:fits])

    monkeypatch.setattr(os, "write", write_what_fits)
    keys = [f"key-{number}" for number in range(10)]
    statuses = {key: await status_of_write(gateway, key) for key in keys}
    monkeypatch.undo()

    acknowledged = {key for key, status in statuses.items() if status == 200}
    assert set(statuses.values()) <= {200, 503}
    assert 503 in statuses.values()
    assert acknowledged == logged(tmp_path)
    assert bool(acknowledged) is (room_bytes >= 60)
