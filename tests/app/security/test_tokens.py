"""Tokens at any time, without a shop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from app.domain.errors import UnauthorizedError
from app.domain.session import Session
from app.domain.user import Role
from app.security.signing_keys import SigningKeys
from app.security.tokens import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    Caller,
    TokenPair,
    issue_tokens,
    read_access_token,
    read_refresh_token,
    session_of_token,
)

NOW = datetime(2020, 2, 29, 12, tzinfo=UTC)
ERIC = Caller("5c393a111d41c892ce243829", "eric", Role.CUSTOMER)
DWIGHT = Caller("5c393a011d41c892ce243828", "dwight", Role.STAFF)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
ENDS = NOW + timedelta(hours=12)


def tokens_of(caller: Caller, keys: SigningKeys = KEYS, *, ends_at: datetime = ENDS) -> TokenPair:
    session = Session("session-1", caller.user_id, caller.username, "g2", 5, NOW, ends_at)
    return issue_tokens(session, caller.role, keys)


def old_token(kid: str, **changes: Any) -> str:
    """Return a token as the release before signed it."""
    claims = {"sub": "x", "Username": "x", "role": "staff", "exp": 9999999999, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, b"a" * 32, algorithm="HS256", headers={"kid": kid})


def test_lifetimes_are_those_of_the_contract() -> None:
    assert timedelta(minutes=60) == ACCESS_LIFETIME
    assert timedelta(minutes=180) == REFRESH_LIFETIME


@pytest.mark.parametrize("caller", [ERIC, DWIGHT])
def test_a_token_speaks_for_whom_it_was_issued(caller: Caller) -> None:
    tokens = tokens_of(caller)

    assert read_access_token(tokens.access, KEYS, now=NOW) == caller
    assert read_refresh_token(tokens.refresh, KEYS, now=NOW).caller == caller


def test_only_staff_are_staff() -> None:
    assert (ERIC.is_staff, DWIGHT.is_staff) == (False, True)


def test_claims_and_header_are_those_of_the_contract() -> None:
    tokens = tokens_of(ERIC)

    claims = jwt.decode(tokens.access, options={"verify_signature": False})

    assert claims["Username"] == "eric"
    assert claims["sub"] == ERIC.user_id
    assert claims["exp"] == int((NOW + ACCESS_LIFETIME).timestamp())
    assert jwt.get_unverified_header(tokens.access) == {
        "alg": "HS256",
        "kid": "signin_1",
        "typ": "JWT",
    }
    assert jwt.get_unverified_header(tokens.refresh)["kid"] == "signin_2"


def test_a_token_ends_with_its_lifetime() -> None:
    tokens = tokens_of(ERIC)
    second = timedelta(seconds=1)

    read_access_token(tokens.access, KEYS, now=NOW + ACCESS_LIFETIME - second)
    read_refresh_token(tokens.refresh, KEYS, now=NOW + REFRESH_LIFETIME - second)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.access, KEYS, now=NOW + ACCESS_LIFETIME)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.refresh, KEYS, now=NOW + REFRESH_LIFETIME)


def test_a_remembered_token_ends_with_its_lifetime_and_with_its_key() -> None:
    token = tokens_of(ERIC).access
    rotated = replace(KEYS, access=(b"n" * 32,))

    assert read_access_token(token, KEYS, now=NOW) is read_access_token(token, KEYS, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_access_token(token, KEYS, now=NOW + ACCESS_LIFETIME)
    with pytest.raises(UnauthorizedError):
        read_access_token(token, rotated, now=NOW)


def test_neither_token_passes_for_the_other() -> None:
    tokens = tokens_of(ERIC)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.refresh, KEYS, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.access, KEYS, now=NOW)


def test_neither_token_passes_for_the_other_even_with_one_key_for_both() -> None:
    keys = SigningKeys(access=(b"a" * 32,), refresh=(b"a" * 32,), fingerprint=b"f")
    tokens = tokens_of(ERIC, keys)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.refresh, keys, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.access, keys, now=NOW)


def test_after_a_rotation_old_tokens_count_and_new_ones_use_the_new_key() -> None:
    rotated = SigningKeys(access=(b"n" * 32, b"a" * 32), refresh=KEYS.refresh, fingerprint=b"f")
    only_new = SigningKeys(access=(b"n" * 32,), refresh=KEYS.refresh, fingerprint=b"f")
    old = tokens_of(ERIC)
    new = tokens_of(ERIC, rotated)

    assert read_access_token(old.access, rotated, now=NOW) == ERIC
    assert read_access_token(new.access, rotated, now=NOW) == ERIC
    assert read_access_token(new.access, only_new, now=NOW) == ERIC
    with pytest.raises(UnauthorizedError):
        read_access_token(old.access, only_new, now=NOW)


@pytest.mark.parametrize("kid", ["signin_3", "", "SIGNIN_1", None])
def test_an_unknown_kid_is_not_checked_against_an_empty_key(kid: str | None) -> None:
    claims = {"sub": "x", "Username": "x", "role": "staff", "exp": 9999999999}
    header = {} if kid is None else {"kid": kid}
    token = jwt.encode(claims, b"a" * 32, algorithm="HS256", headers=header)

    with pytest.raises(UnauthorizedError):
        read_access_token(token, KEYS, now=NOW)
    assert KEYS.for_kid(kid or "") == ()


@pytest.mark.parametrize("claim", ["sub", "Username", "role", "exp"])
def test_a_token_without_a_claim_is_refused(claim: str) -> None:
    claims = {"sub": "x", "Username": "x", "role": "staff", "exp": 9999999999}
    del claims[claim]
    token = jwt.encode(claims, b"a" * 32, algorithm="HS256", headers={"kid": "signin_1"})

    with pytest.raises(UnauthorizedError):
        read_access_token(token, KEYS, now=NOW)


def test_a_refusal_says_the_same_for_every_reason() -> None:
    for token in ("", "junk", "a.b.c", tokens_of(ERIC).refresh):
        with pytest.raises(UnauthorizedError, match=r"^Invalid Key\. User Not Authorized$"):
            read_access_token(token, KEYS, now=NOW)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("added", ["=", "==", " ", "\n", "+"])
def test_each_part_is_written_as_it_was_signed(part: int, added: str) -> None:
    parts = tokens_of(ERIC).access.split(".")
    assert read_access_token(".".join(parts), KEYS, now=NOW).username == "eric"

    parts[part] += added

    with pytest.raises(UnauthorizedError):
        read_access_token(".".join(parts), KEYS, now=NOW)


def test_both_tokens_carry_their_session_and_say_what_they_are() -> None:
    tokens = tokens_of(ERIC)
    pair = [
        jwt.decode(token, options={"verify_signature": False})
        for token in (tokens.access, tokens.refresh)
    ]

    assert [claims["typ"] for claims in pair] == ["access", "refresh"]
    assert pair[0]["jti"] != pair[1]["jti"]
    for claims in pair:
        assert (claims["sid"], claims["gen"], claims["rot"]) == ("session-1", "g2", 5)
        assert claims["iss"] == claims["aud"] == "acme-fitness-shop"
        assert claims["iat"] == int(NOW.timestamp())


def test_no_token_outlives_its_session() -> None:
    tokens = tokens_of(ERIC, ends_at=NOW + timedelta(minutes=5))

    read_access_token(tokens.access, KEYS, now=NOW + timedelta(minutes=4))
    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.access, KEYS, now=NOW + timedelta(minutes=5))
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.refresh, KEYS, now=NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "another shop"},
        {"aud": "another shop"},
        {"aud": ["acme-fitness-shop"]},
        {"typ": "refresh"},
        {"typ": None},
        {"sid": ""},
        {"sid": 5},
        {"jti": None},
        {"gen": 1},
        {"rot": None},
        {"rot": -1},
        {"iat": None},
    ],
)
def test_each_claim_of_a_session_must_be_right(change: dict[str, Any]) -> None:
    right = jwt.decode(tokens_of(ERIC).access, options={"verify_signature": False})
    read_access_token(old_token("signin_1", **right), KEYS, now=NOW)

    with pytest.raises(UnauthorizedError):
        read_access_token(old_token("signin_1", **{**right, **change}), KEYS, now=NOW)


@pytest.mark.parametrize("keep", ["typ", "sid"])
def test_no_token_is_of_two_releases(keep: str) -> None:
    """One without a session has no kind, and one without a kind has no session."""
    right = jwt.decode(tokens_of(ERIC).access, options={"verify_signature": False})
    claims = {name: right[name] for name in ("sub", "Username", "role", "exp", keep)}

    with pytest.raises(UnauthorizedError):
        read_access_token(old_token("signin_1", **claims), KEYS, now=NOW)


def test_a_token_of_the_release_before_is_good_for_its_kind_only() -> None:
    keys = SigningKeys(access=(b"a" * 32,), refresh=(b"a" * 32,), fingerprint=b"f")
    access, refresh = old_token("signin_1"), old_token("signin_2")

    assert read_access_token(access, keys, now=NOW).session_id == ""
    first, second = (read_refresh_token(refresh, keys, now=NOW) for _ in range(2))
    assert not first.has_session
    # Its session follows from the token, so that it can be used once.
    assert first.caller.session_id == second.caller.session_id != ""
    with pytest.raises(UnauthorizedError):
        read_access_token(refresh, keys, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(access, keys, now=NOW)


def test_the_session_of_a_token_is_found_after_its_end_too() -> None:
    tokens = tokens_of(ERIC)

    for token in (tokens.access, tokens.refresh):
        found = session_of_token(token, KEYS)
        assert found is not None
        assert (found.session_id, found.user_id) == ("session-1", ERIC.user_id)
    assert session_of_token(old_token("signin_1"), KEYS) is None
    assert session_of_token("junk", KEYS) is None
