"""Passwords are kept as slow, salted hashes."""

import asyncio
import os
import sys

import pytest
from argon2 import PasswordHasher, extract_parameters

from app.domain.errors import OverloadedError
from app.security.passwords import (
    PasswordPool,
    Verdict,
    _hasher,
    check_password,
    hash_password,
    hash_password_blocking,
)
from tests.support.password_work import FULL_DUMMY_HASH

pytestmark = pytest.mark.usefixtures("full_password_work")


async def test_a_password_matches_its_own_hash_and_no_other() -> None:
    stored = await hash_password("vmware1!")

    assert await check_password("vmware1!", stored) is Verdict.RIGHT
    for other in ("vmware1", "VMWARE1!", "", "vmware1! "):
        assert await check_password(other, stored) is Verdict.WRONG


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    one, other = hash_password_blocking("vmware1!"), hash_password_blocking("vmware1!")

    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_unknown_name_is_checked_with_the_parameters_of_all_hashes() -> None:
    assert extract_parameters(FULL_DUMMY_HASH) == extract_parameters(hash_password_blocking("x"))


@pytest.mark.parametrize("password", ["ü😀", "\x00", " ", "x" * 200])
async def test_any_text_can_be_a_password(password: str) -> None:
    assert await check_password(password, await hash_password(password)) is Verdict.RIGHT


@pytest.mark.parametrize("stored", [None, "", "junk", "$argon2id$junk", FULL_DUMMY_HASH])
async def test_without_a_good_hash_nothing_matches(stored: str | None) -> None:
    for password in ("nobody", "", "vmware1!", "dummy"):
        assert await check_password(password, stored) is Verdict.WRONG


async def test_accents_count_the_same_however_they_are_typed() -> None:
    stored = await hash_password("cafe\u0301-pass")

    for typed in ("cafe\u0301-pass", "caf\u00e9-pass"):
        assert await check_password(typed, stored) is Verdict.RIGHT


async def test_a_hash_of_an_earlier_release_is_good_and_outdated() -> None:
    as_sent = _hasher().hash("cafe\u0301-pass")
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("vmware1!")

    assert await check_password("cafe\u0301-pass", as_sent) is Verdict.OUTDATED
    assert await check_password("cafe-pass", as_sent) is Verdict.WRONG
    assert await check_password("vmware1!", weaker) is Verdict.OUTDATED


async def test_hashing_leaves_the_loop_free() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await hash_password("vmware1!")
    ticking.cancel()

    assert ticks > 2


def test_places_are_given_until_none_is_free_and_given_back() -> None:
    pool = PasswordPool(threads=1, most=2)

    with pool.place():
        with pytest.raises(ZeroDivisionError), pool.place():
            raise ZeroDivisionError
        with pool.place(), pytest.raises(OverloadedError), pool.place():
            pass

    with pool.place(), pool.place():
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="there threads have no priority of their own")
async def test_hashing_stands_back_behind_the_event_loop() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    own = priority()
    of_threads = await PasswordPool(threads=1, most=1).run(priority)

    assert of_threads == min(own + 10, 19)
    assert priority() == own
