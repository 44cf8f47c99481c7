"""Access and refresh tokens (openapi/CONTRACT.md, 3.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from app.domain.errors import UnauthorizedError
from app.domain.user import Role
from app.security.signing_keys import ACCESS, REFRESH, SigningKeys

ACCESS_LIFETIME = timedelta(minutes=60)
REFRESH_LIFETIME = timedelta(minutes=180)

_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Caller:
    """The user that a valid token identifies."""

    user_id: str
    username: str
    role: Role

    @property
    def is_staff(self) -> bool:
        """Whether the caller is staff."""
        return self.role is Role.STAFF


@dataclass(frozen=True)
class TokenPair:
    """An access token and a refresh token."""

    access: str
    refresh: str


def issue_tokens(caller: Caller, keys: SigningKeys, *, now: datetime) -> TokenPair:
    """Return new tokens for ``caller``. Both carry the user, so a refresh needs no read."""
    claims = {
        "Username": caller.username,
        "sub": caller.user_id,
        "role": str(caller.role),
    }
    return TokenPair(
        access=_sign(claims, ACCESS, keys, now + ACCESS_LIFETIME),
        refresh=_sign(claims, REFRESH, keys, now + REFRESH_LIFETIME),
    )


def _sign(claims: dict[str, str], kid: str, keys: SigningKeys, expires: datetime) -> str:
    payload = {**claims, "exp": int(expires.timestamp())}
    return jwt.encode(payload, keys.for_kid(kid)[0], algorithm=_ALGORITHM, headers={"kid": kid})


def read_access_token(token: str, keys: SigningKeys, *, now: datetime) -> Caller:
    """Return the user of an access token.

    Raises:
        UnauthorizedError: the signature is wrong, it is not an access token, or it is expired.
    """
    return _read(token, ACCESS, keys, now)


def read_refresh_token(token: str, keys: SigningKeys, *, now: datetime) -> Caller:
    """Return the user of a refresh token.

    Raises:
        UnauthorizedError: the signature is wrong, it is not a refresh token, or it is expired.
    """
    return _read(token, REFRESH, keys, now)


def _read(token: str, kid: str, keys: SigningKeys, now: datetime) -> Caller:
    try:
        if jwt.get_unverified_header(token).get("kid") != kid:
            raise UnauthorizedError("Invalid Key. User Not Authorized")
        claims = _verified(token, keys.for_kid(kid))
        # Compared with ``now``: the library would use the machine's clock.
        if claims["exp"] > now.timestamp():
            return Caller(claims["sub"], claims["Username"], Role.from_stored(claims["role"]))
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        pass
    raise UnauthorizedError("Invalid Key. User Not Authorized")


def _verified(token: str, keys: tuple[bytes, ...]) -> dict[str, Any]:
    failure: jwt.PyJWTError = jwt.InvalidTokenError()
    for key in keys:
        try:
            return jwt.decode(token, key, algorithms=[_ALGORITHM], options={"verify_exp": False})
        except jwt.PyJWTError as error:
            failure = error
    raise failure
