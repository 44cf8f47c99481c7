"""Passwords are kept as slow, salted hashes."""

import asyncio

import pytest

from app.security.passwords import hash_password, hash_password_blocking, password_matches


async def test_a_password_matches_its_own_hash_and_no_other() -> None:
    stored = await hash_password("vmware1!")

    assert await password_matches("vmware1!", stored)
    for other in ("vmware1", "VMWARE1!", "", "vmware1! "):
        assert not await password_matches(other, stored)


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    one, other = hash_password_blocking("vmware1!"), hash_password_blocking("vmware1!")

    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", ["ü😀", "\x00", " ", "x" * 200])
async def test_any_text_can_be_a_password(password: str) -> None:
    assert await password_matches(password, await hash_password(password))


@pytest.mark.parametrize("stored", [None, "", "junk", "$argon2id$junk"])
async def test_without_a_good_hash_nothing_matches(stored: str | None) -> None:
    for password in ("nobody", "", "vmware1!"):
        assert not await password_matches(password, stored)


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
