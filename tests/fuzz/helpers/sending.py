"""Sending hostile events to the real handlers and judging what comes back."""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings

from app.main import handler
from tests.fuzz.helpers.gateway_events import Case, cases
from tests.fuzz.helpers.oracle import Answer, complaints, leaks
from tests.fuzz.helpers.world import World, auth_mode

#: No database and no deadline: the same seed is the same run, on a busy machine too.
QUIET = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": False,
    "phases": (Phase.generate, Phase.shrink),
}


_PAUSES_SECONDS = (0.2, 1.0, 3.0)

T = TypeVar("T")

#: The fixture of the tests: a kind of request, its mode and how many times the usual number.
SendAll = Callable[..., "Tally"]


@dataclass
class Tally:
    """What was sent and what came back."""

    requests: int = 0
    statuses: Counter[int | str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.requests += other.requests
        self.statuses += other.statuses


def patiently(ask: Callable[[], T], status_of: Callable[[T], int]) -> T:
    """Return an answer, asking again as a 503 says: on a busy machine the emulator is late.

    One that stays a 503 is an answer like any other, and a failure of the shop.
    """
    for pause in _PAUSES_SECONDS:
        if status_of(answer := ask()) != 503:
            return answer
        time.sleep(pause)
    return ask()


@contextmanager
def captured_logs() -> Iterator[StringIO]:
    """Collect what the shop logs, as a function would write it, and the adapter's lines too."""
    text = StringIO()
    writer = logging.StreamHandler(text)
    levels = {"": logging.WARNING, "shop": logging.DEBUG, "mangum": logging.INFO}
    before = {name: logging.getLogger(name).level for name in levels}
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger().addHandler(writer)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(writer)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def shown(event: Any) -> str:
    """Return an event on one line, short enough to read."""
    try:
        return json.dumps(event)[:3000]
    except (TypeError, ValueError):
        return repr(event)[:3000]


def check_case(world: World, case: Case, *, mode: str) -> Answer:
    """Send one event and judge the answer.

    Raises:
        AssertionError: something is wrong with it; says what, and shows the event.
    """
    with captured_logs() as log:
        answer = patiently(
            lambda: Answer.read(handler(case.event, None)), lambda given: given.status
        )
    logged = log.getvalue()
    found = complaints(case, answer, mode=mode)
    said = answer.body.decode("utf-8", "replace") + str(answer.headers) + str(answer.cookies)
    if answer.status != 200 or b"_token" not in answer.body:
        # A login answers with tokens; two of the same second are the same.
        found += leaks(world, said, about="the answer")
    found += leaks(world, logged, about="the log")
    if "Traceback" in logged:
        found.append("a crash in the log: " + logged.strip().splitlines()[-1])
    assert not found, f"{found}\nmode {mode}: {shown(case.event)}\nanswer: {said[:1000]}"
    return answer


def send_events(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Send ``count`` events drawn from the seed ``number``; stop at the first bad answer."""
    tally = Tally()

    @seed(number)
    @settings(max_examples=count, **QUIET)  # type: ignore[arg-type]
    @given(cases(world))
    def every_answer_is_right(case: Case) -> None:
        tally.requests += 1
        answer = check_case(world, case, mode=mode)
        tally.statuses[answer.status] += 1

    with auth_mode(mode):
        every_answer_is_right()
    return tally
