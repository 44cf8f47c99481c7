"""No event of API Gateway, however hostile, breaks the handler or the contract."""

import pytest

from tests.fuzz.helpers.sending import SendAll, send_events
from tests.fuzz.helpers.world import ENFORCED, OPEN
from tests.support.sizes import SIZES


@pytest.mark.parametrize("mode", [ENFORCED, OPEN])
def test_every_answer_is_documented_and_keeps_the_secrets(send_all: SendAll, mode: str) -> None:
    tally = send_all(send_events, mode=mode, times=4)

    assert tally.requests >= 4 * SIZES.hostile_requests
    # Not everything was turned away at the door.
    assert {200, 400, 404} <= set(tally.statuses)
