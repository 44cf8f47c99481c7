"""Holds messages back from the workers until the shop is up.

MiniStack hands out messages from its start on. Those of the last run met workers that had not
started yet, and each call that ran out of time was one of the five receives of its messages: on
a busy machine good messages became dead letters. Lambda counts no receive before its function
runs.
"""

import os
from collections.abc import Callable
from typing import Any

from infra.local.emulator_queues import wrap_function
from infra.local.emulator_requests import Send

#: A POST to it has the messages delivered; a repeat changes nothing.
DELIVERY_PATH = "/_shop/delivery"
#: Set for an emulator that is to wait for that.
HOLDING_VARIABLE = "HOLD_MESSAGES"


class Delivery:
    """Whether workers are given messages."""

    def __init__(self, *, is_held: bool) -> None:
        """Hold them back, or not."""
        self._is_held = is_held

    def install(self) -> None:
        """Wrap the function by which MiniStack takes messages for workers."""
        wrap_function("_receive_messages_for_esm", self._holding)

    async def begin(self, send: Send) -> None:
        """Have messages delivered from now on, and answer 200."""
        self._is_held = False
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _holding(self, receive: Callable[..., Any]) -> Callable[..., Any]:
        return lambda url, most: [] if self._is_held else receive(url, most)


def delivery_from_environment() -> Delivery:
    """Return what delivers, at once unless the environment says otherwise."""
    return Delivery(is_held=bool(os.environ.get(HOLDING_VARIABLE)))
