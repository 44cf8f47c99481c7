"""Tokens at any time, without a shop."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app.domain.errors import UnauthorizedError
from app.domain.user import Role
from app.security.signing_keys import SigningKeys
from app.security.tokens import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    Caller,
    issue_tokens,
    read_access_token,
    read_refresh_token,
)

NOW = datetime(2020, 2, 29, 12, tzinfo=UTC)
ERIC = Caller("5c393a111d41c892ce243829", "eric", Role.CUSTOMER)
DWIGHT = Caller("5c393a011d41c892ce243828", "dwight", Role.STAFF)
KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)


def test_lifetimes_are_those_of_the_contract() -> None:
    assert timedelta(minutes=60) == ACCESS_LIFETIME
    assert timedelta(minutes=180) == REFRESH_LIFETIME


@pytest.mark.parametrize("caller", [ERIC, DWIGHT])
def test_a_token_speaks_for_whom_it_was_issued(caller: Caller) -> None:
    tokens = issue_tokens(caller, KEYS, now=NOW)

    assert read_access_token(tokens.access, KEYS, now=NOW) == caller
    assert read_refresh_token(tokens.refresh, KEYS, now=NOW) == caller


def test_only_staff_are_staff() -> None:
    assert (ERIC.is_staff, DWIGHT.is_staff) == (False, True)


def test_claims_and_header_are_those_of_the_contract() -> None:
    tokens = issue_tokens(ERIC, KEYS, now=NOW)

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
    tokens = issue_tokens(ERIC, KEYS, now=NOW)
    second = timedelta(seconds=1)

    read_access_token(tokens.access, KEYS, now=NOW + ACCESS_LIFETIME - second)
    read_refresh_token(tokens.refresh, KEYS, now=NOW + REFRESH_LIFETIME - second)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.access, KEYS, now=NOW + ACCESS_LIFETIME)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.refresh, KEYS, now=NOW + REFRESH_LIFETIME)


def test_neither_token_passes_for_the_other() -> None:
    tokens = issue_tokens(ERIC, KEYS, now=NOW)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.refresh, KEYS, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.access, KEYS, now=NOW)


def test_neither_token_passes_for_the_other_even_with_one_key_for_both() -> None:
    keys = SigningKeys(access=(b"a" * 32,), refresh=(b"a" * 32,), fingerprint=b"f")
    tokens = issue_tokens(ERIC, keys, now=NOW)

    with pytest.raises(UnauthorizedError):
        read_access_token(tokens.refresh, keys, now=NOW)
    with pytest.raises(UnauthorizedError):
        read_refresh_token(tokens.access, keys, now=NOW)


def test_after_a_rotation_old_tokens_count_and_new_ones_use_the_new_key() -> None:
    rotated = SigningKeys(access=(b"n" * 32, b"a" * 32), refresh=KEYS.refresh, fingerprint=b"f")
    only_new = SigningKeys(access=(b"n" * 32,), refresh=KEYS.refresh, fingerprint=b"f")
    old = issue_tokens(ERIC, KEYS, now=NOW)
    new = issue_tokens(ERIC, rotated, now=NOW)

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
    for token in ("", "junk", "a.b.c", issue_tokens(ERIC, KEYS, now=NOW).refresh):
        with pytest.raises(UnauthorizedError, match=r"^Invalid Key\. User Not Authorized$"):
            read_access_token(token, KEYS, now=NOW)
