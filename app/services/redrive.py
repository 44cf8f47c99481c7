"""Sending dead letters back to the queues they came from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInputError
from app.services.dead_letters import Finding, finding
from app.services.letters import (
    LOOK_SECONDS,
    Letter,
    LetterBox,
    Look,
    order_id_in,
    origin_of,
    type_of,
)


@dataclass(frozen=True)
class Moved:
    """One letter that was sent back, or would be."""

    queue: str
    message_id: str
    event_type: str | None
    order_id: str | None
    to: str


@dataclass(frozen=True)
class Redrive:
    """What a redrive did: what was moved, what stays and why."""

    moved: tuple[Moved, ...]
    stayed: tuple[Finding, ...]


class Pace:
    """At most so many a second, evenly."""

    def __init__(
        self, per_second: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """Take the time from ``clock`` and pass it with ``sleep``."""
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Return when it is time for the next."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


def redrive(
    box: LetterBox,
    queues: Iterable[str],
    *,
    now: datetime,
    pace: Pace,
    hidden_seconds: int = LOOK_SECONDS,
    most: int | None = None,
    is_rehearsal: bool = False,
    on_moved: Callable[[Moved], None] = lambda _: None,
) -> Redrive:
    """Send dead letters back to their queues, ``most`` at most; the undecidable ones stay.

    Sends first and deletes after: whoever ends it between two lines makes a message come
    twice, which every worker expects, and never loses one. Letters that were sent after
    ``now`` stay: they may be those of this very redrive, dead again.
    """
    moved: list[Moved] = []
    stayed: list[Finding] = []
    for queue in queues:
        with Look(box, queue, hidden_seconds=hidden_seconds) as current:
            for letter in current.letters():
                if most is not None and len(moved) >= most:
                    break
                if letter.sent_at > now:
                    continue
                try:
                    step = _step(letter)
                except InvalidInputError as failure:
                    stayed.append(finding(letter, str(failure), now=now))
                    continue
                if not is_rehearsal:
                    pace.wait()
                    box.send(step.to, letter.body)
                    current.delete(letter)
                moved.append(step)
                on_moved(step)
    return Redrive(tuple(moved), tuple(stayed))


def _step(letter: Letter) -> Moved:
    return Moved(
        queue=letter.queue,
        message_id=letter.message_id,
        event_type=type_of(letter),
        order_id=order_id_in(letter.body),
        to=origin_of(letter),
    )
