"""Passwords as argon2id hashes (RFC 9106; OWASP's parameters for 19 MiB)."""

import asyncio
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_MEMORY_KIB = 19 * 1024
_PASSES = 2


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _hasher().hash("dummy")


def hash_password_blocking(password: str) -> str:
    """Return the hash of a password with a salt of its own; blocks for about 30 ms."""
    return _hasher().hash(password)


async def hash_password(password: str) -> str:
    """Return the hash of a password with a salt of its own, without blocking the loop."""
    return await asyncio.to_thread(hash_password_blocking, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Tell whether a password matches a hash; False without a hash.

    Both take the same time, so that the time of a login does not reveal which names exist.
    """
    return await asyncio.to_thread(_matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher().verify(password_hash or _dummy_hash(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return bool(password_hash)
