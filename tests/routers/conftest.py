"""What several test modules of the routers start from."""

import pytest

from tests.support.shop import Shopper, new_shopper


@pytest.fixture
async def shopper(stack: dict[str, str]) -> Shopper:
    """A customer of the test's own, logged in."""
    return await new_shopper()
