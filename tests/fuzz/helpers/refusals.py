"""Refused requests leave no trace: the table and the queues are as they were."""

from functools import cache
from typing import Any

import boto3
from hypothesis import given, seed, settings

from app.main import handler
from app.settings import get_settings
from tests.fuzz.helpers.gateway_events import Case, cases
from tests.fuzz.helpers.sending import QUIET, Tally, captured_logs, shown
from tests.fuzz.helpers.table_contents import Items, contents
from tests.fuzz.helpers.world import World, auth_mode

State = tuple[Items, int]


@cache
def _client(region: str) -> Any:
    return boto3.client("sqs", region_name=region)


def _state() -> State:
    """Return everything a request could have changed."""
    settings = get_settings()
    answer = _client(settings.region).get_queue_attributes(
        QueueUrl=settings.payment_request_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return contents(), int(answer["Attributes"]["ApproximateNumberOfMessages"])


def refuse_events(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Send ``count`` events and compare the shop before and after each that is refused."""
    tally = Tally()
    before = _state()

    @seed(number)
    @settings(max_examples=count, **QUIET)  # type: ignore[arg-type]
    @given(cases(world))
    def what_is_refused_changes_nothing(case: Case) -> None:
        nonlocal before
        with captured_logs():
            status = handler(case.event, None)["statusCode"]
        after = _state()
        tally.requests += 1
        tally.statuses[status] += 1
        changed, before = after != before, after
        # What a request did before a 503 is unknown, and the 503 says so.
        assert status < 400 or status == 503 or not changed, (
            f"{status} changed the shop\n{shown(case.event)}"
        )

    with auth_mode(mode):
        what_is_refused_changes_nothing()
    return tally
