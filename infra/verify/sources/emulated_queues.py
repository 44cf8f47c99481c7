"""How long messages wait in the emulator, which keeps no such metric."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

_TIMEOUT_SECONDS = 10.0


async def oldest_message_seconds(endpoint_url: str, queues: Mapping[str, str]) -> dict[str, float]:
    """Return the age of the oldest message of each queue (by our name, to the AWS name).

    The emulator shows whole messages. Of those that carry a card nothing but the time is
    looked at, and messages that are held back on purpose are not late yet.

    Raises:
        httpx.HTTPError: the emulator does not answer.
    """
    async with httpx.AsyncClient(base_url=endpoint_url, timeout=_TIMEOUT_SECONDS) as http:
        answer = await http.get("/_ministack/sqs/messages")
        answer.raise_for_status()
    now = time.time()
    held: dict[str, list[dict[str, Any]]] = {
        url.rpartition("/")[2]: messages
        for regions in answer.json()["messages"].values()
        for by_url in regions.values()
        for url, messages in by_url.items()
    }
    return {
        name: max((_age(message, now) for message in held.get(aws, [])), default=0.0)
        for name, aws in queues.items()
    }


def _age(message: dict[str, Any], now: float) -> float:
    """Return how long a message could have been handled by now, in seconds."""
    is_held_back = not message["ReceiveCount"] and message["VisibleAt"] > now
    return 0.0 if is_held_back else max(0.0, now - message["SentTimestamp"])
