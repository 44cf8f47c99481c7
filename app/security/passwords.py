"""Passwords as argon2id hashes (RFC 9106; OWASP's parameters for 19 MiB), made in a few threads.

A password counts in the form NFC, whatever the keyboard sends (RFC 8265, 4.2.2); hashes that
earlier releases made of other forms stay good.
"""

import asyncio
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum, auto
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.domain.errors import OverloadedError

T = TypeVar("T")

_MEMORY_KIB = 19 * 1024
_PASSES = 2

#: A hash that no password has, with the parameters of all others: what is checked for an unknown
#: name. It needs no work before the first one.
_DUMMY_HASH = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${'A' * 22}${'A' * 43}"

#: Requests with a password at once: fewer than the api takes on at all (``routers/overload.py``),
#: so that logins leave places to others. The last one waits for about two seconds.
MAX_AT_ONCE = 64
#: How far the threads that hash stand back (``nice``). With 120 logins at once and one processor
#: for all, a list of products took 5 to 7 times its usual median without, 1.5 to 2.3 times with it.
_NICE = 10


class Verdict(Enum):
    """What a check of a password says."""

    WRONG = auto()
    RIGHT = auto()
    #: Right, but the hash should be made anew: of the form NFC, with the parameters of today.
    OUTDATED = auto()


class PasswordPool:
    """The threads that hash, apart from those of other calls, and the places before them.

    Hashing takes 30 ms of a processor. Threads are one fewer than processors, so that the event
    loop has one for itself; where others want it too, the loop comes first.
    """

    def __init__(self, *, threads: int, most: int) -> None:
        """Work with so many threads for at most ``most`` requests at once."""
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="password", initializer=_yield_to_others
        )
        self._free = most

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for the block.

        Raises:
            OverloadedError: all are taken.
        """
        if self._free <= 0:
            raise OverloadedError
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, once a thread has done it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _yield_to_others() -> None:
    """Lower the priority of this thread; elsewhere than on Linux it would be the process's."""
    if sys.platform == "linux":
        os.nice(_NICE)


@lru_cache(maxsize=1)
def get_password_pool() -> PasswordPool:
    """Return the pool of this process."""
    threads = max(1, min(4, (os.cpu_count() or 2) - 1))
    return PasswordPool(threads=threads, most=MAX_AT_ONCE)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)


def hash_password_blocking(password: str) -> str:
    """Return the hash of a password with a salt of its own; blocks for about 30 ms."""
    return _hasher().hash(unicodedata.normalize("NFC", password))


async def hash_password(password: str) -> str:
    """Return the hash of a password with a salt of its own, without blocking the loop."""
    return await get_password_pool().run(lambda: hash_password_blocking(password))


async def check_password(password: str, password_hash: str | None) -> Verdict:
    """Tell whether a password has a hash; ``WRONG`` without a hash.

    Both take the same time, so that the time of a login does not reveal which names exist.
    """
    return await get_password_pool().run(lambda: _check(password, password_hash))


def _check(password: str, password_hash: str | None) -> Verdict:
    stored = password_hash or _DUMMY_HASH
    normal = unicodedata.normalize("NFC", password)
    if _matches(normal, stored) and password_hash:
        is_outdated = _hasher().check_needs_rehash(stored)
        return Verdict.OUTDATED if is_outdated else Verdict.RIGHT
    # Earlier releases hashed what was sent.
    if normal != password and _matches(password, stored) and password_hash:
        return Verdict.OUTDATED
    return Verdict.WRONG


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
