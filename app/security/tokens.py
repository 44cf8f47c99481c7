"""Access and refresh tokens (openapi/CONTRACT.md, 3.1).

Verifying one reads nothing. Whether its session goes on, and whether a member of staff is one
still, is asked by ``app/services/sessions.py``.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt

from app.domain.errors import UnauthorizedError
from app.domain.session import Session
from app.domain.user import Role
from app.security.signing_keys import ACCESS, REFRESH, SigningKeys

ACCESS_LIFETIME = timedelta(minutes=60)
REFRESH_LIFETIME = timedelta(minutes=180)

#: Who issues the tokens, and for whom: both are this API.
ISSUER = AUDIENCE = "acme-fitness-shop"

_ALGORITHM = "HS256"
_TYPES = {ACCESS: "access", REFRESH: "refresh"}


@dataclass(frozen=True)
class Caller:
    """The user that a valid token identifies.

    ``session_id`` is empty for an access token of a release that had no sessions, and
    ``generation`` is the user's when the session began.
    """

    user_id: str
    username: str
    role: Role
    session_id: str = field(default="", compare=False)
    generation: str = field(default="", compare=False)
    expires_at: datetime = field(default=datetime.max.replace(tzinfo=UTC), compare=False)

    @property
    def is_staff(self) -> bool:
        """Whether the token says staff; ``confirm_staff`` says whether that is true still."""
        return self.role is Role.STAFF


@dataclass(frozen=True)
class RefreshToken:
    """What a refresh token says; ``has_session`` is False for one without a session's id.

    Such a token is of a release that had no sessions. It stands for a session of its own, whose
    id follows from the token, so that it can be used once and ended like any other.
    """

    caller: Caller
    rotation: int
    has_session: bool


@dataclass(frozen=True)
class TokenPair:
    """An access token and a refresh token."""

    access: str
    refresh: str


def issue_tokens(session: Session, role: Role, keys: SigningKeys) -> TokenPair:
    """Return the tokens of a session; the same session as it is stored has the same tokens.

    Neither outlives the session.
    """
    return TokenPair(
        access=_sign(session, role, ACCESS, keys, ACCESS_LIFETIME),
        refresh=_sign(session, role, REFRESH, keys, REFRESH_LIFETIME),
    )


def _sign(session: Session, role: Role, kid: str, keys: SigningKeys, lifetime: timedelta) -> str:
    kind = _TYPES[kid]
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": session.user_id,
        "Username": session.username,
        "role": str(role),
        "typ": kind,
        "sid": session.session_id,
        "gen": session.generation,
        "rot": session.rotation,
        "jti": f"{session.session_id}.{session.rotation}.{kind}",
        "iat": int(session.rotated_at.timestamp()),
        "exp": int(min(session.rotated_at + lifetime, session.ends_at).timestamp()),
    }
    return jwt.encode(payload, keys.for_kid(kid)[0], algorithm=_ALGORITHM, headers={"kid": kid})


def read_access_token(token: str, keys: SigningKeys, *, now: datetime) -> Caller:
    """Return the user of an access token.

    Raises:
        UnauthorizedError: the signature is wrong, it is not an access token, or it is expired.
    """
    caller = _access_caller(token, keys)
    if caller.expires_at <= now:
        raise UnauthorizedError
    return caller


# A signature stays right under the same keys: what it proves is remembered, whether the token
# is expired is not. Refusals are not remembered.
@lru_cache(maxsize=2000)
def _access_caller(token: str, keys: SigningKeys) -> Caller:
    return _caller(_claims(token, ACCESS, keys))


def read_refresh_token(token: str, keys: SigningKeys, *, now: datetime) -> RefreshToken:
    """Return what a refresh token says.

    Raises:
        UnauthorizedError: the signature is wrong, it is not a refresh token, or it is expired.
    """
    return _refresh_token(_current_claims(token, REFRESH, keys, now), token)


def session_of_token(token: str, keys: SigningKeys) -> Session | None:
    """Return the session that a token of either kind belongs to, an expired token too.

    None for what this shop did not sign, and for an access token without a session.
    """
    for kid in (ACCESS, REFRESH):
        try:
            claims = _claims(token, kid, keys)
        except UnauthorizedError:
            continue
        caller = _refresh_token(claims, token).caller if kid == REFRESH else _caller(claims)
        if not caller.session_id:
            return None
        return Session(
            session_id=caller.session_id,
            user_id=caller.user_id,
            username=caller.username,
            generation=caller.generation,
            rotation=int(claims.get("rot", 0)),
            rotated_at=caller.expires_at,
            ends_at=caller.expires_at,
        )
    return None


#: Three parts in Base64 for URLs, without padding (RFC 7515, 2), which the library lets pass.
_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


def _current_claims(token: str, kid: str, keys: SigningKeys, now: datetime) -> dict[str, Any]:
    claims = _claims(token, kid, keys)
    # Compared with ``now``: the library would use the machine's clock.
    if claims["exp"] <= now.timestamp():
        raise UnauthorizedError
    return claims


def _claims(token: str, kid: str, keys: SigningKeys) -> dict[str, Any]:
    """Return the claims of a token that this shop signed as one of this kind, expired or not."""
    try:
        if _FORM.fullmatch(token) and jwt.get_unverified_header(token).get("kid") == kid:
            claims = _verified(token, keys.for_kid(kid))
            if _is_well_formed(claims, kid):
                return claims
    except (jwt.PyJWTError, ValueError):
        pass
    raise UnauthorizedError


def _is_well_formed(claims: dict[str, Any], kid: str) -> bool:
    texts: list[Any] = [claims.get(name) for name in ("sub", "Username", "role")]
    numbers: list[Any] = [claims.get("exp")]
    if "sid" in claims or "typ" in claims:
        texts += [claims.get("sid"), claims.get("jti")]
        numbers += [claims.get(name) for name in ("rot", "iat")]
        if not isinstance(claims.get("gen"), str):
            return False
        expected = {"iss": ISSUER, "aud": AUDIENCE, "typ": _TYPES[kid]}
        if any(claims.get(name) != value for name, value in expected.items()):
            return False
    return all(isinstance(text, str) and text for text in texts) and all(
        isinstance(number, int | float) and 0 <= number < 1e11 for number in numbers
    )


def _verified(token: str, keys: tuple[bytes, ...]) -> dict[str, Any]:
    failure: jwt.PyJWTError = jwt.InvalidTokenError()
    # Times are compared with ``now``, audience and issuer in ``_is_well_formed``: tokens of the
    # release before have neither.
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    for key in keys:
        try:
            return jwt.decode(token, key, algorithms=[_ALGORITHM], options=options)
        except jwt.PyJWTError as error:
            failure = error
    raise failure


def _caller(claims: dict[str, Any]) -> Caller:
    return Caller(
        claims["sub"],
        claims["Username"],
        Role.from_stored(claims["role"]),
        session_id=claims.get("sid", ""),
        generation=claims.get("gen", ""),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def _refresh_token(claims: dict[str, Any], token: str) -> RefreshToken:
    caller = _caller(claims)
    if caller.session_id:
        return RefreshToken(caller, int(claims["rot"]), has_session=True)
    digest = hashlib.sha256(token.encode()).digest()
    caller = replace(caller, session_id=urlsafe_b64encode(digest[:18]).decode())
    return RefreshToken(caller, 0, has_session=False)
