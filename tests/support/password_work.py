"""How much work the hash of a password takes in tests: hardly any.

It is meant to be slow, and a quarter of the processor time of some tests. Processes that tests
start hash with all of it, as do the tests that are about passwords themselves.
"""

from collections.abc import Iterator

import pytest

from app.security import passwords

#: Memory in KiB and passes, as deployed.
FULL = (passwords._MEMORY_KIB, passwords._PASSES)
FULL_DUMMY_HASH = passwords._DUMMY_HASH
#: The least memory that argon2 takes.
LEAST = (8, 1)


def use(memory_kib: int, passes: int) -> None:
    """Hash with this much work from now on."""
    passwords._MEMORY_KIB, passwords._PASSES = memory_kib, passes
    full, used = (f"$m={memory},t={times}," for memory, times in (FULL, (memory_kib, passes)))
    passwords._DUMMY_HASH = FULL_DUMMY_HASH.replace(full, used)
    passwords._hasher.cache_clear()


@pytest.fixture
def full_password_work() -> Iterator[None]:
    """Hash passwords as a deployed shop does."""
    use(*FULL)
    yield
    use(*LEAST)
