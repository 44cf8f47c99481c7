"""Wrong passwords and registrations beyond their limits."""

import secrets
from asyncio import gather
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.errors import InvalidCredentialsError, TooManyAttemptsError
from app.domain.throttling import Limit
from app.security.origins import Origin, remember_device
from app.security.signing_keys import SigningKeys
from app.services.throttling import check_registration, limited_login
from app.settings import read_settings
from app.store.table import Table
from tests.support.shop import count_calls, fresh

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
LIMITS = replace(
    read_settings({"STAGE": "production"}).limits,
    login=Limit(3, 60),
    login_by_name=Limit(9, 4),
    login_by_address=Limit(40, 8),
    registrations=Limit(2, 60),
)
HOME, CAFE = Origin("192.0.2.1"), Origin("198.51.100.7")


def _check_password(*, is_right: bool) -> None:
    if not is_right:
        raise InvalidCredentialsError


async def attempt(
    table: Table, name: str, *, right: bool = False, origin: Origin = HOME, now: datetime = NOW
) -> str:
    """Return what became of one login: in, wrong, or the seconds to wait."""
    facts: dict[str, Any] = {"limits": LIMITS, "username": name, "origin": origin, "now": now}
    try:
        async with limited_login(table, KEYS, **facts):
            _check_password(is_right=right)
    except InvalidCredentialsError:
        return "wrong"
    except TooManyAttemptsError as refused:
        return str(refused.retry_after_seconds)
    return "in"


async def wrong(table: Table, name: str, times: int, **facts: Any) -> list[str]:
    return [await attempt(table, name, **facts) for _ in range(times)]


async def test_guesses_beyond_the_free_ones_must_wait_longer_each_time(table: Table) -> None:
    name, now, waits = fresh("eric"), NOW, []
    assert await wrong(table, name, 3) == ["wrong"] * 3

    for _ in range(8):
        waits.append(int(await attempt(table, name, now=now)))
        assert await attempt(table, name, now=now, right=True) == str(waits[-1])
        now += timedelta(seconds=waits[-1])
        assert await attempt(table, name, now=now) == "wrong"

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_who_waits_gets_in_and_begins_anew(table: Table) -> None:
    name = fresh("eric")
    assert await wrong(table, name, 4) == ["wrong", "wrong", "wrong", "1"]

    late = NOW + timedelta(seconds=1)

    assert await attempt(table, name, right=True, now=late) == "in"
    assert await wrong(table, name, 3, now=late) == ["wrong"] * 3


async def test_being_refused_makes_no_wait_longer(table: Table) -> None:
    name = fresh("eric")
    await wrong(table, name, 3)
    calls = count_calls(table)

    assert await wrong(table, name, 50) == ["1"] * 50

    assert "update_item" not in calls
    assert await attempt(table, name, now=NOW + timedelta(seconds=1), right=True) == "in"


async def test_guesses_at_the_same_moment_are_no_more_than_those_one_after_another(
    table: Table,
) -> None:
    name = fresh("eric")

    results = await gather(*(attempt(table, name) for _ in range(20)))

    assert sorted(results) == ["1"] * 17 + ["wrong"] * 3

    # Of those that wait for the same moment one is counted, and the next waits for that one.
    later = NOW + timedelta(seconds=1)
    results = await gather(*(attempt(table, name, now=later) for _ in range(20)))
    assert sorted(results) == ["2"] * 19 + ["wrong"]
    assert await attempt(table, name, right=True, now=later) == "2"


async def test_the_right_one_of_many_guesses_at_the_same_moment_is_not_told(table: Table) -> None:
    """Its answer comes after the wrong ones were counted."""
    name = fresh("eric")
    facts: dict[str, Any] = {"limits": LIMITS, "username": name, "origin": HOME, "now": NOW}

    with pytest.raises(TooManyAttemptsError):
        async with limited_login(table, KEYS, **facts):
            assert await wrong(table, name, 3) == ["wrong"] * 3


async def test_names_and_addresses_have_counters_of_their_own(table: Table) -> None:
    name = fresh("eric")
    await wrong(table, name, 4)

    assert await attempt(table, name.upper()) == "1"
    assert await attempt(table, fresh("han")) == "wrong"
    assert await attempt(table, name, origin=CAFE, right=True) == "in"


async def test_guesses_from_everywhere_are_slowed_down_and_nothing_more(table: Table) -> None:
    name = fresh("eric")
    origins = [Origin(f"203.0.113.{number}") for number in range(20)]
    first = [await attempt(table, name, origin=origin) for origin in origins]
    more = [await attempt(table, name, origin=origin) for origin in origins]

    assert first == ["wrong"] * 20
    assert more == ["4"] * 20
    late = NOW + timedelta(seconds=4)
    assert await attempt(table, name, origin=origins[-1], right=True, now=late) == "in"
    # Who knows the password makes room for no strangers' guesses.
    assert await attempt(table, name, origin=origins[0], now=late) == "wrong"
    assert await attempt(table, name, origin=origins[1], now=late) == "4"


async def test_an_address_that_was_never_wrong_gets_in_while_strangers_guess(table: Table) -> None:
    name = fresh("eric")
    for number in range(20):
        await attempt(table, name, origin=Origin(f"203.0.113.{number}"))

    assert await attempt(table, name, origin=Origin("198.51.100.7"), right=True) == "in"


async def test_strangers_do_not_lock_out_a_device_that_has_logged_in_before(table: Table) -> None:
    name = fresh("staff")
    till = replace(HOME, device_cookie=remember_device(KEYS, HOME, name))
    for number in range(12):
        await wrong(table, name, 4, origin=Origin(f"203.0.113.{number}"))
    await wrong(table, name, 4)

    assert await attempt(table, name, right=True) != "in"
    assert await attempt(table, name, origin=till, right=True) == "in"
    # A stolen device has its own limit.
    assert await wrong(table, name, 4, origin=till) == ["wrong", "wrong", "wrong", "1"]


async def test_one_password_for_many_names_from_one_address_is_slowed_down(table: Table) -> None:
    office = Origin(fresh("address"))
    names = [fresh("name") for _ in range(40)]
    assert [await attempt(table, name, origin=office) for name in names] == ["wrong"] * 40

    assert await attempt(table, fresh("name"), origin=office) == "1"
    assert await attempt(table, names[0], origin=office, right=True) == "1"
    # Waits rise, and end; other addresses and a till that was there before are let in.
    later = NOW + timedelta(seconds=1)
    assert await attempt(table, fresh("name"), origin=office, now=later) == "wrong"
    assert await attempt(table, fresh("name"), origin=office, now=later) == "2"
    assert await attempt(table, names[0], origin=CAFE, right=True) == "in"
    clerk = fresh("staff")
    till = replace(office, device_cookie=remember_device(KEYS, office, clerk))
    assert await attempt(table, clerk, origin=till, right=True, now=later) == "in"


async def test_a_good_login_costs_two_calls_and_a_bad_one_three_writes(table: Table) -> None:
    name = fresh("eric")
    calls = count_calls(table)

    await attempt(table, name, right=True)
    good = calls.copy()
    calls.clear()
    await attempt(table, name)

    assert good == ["batch_get", "get_item"]
    assert calls == ["batch_get"] + ["update_item"] * 3


async def test_registrations_at_the_same_moment_are_counted_while_they_are_allowed(
    table: Table,
) -> None:
    origin = Origin(fresh("address"))

    async def register(now: datetime) -> int:
        try:
            await check_registration(table, KEYS, limits=LIMITS, origin=origin, now=now)
        except TooManyAttemptsError as refused:
            return refused.retry_after_seconds
        return 0

    assert sorted(await gather(*(register(NOW) for _ in range(20)))) == [0, 0] + [1] * 18
    later = NOW + timedelta(seconds=1)
    assert sorted(await gather(*(register(later) for _ in range(20)))) == [0] + [2] * 19


async def test_registrations_from_one_address_are_limited(table: Table) -> None:
    network = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    origin, other = Origin(f"{network}::9"), Origin(fresh("address"))
    now = NOW
    for number in range(2):
        neighbour = Origin(f"{network}::{number}")
        await check_registration(table, KEYS, limits=LIMITS, origin=neighbour, now=now)

    for wait in (1, 2, 4):
        with pytest.raises(TooManyAttemptsError) as refused:
            await check_registration(table, KEYS, limits=LIMITS, origin=origin, now=now)
        assert refused.value.retry_after_seconds == wait
        now += timedelta(seconds=wait)
        await check_registration(table, KEYS, limits=LIMITS, origin=origin, now=now)
    await check_registration(table, KEYS, limits=LIMITS, origin=other, now=now)
