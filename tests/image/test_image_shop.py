"""The image's functions make a shop, on what the program deploys and with its permissions."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.infra.components.executed_stack import ExecutedStack
from tests.infra.components.walkthrough import Walkthrough


@pytest.fixture
def walkthrough(image: Path, runtime: Path) -> Iterator[Walkthrough]:
    """Return a visitor of a shop whose functions find nothing but the image."""
    # The other way to pay for a table; tests/infra has the first.
    capacity = {"billingMode": "PROVISIONED", "readCapacity": 5, "writeCapacity": 5}
    with ExitStack() as exits:
        stack = ExecutedStack(exits, code=image, runtime=runtime, stack="image", dynamodb=capacity)
        yield Walkthrough(stack)


def test_everything_can_be_done_with_what_is_in_the_image(walkthrough: Walkthrough) -> None:
    walkthrough.run_all()

    assert not [call for _, call in walkthrough.stack.calls() if call.was_refused]
