"""One correction of MiniStack's queues: a message that was received often enough is dead.

MiniStack moves such messages away before it hands out others, but looks at the clock twice: a
message that becomes visible in between is handed out once more than its queue allows. With a
thousand messages in a queue that happens to one in a hundred.
"""

import json
from functools import wraps
from typing import Any

from ministack.services import sqs


def correct_queues() -> None:
    """Have MiniStack hand out no message that its next sweep will move away."""
    collect = sqs._collect_msgs  # noqa: SLF001

    @wraps(collect)
    def collect_living(queue: dict[str, Any], most: int, visibility: int) -> list[Any]:
        allowed = _max_receives(queue)
        if allowed:
            living = [
                message
                for message in queue["messages"]
                if message.get("receive_count", 0) < allowed
            ]
            # Received messages are changed in place, so a new list of the same messages is enough.
            queue = {**queue, "messages": living}
        return collect(queue, most, visibility)  # type: ignore[no-any-return]

    sqs._collect_msgs = collect_living  # noqa: SLF001


def _max_receives(queue: dict[str, Any]) -> int:
    """Return how often a message may be received; 0 without a limit."""
    redrive = queue["attributes"].get("RedrivePolicy")
    return int(json.loads(redrive)["maxReceiveCount"]) if redrive else 0
