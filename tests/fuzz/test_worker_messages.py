"""No message, however hostile, breaks a worker, and none is lost without a report."""

from tests.fuzz.messages import send_messages
from tests.fuzz.world import ENFORCED, World


def test_every_batch_is_reported_and_the_secrets_are_kept(world: World, examples: int) -> None:
    tally = send_messages(world, mode=ENFORCED, number=0, count=examples)

    assert set(tally.statuses) == {"reported", "done"}
