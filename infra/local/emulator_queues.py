"""Two corrections of MiniStack's queues.

A message that was received often enough is dead. MiniStack moves such messages away before it
hands out others, but looks at the clock twice: a message that becomes visible in between is
handed out once more than its queue allows. With a thousand messages in a queue that happens to
one in a hundred.

No message gets lost between two threads. Requests are handled in one thread, workers are fed by
others, and MiniStack replaces the list of a queue's messages without asking whether it has
changed: what is sent in that moment is gone.
"""

import json
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from ministack.services import sqs

_CHANGING = (
    *("_act_send_message", "_act_send_message_batch", "_act_purge_queue"),
    *("_act_delete_message", "_act_delete_message_batch"),
    *("_act_change_visibility", "_act_change_visibility_batch"),
    *("_expire_retained", "_dlq_sweep", "_collect_msgs"),
)


def correct_queues() -> None:
    """Have MiniStack hand out no dead message, and change a queue in one thread at a time."""
    wrap_function("_collect_msgs", _collecting_living)
    # MiniStack's own is taken by the threads that feed workers, which call these functions.
    sqs._queues_lock = threading.RLock()  # noqa: SLF001
    for name in _CHANGING:
        wrap_function(name, _locking)


def queues_lock() -> threading.RLock:
    """Return the lock that is held while a queue is changed."""
    return sqs._queues_lock  # type: ignore[no-any-return]  # noqa: SLF001


def wrap_function(name: str, wrapper: Callable[[Any], Callable[..., Any]]) -> None:
    """Replace a function of MiniStack's queues by what ``wrapper`` makes of it."""
    original = getattr(sqs, name)
    wrapped = wraps(original)(wrapper(original))
    setattr(sqs, name, wrapped)
    for action, handler in sqs._HANDLERS.items():  # noqa: SLF001
        if handler is original:
            sqs._HANDLERS[action] = wrapped  # noqa: SLF001


def _locking(function: Callable[..., Any]) -> Callable[..., Any]:
    def locked(*arguments: Any) -> Any:
        with sqs._queues_lock:  # noqa: SLF001
            return function(*arguments)

    return locked


def _collecting_living(collect: Callable[..., Any]) -> Callable[..., Any]:
    def collect_living(queue: dict[str, Any], *limits: int) -> Any:
        allowed = _max_receives(queue)
        if allowed:
            living = [
                message
                for message in queue["messages"]
                if message.get("receive_count", 0) < allowed
            ]
            # Received messages are changed in place, so a new list of them is enough.
            queue = {**queue, "messages": living}
        return collect(queue, *limits)

    return collect_living


def _max_receives(queue: dict[str, Any]) -> int:
    """Return how often a message may be received; 0 without a limit."""
    redrive = queue["attributes"].get("RedrivePolicy")
    return int(json.loads(redrive)["maxReceiveCount"]) if redrive else 0
