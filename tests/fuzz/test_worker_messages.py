"""No message, however hostile, breaks a worker, and none is lost without a report."""

from tests.fuzz.helpers.sending import SendAll
from tests.fuzz.helpers.worker_messages import send_messages
from tests.fuzz.helpers.world import ENFORCED


def test_every_batch_is_reported_and_the_secrets_are_kept(send_all: SendAll) -> None:
    tally = send_all(send_messages, mode=ENFORCED)

    assert set(tally.statuses) == {"reported", "done"}
