"""Messages of an order that wait in its queues, as far as that can be told without receiving them.

SQS shows a message only to its receiver, and counts that: after five receives a message is
dead. So in AWS only the numbers of messages are known. The local shop's emulator also lists them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from app.domain.order import Order
from app.trace_context import TRACEPARENT
from infra.dead_letters.messages import is_about

_ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class QueuedMessage:
    """One message of an order in a queue; ``place`` is ``waiting``, ``in flight`` or ``delayed``.

    ``receives`` counts the deliveries until now. For ``hidden_seconds`` more no reader gets it: it
    is delayed, or one has it.
    """

    queue: str
    message_id: str
    place: str
    age_seconds: int
    receives: int
    hidden_seconds: int = 0


def list_emulated_messages(endpoint_url: str, queue_url: str) -> list[dict[str, Any]] | None:
    """Return a queue's messages as the local emulator has them; None if it does not answer.

    Nothing is received, so nothing is hidden from a worker or counted.
    """
    query = urlencode({"QueueUrl": queue_url})
    try:
        with urlopen(  # noqa: S310  # The emulator's own address.
            f"{endpoint_url}/_ministack/sqs/messages?{query}", timeout=_ANSWER_SECONDS
        ) as answer:
            accounts = json.load(answer)["messages"].values()
    except (OSError, ValueError):
        return None
    return [
        message
        for regions in accounts
        for named in regions.values()
        for queue in named.values()
        for message in queue
    ]


def messages_of(
    queues: Iterable[tuple[str, list[dict[str, Any]]]],
    order_id: str,
    *,
    order: Order | None,
    now: datetime,
) -> tuple[QueuedMessage, ...]:
    """Return those of the queues' messages that are about an order."""
    return tuple(
        QueuedMessage(
            queue,
            message["MessageId"],
            _place(message),
            max(0, int(now.timestamp() - message["SentTimestamp"])),
            message["ReceiveCount"],
            0 if message["IsVisible"] else max(0, int(message["VisibleAt"] - now.timestamp())),
        )
        for queue, messages in queues
        for message in messages
        if is_about(
            message["Body"],
            _traceparent(message),
            order_id=order_id,
            order=order,
        )
    )


def _traceparent(message: Mapping[str, Any]) -> str | None:
    carried = message["MessageAttributes"].get(TRACEPARENT, {}).get("StringValue")
    return carried if isinstance(carried, str) else None


def _place(message: Mapping[str, Any]) -> str:
    if message["IsVisible"]:
        return "waiting"
    return "in flight" if message["ReceiveCount"] else "delayed"
