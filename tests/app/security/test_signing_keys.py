"""The secrets of a deployment."""

import asyncio
import json
from typing import Any

import pytest

import app.security.signing_keys
from app.domain.errors import SecretsUnavailableError, SettingsError
from app.security.signing_keys import get_signing_keys, parse_signing_keys
from tests.conftest import forget_clients

SECRET = {"signin_1": ["aa" * 32, "bb" * 32], "signin_2": ["cc" * 32], "fingerprint": "dd" * 32}


def test_keys_are_read_newest_first() -> None:
    keys = parse_signing_keys(json.dumps(SECRET))

    assert keys.for_kid("signin_1") == (b"\xaa" * 32, b"\xbb" * 32)
    assert keys.for_kid("signin_2") == (b"\xcc" * 32,)
    assert keys.fingerprint == b"\xdd" * 32


@pytest.mark.parametrize("kid", ["signin_3", "", "fingerprint"])
def test_an_unknown_kid_has_no_key(kid: str) -> None:
    assert parse_signing_keys(json.dumps(SECRET)).for_kid(kid) == ()


def test_keys_are_never_printed() -> None:
    text = repr(parse_signing_keys(json.dumps(SECRET)))

    assert text == "SigningKeys()"


@pytest.mark.parametrize(
    "change",
    [
        {"signin_1": []},
        {"signin_1": None},
        {"signin_1": "zz"},
        {"signin_1": [1]},
        {"signin_2": []},
        {"signin_2": ["not hex"]},
        {"fingerprint": ""},
        {"fingerprint": None},
        {"fingerprint": "xyz"},
    ],
)
def test_a_secret_that_lacks_a_key_is_refused_without_repeating_it(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_signing_keys(json.dumps(SECRET | change))

    assert "aa" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["", "junk", "[]", "null", "1", '"x"', "{}"])
def test_text_that_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="the signing keys secret is malformed"):
        parse_signing_keys(text)


@pytest.mark.parametrize(
    "change",
    [
        {"signin_1": [""]},
        {"signin_1": ["aa"]},
        {"signin_1": ["aa" * 31]},
        {"signin_2": ["", "cc" * 32]},
        {"fingerprint": "dd"},
    ],
)
def test_a_key_that_is_too_short_to_sign_is_refused(change: dict[str, Any]) -> None:
    """An empty key would let any client sign; RFC 7518 asks for 256 bits."""
    with pytest.raises(SettingsError):
        parse_signing_keys(json.dumps(SECRET | change))


async def test_keys_are_fetched_once(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await get_signing_keys()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    second = await get_signing_keys()

    assert first is second
    assert app.security.signing_keys._cached_keys is first


async def test_first_callers_share_one_fetch_which_outlives_one_that_gives_up(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    fetch = app.security.signing_keys.fetch_secret

    async def counted(name: str) -> str:
        fetched.append(name)
        return await fetch(name)

    monkeypatch.setattr("app.security.signing_keys.fetch_secret", counted)
    first, *others = [asyncio.create_task(get_signing_keys()) for _ in range(60)]
    await asyncio.sleep(0)
    first.cancel()

    keys = await asyncio.gather(*others)

    assert len(fetched) == 1
    assert len(set(map(id, keys))) == 1


async def test_a_fetch_that_failed_is_made_again_for_the_next_caller(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def junk(_: str) -> str:
        return "junk"

    with monkeypatch.context() as broken:
        broken.setattr("app.security.signing_keys.fetch_secret", junk)
        failures = await asyncio.gather(
            *(get_signing_keys() for _ in range(3)), return_exceptions=True
        )

    assert [type(failure) for failure in failures] == [SettingsError] * 3
    assert (await get_signing_keys()).fingerprint


async def test_a_deployment_without_its_secret_says_what_is_missing(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIGNING_KEYS_SECRET")
    forget_clients()

    with pytest.raises(SettingsError, match="SIGNING_KEYS_SECRET is not set"):
        await get_signing_keys()


async def test_a_secret_that_is_not_there_is_a_matter_for_later(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING_KEYS_SECRET", "unknown")
    forget_clients()

    with pytest.raises(SecretsUnavailableError):
        await get_signing_keys()
    assert app.security.signing_keys._cached_keys is None
