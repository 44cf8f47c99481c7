"""Queues that keep what is sent."""

from app.messages import Event


class SentEvents:
    """Queues that keep the events and their delays, or fail with an error."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.events: list[Event] = []
        self.delays: list[int] = []
        self._failure = failure

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        if self._failure is not None:
            raise self._failure
        self.events.append(event)
        self.delays.append(delay_seconds)

    async def check(self, queue: str) -> None:
        if self._failure is not None:
            raise self._failure
