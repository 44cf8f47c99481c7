"""Asking a shop as a patient client does: what was not answered is repeated."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: Statuses after which a request may be repeated (openapi/CONTRACT.md, 1.1); 500 too, but that
#: is a fault of the shop.
REFUSALS = frozenset({408, 429, 503})
#: How long a client is patient, and the longest pause between two attempts.
_PATIENCE_SECONDS, _LONGEST_PAUSE_SECONDS = 60.0, 10.0


class NoAnswerError(Exception):
    """The connection failed: the shop may have done what was asked, or not."""


class NoServiceError(Exception):
    """The shop gave no answer for as long as a client is patient."""


class WrongAnswerError(Exception):
    """The shop said something that is not true; ``rule`` says what kind of thing."""

    def __init__(self, rule: str, says: str) -> None:
        """Keep the rule; the text says what was expected."""
        super().__init__(f"{rule}: {says}")
        self.rule = rule


@dataclass(frozen=True)
class Answer:
    """What came back; ``headers`` have lower-case names, ``body`` is parsed JSON or None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Ask(Protocol):
    """Sends one request."""

    def __call__(
        self, method: str, path: str, *, name: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        """Return the answer; ``name`` is the path with the names of its parameters.

        Raises:
            NoAnswerError: there was none.
        """


class Shop:
    """A shop, asked again until it answers."""

    def __init__(
        self,
        ask: Ask,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Send requests with ``ask``."""
        self._ask = ask
        self._patience_seconds = patience_seconds
        self._pause = pause
        #: Statuses that were checked, to show that something was.
        self.answers = 0

    def call(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        expect: int = 200,
    ) -> Answer:
        """Return the answer with the status that was expected.

        Only what may be repeated is asked through this: reads, writes that set something, and
        writes with an ``Idempotency-Key``.

        Raises:
            NoServiceError: nothing but refusals, for too long.
            WrongAnswerError: another status.
        """
        waited, pause = 0.0, 0.2
        while True:
            answer = self._try(method, path, name or path, body, headers or {})
            if answer is not None and answer.status not in REFUSALS:
                break
            if waited >= self._patience_seconds:
                raise NoServiceError(f"{method} {name or path}")
            asked = answer.headers.get("retry-after", "") if answer else ""
            pause = min(float(asked) if asked.isdigit() else 2 * pause, _LONGEST_PAUSE_SECONDS)
            self._pause(pause)
            waited += pause
        self.answers += 1
        if answer.status != expect:
            says = answer.body.get("message") if isinstance(answer.body, dict) else answer.body
            rule = "fault" if answer.status >= 500 else "status"
            raise WrongAnswerError(
                rule, f"{method} {name or path} is {answer.status}, not {expect}: {says}"
            )
        return answer

    def _try(
        self, method: str, path: str, name: str, body: Any, headers: Mapping[str, str]
    ) -> Answer | None:
        try:
            return self._ask(method, path, name=name, body=body, headers=headers)
        except NoAnswerError:
            return None
