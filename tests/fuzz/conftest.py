"""A shop of its own for every test, and how much to send it."""

import os
from collections.abc import Iterator

import pytest

from tests.fuzz.world import World, new_world


@pytest.fixture
def world(own_stack: dict[str, str]) -> Iterator[World]:
    with new_world() as filled:
        yield filled


@pytest.fixture(scope="session")
def examples() -> int:
    """How many requests each test sends, roughly."""
    return int(os.environ.get("FUZZ_EXAMPLES", "60"))
