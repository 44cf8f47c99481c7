"""What is refused has not happened."""

import pytest

from tests.fuzz.helpers.refusals import refuse_events
from tests.fuzz.helpers.sending import SendAll
from tests.fuzz.helpers.world import ENFORCED, OPEN
from tests.support.sizes import SIZES


@pytest.mark.parametrize("mode", [ENFORCED, OPEN])
def test_a_refused_request_changes_nothing(send_all: SendAll, mode: str) -> None:
    tally = send_all(refuse_events, mode=mode)

    assert sum(tally.statuses[status] for status in range(400, 500)) > SIZES.hostile_requests / 3
    assert tally.statuses[200] > 0
