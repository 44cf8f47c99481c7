"""The emulator's saved state between two runs: checked, and fitted to the next one."""

import json
import re
import time
from pathlib import Path
from typing import Any

from infra.local.errors import DataFolderError

#: How the emulator's process ends when it cannot make anything of its saved state.
DAMAGED_EXIT_CODE = 3

_QUEUE_HOST = re.compile(r"(?<=http://)localhost:\d+(?=/\d{12}/)")


def prepare_state(state_dir: Path, *, port: int) -> None:
    """Make yesterday's state fit an emulator on ``port``.

    Queue URLs carry the port of the run that made them. Messages in the hands of a worker
    when the shop stopped are back in their queue at once: that worker is gone, and waiting
    for the visibility time would only delay the order. They keep their count of receives.

    Raises:
        DataFolderError: a file is damaged.
    """
    for path in sorted(state_dir.glob("*.json")):
        state = _read(path)
        if path.name == "sqs.json":
            try:
                fitted = _fit_queues(state, port=port)
            except (AttributeError, TypeError) as failure:
                raise damaged(path) from failure
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(fitted), encoding="utf-8")
            temporary.replace(path)


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
