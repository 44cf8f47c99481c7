"""One deployment for all tests that only look at it."""

import pytest

from tests.infra.deployment import Deployment, deploy


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """Return what the program makes for the stack ``dev``."""
    return deploy()
