"""The emulator's saved state between two runs: recovered, checked, and fitted to the next one."""

import json
import os
import re
import tempfile
import time
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any

from infra.local.emulator_recovery import Recovery
from infra.local.errors import DataFolderError
from infra.local.write_ahead_log import DamagedLogError, read_batches, remove_all, sync_folder

#: What the system says of a full disk, or of a user's full share of it.
FULL = frozenset({ENOSPC, EDQUOT})

#: The exit code of the emulator's process when it cannot restore its saved state.
DAMAGED_EXIT_CODE = 3

_QUEUE_HOST = re.compile(r"(?<=http://)localhost:\d+(?=/\d{12}/)")


def prepare_state(state_dir: Path, log_dir: Path, *, port: int) -> Path:
    """Make the state of the last run fit an emulator on ``port``, and return where it is.

    What the log holds beyond the snapshot is added to it, and then the log is emptied. Queue
    URLs carry the port of the run that made them. Messages that a worker was handling are back
    in their queue at once: that worker is gone, and the visibility time would only delay the
    order. They keep their count of receives.

    While the disk is full that is a folder among the system's temporary files, for the emulator
    to load and to remove; state and log are as they were.

    Raises:
        DataFolderError: a file is damaged.
        OSError: a file cannot be written; the state is as it was.
    """
    states = {path.stem: _read(path) for path in sorted(state_dir.glob("*.json"))}
    changed = _recover(states, state_dir, log_dir)
    if "sqs" in states:
        try:
            states["sqs"] = _fit_queues(states["sqs"], port=port)
        except (AttributeError, TypeError) as failure:
            raise damaged(state_dir / "sqs.json") from failure
        changed = changed or {"sqs"}
    try:
        for name in sorted(changed):
            write_state(state_dir / f"{name}.json", json.dumps(states[name]))
        if changed:
            sync_folder(state_dir)
    except OSError as failure:
        if failure.errno not in FULL:
            raise
        return _write_aside(states)
    remove_all(log_dir)
    return state_dir


def _write_aside(states: dict[str, Any]) -> Path:
    """Write all states to a new folder that only this user may read, and return it."""
    folder = Path(tempfile.mkdtemp(prefix="acme-shop-state-"))
    for name, state in states.items():
        (folder / f"{name}.json").write_text(json.dumps(state), encoding="utf-8")
    return folder


def write_state(path: Path, text: str) -> None:
    """Replace a state file by one that is on the disk before it gets its name."""
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        # What is half-written takes room that may be the last.
        temporary.unlink(missing_ok=True)
        raise
    temporary.replace(path)


def _recover(states: dict[str, Any], state_dir: Path, log_dir: Path) -> set[str]:
    """Apply the log to the states and return the names of all services if it held anything."""
    is_changed = False
    try:
        recovery = None
        for batch in read_batches(log_dir):
            recovery = recovery or Recovery(states)
            recovery.apply(batch)
            is_changed = True
        if recovery:
            recovery.finish()
    except DamagedLogError as failure:
        raise damaged(failure.path) from failure
    except (AttributeError, KeyError, TypeError, ValueError) as failure:
        raise damaged(state_dir) from failure
    return set(states) if is_changed else set()


def _read(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as failure:
        raise damaged(path) from failure
    if not isinstance(state, dict) or "payload" not in state:
        raise damaged(path)
    return state


def damaged(path: Path) -> DataFolderError:
    """Return the error that says so."""
    return DataFolderError(
        f"The shop's data in {path} is damaged; restore it, or forget all data with `make reset`."
    )


def _fit_queues(state: dict[str, Any], *, port: int) -> dict[str, Any]:
    """Return the state of SQS as an emulator on ``port`` would have written it."""

    def moved(text: str) -> str:
        return _QUEUE_HOST.sub(f"localhost:{port}", text, count=1)

    now = time.time()
    payload = state["payload"]
    queues = {}
    for key, queue in payload.get("queues", {}).get("data", {}).items():
        for message in queue.get("messages", ()):
            if message.get("receive_count", 0) > 0 and message.get("visible_at", 0) > now:
                message["visible_at"] = now
        queues[moved(key)] = {**queue, "url": moved(queue.get("url", ""))}
    names = payload.get("queue_name_to_url", {}).get("data", {})
    return {
        **state,
        "payload": {
            **payload,
            "queues": {"__account_region_scoped__": True, "data": queues},
            "queue_name_to_url": {
                "__account_region_scoped__": True,
                "data": {name: moved(url) for name, url in names.items()},
            },
        },
    }
