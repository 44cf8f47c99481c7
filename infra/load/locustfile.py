"""Locust's shoppers; ``python -m infra.load`` runs it."""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import count
from random import Random
from typing import Any

from locust import HttpUser, between, events, task

from infra.load.shop import (
    REFUSALS,
    Answer,
    NoAnswerError,
    NoServiceError,
    Shop,
    WrongAnswerError,
)
from infra.load.shopper import Shopper

_SEED = int(os.environ.get("LOAD_SEED", "0"))
_NUMBERS = count()
_REQUEST_SECONDS = 30

#: Wrong answers by rule, the first of each rule in words, and what was done.
wrong: Counter[str] = Counter()
first: dict[str, str] = {}
done: Counter[str] = Counter()


class Customer(HttpUser):
    """One shopper, with the pauses of a person who reads."""

    wait_time = between(0.2, 1.5)

    def on_start(self) -> None:
        """Open an account."""
        self._shop = Shop(self._ask)
        self._shopper = Shopper(self._shop, Random(f"{_SEED}-{next(_NUMBERS)}"))  # noqa: S311
        self._is_open = False

    @task
    def act(self) -> None:
        """Do one thing, and tell Locust what was wrong with an answer."""
        self._judged(self._act)

    def on_stop(self) -> None:
        """Look at cart and orders once more."""
        if self._is_open:
            self._judged(self._shopper.finish)

    def _act(self) -> None:
        if not self._is_open:
            self._shopper.start()
            self._is_open = True
        self._shopper.act()

    def _judged(self, step: Any) -> None:
        bought, answers = self._shopper.bought, self._shop.answers
        try:
            step()
        except WrongAnswerError as failure:
            self._report(failure.rule, failure)
        except NoServiceError as failure:
            self._report("no service", failure)
        except (KeyError, TypeError, ValueError) as failure:
            self._report("shape", failure)
        done["orders"] += self._shopper.bought - bought
        done["answers"] += self._shop.answers - answers

    def _report(self, rule: str, failure: Exception) -> None:
        wrong[rule] += 1
        first.setdefault(rule, str(failure))
        self.environment.events.request.fire(
            request_type="CHECK",
            name=rule,
            response_time=0,
            response_length=0,
            exception=failure,
            context={},
        )

    def _ask(
        self, method: str, path: str, *, name: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        with self.client.request(
            method,
            path,
            name=name,
            json=body,
            headers=dict(headers),
            timeout=_REQUEST_SECONDS,
            catch_response=True,
        ) as answer:
            if not answer.status_code:
                answer.success()
                answer.request_meta["name"] = f"{name} (no answer)"
                raise NoAnswerError
            # Whether a status is right, the shopper knows; a refusal is repeated.
            answer.success()
            if answer.status_code in REFUSALS:
                answer.request_meta["name"] = f"{name} ({answer.status_code})"
            is_json = "json" in answer.headers.get("content-type", "")
            parsed = answer.json() if is_json and answer.content else None
            found = {key.lower(): value for key, value in answer.headers.items()}
            return Answer(answer.status_code, parsed, found)


@events.quitting.add_listener
def judge(environment: Any, **_: Any) -> None:
    """Judge the shop: 0 without fault, 1 with one, 3 if nothing was bought."""
    environment.process_exit_code = 1 if wrong else 0 if done["orders"] else 3


@events.quit.add_listener
def say(**_: Any) -> None:
    """Say what was found, behind Locust's own tables."""
    found = ", ".join(f"{number} {rule}" for rule, number in sorted(wrong.items())) or "none"
    print(  # noqa: T201 - the verdict
        f"{done['answers']} answers checked, {done['orders']} orders bought; wrong answers: {found}"
    )
    for text in first.values():
        print(f"  {text}")  # noqa: T201
    sys.stdout.flush()
