"""Sessions: what a login begins, a renewal carries on and a log-out ends.

An ordinary request of a customer reads none of this: an access token is good until it expires.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.errors import UnauthorizedError
from app.domain.session import Renewal, Session
from app.domain.user import Credentials
from app.security.signing_keys import SigningKeys
from app.security.tokens import (
    Caller,
    RefreshToken,
    TokenPair,
    issue_tokens,
    read_refresh_token,
    session_of_token,
)
from app.security_log import Kind, record_security_event
from app.store import sessions as store
from app.store.table import Table
from app.store.users import end_sessions_of, find_credentials


async def start_session(
    table: Table, keys: SigningKeys, credentials: Credentials, *, now: datetime, lifetime: timedelta
) -> TokenPair:
    """Store a new session of a user and return its tokens; one write."""
    session = Session(
        session_id=secrets.token_urlsafe(18),
        user_id=credentials.user_id,
        username=credentials.username,
        generation=credentials.generation,
        rotation=0,
        rotated_at=now,
        ends_at=(now + lifetime).replace(microsecond=0),
    )
    await store.add_session(table, session)
    return issue_tokens(session, credentials.role, keys)


async def refresh_session(
    table: Table, keys: SigningKeys, *, refresh_token: str, now: datetime, lifetime: timedelta
) -> TokenPair:
    """Return new tokens for a refresh token, with the role that the user has now.

    One read and one write. The token is good once; for 15 seconds more, until its successor is
    used, it gets the same answer, which may have been lost or asked for by several tabs. After that
    its use ends the session: the token was copied. Safe to repeat within these seconds.

    Raises:
        UnauthorizedError: the token is not a valid refresh token, was used before, or its session
            or its user is gone.
    """
    token = read_refresh_token(refresh_token, keys, now=now)
    credentials = await _credentials_of(table, token.caller)
    session = await _renew(table, token, now=now, lifetime=lifetime)
    verdict = session.judge(token.rotation, now=now) if session else Renewal.ENDED
    if session and verdict is Renewal.GRANTED:
        if credentials.role is not token.caller.role:
            record_security_event(
                Kind.ROLE_CHANGED, user_id=session.user_id, role=str(credentials.role)
            )
        return issue_tokens(session, credentials.role, keys)
    if session and verdict is Renewal.REUSED:
        await store.revoke_session(table, session)
        _record_revoked(session.user_id, cause="token_reused")
    raise UnauthorizedError


async def end_sessions(table: Table, keys: SigningKeys, tokens: Iterable[str]) -> None:
    """End the sessions that tokens of either kind belong to, expired ones too.

    One write for each session. What this shop did not sign is ignored. Safe to repeat.
    """
    found = [session for token in tokens if (session := session_of_token(token, keys))]
    for session in {session.session_id: session for session in found}.values():
        await store.revoke_session(table, session)
        _record_revoked(session.user_id, cause="log_out")


async def end_all_sessions(table: Table, caller: Caller) -> None:
    """End every session of the caller with one write.

    Raises:
        UnauthorizedError: the user is gone, or has ended all sessions since the token was issued.
    """
    generation = caller.generation
    if not await end_sessions_of(
        table, caller.username, user_id=caller.user_id, generation=generation
    ):
        raise UnauthorizedError
    _record_revoked(caller.user_id, cause="log_out_everywhere")


def _record_revoked(user_id: str, *, cause: str) -> None:
    record_security_event(Kind.SESSION_REVOKED, user_id=user_id, cause=cause)


async def confirm_staff(table: Table, caller: Caller) -> Caller:
    """Return the caller with the role that is stored now; a consistent read.

    Raises:
        UnauthorizedError: the user is gone, or has ended all sessions since.
    """
    return replace(caller, role=(await _credentials_of(table, caller)).role)


async def _credentials_of(table: Table, caller: Caller) -> Credentials:
    found = await find_credentials(table, caller.username)
    if not found or (found.user_id, found.generation) != (caller.user_id, caller.generation):
        raise UnauthorizedError
    return found


async def _renew(
    table: Table, token: RefreshToken, *, now: datetime, lifetime: timedelta
) -> Session | None:
    """Move the token's session on if the token is its last one; return it as it is stored."""
    caller = token.caller
    if token.has_session:
        return await store.rotate_session(
            table, caller.session_id, rotation=token.rotation, now=now
        )
    session = Session(
        session_id=caller.session_id,
        user_id=caller.user_id,
        username=caller.username,
        generation=caller.generation,
        rotation=token.rotation + 1,
        rotated_at=now,
        ends_at=(now + lifetime).replace(microsecond=0),
    )
    return await store.add_session(table, session) or session
