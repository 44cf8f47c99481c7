"""Registration and login."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.card_text import mask_card_numbers
from app.domain.errors import (
    InvalidCredentialsError,
    UnreadableItemError,
    UsernameTakenError,
)
from app.domain.throttling import Limits
from app.domain.user import Credentials, Role, User
from app.security.origins import Origin
from app.security.passwords import Verdict, check_password, hash_password
from app.security.signing_keys import SigningKeys
from app.security.tokens import TokenPair
from app.security_log import note_user
from app.services.sessions import start_session
from app.services.throttling import limited_login
from app.store import users as store
from app.store.table import Table
from app.usernames import latin_lookalikes, names_of_login, skeletons


@dataclass(frozen=True)
class Login:
    """A successful login."""

    user_id: str
    role: Role
    tokens: TokenPair


async def register_user(
    table: Table,
    *,
    user_id: str,
    username: str,
    password: str,
    first_name: str,
    last_name: str,
    email: str,
    now: datetime,
    role: Role = Role.CUSTOMER,
) -> User:
    """Store a new user under a name that is free; reads each that the name may look like.

    Name and password have been checked (``app/usernames.py``, ``app/security/new_passwords.py``).

    Raises:
        UsernameTakenError: another user has the name or one that looks like it; the write itself
            decides.
    """
    # Users of earlier releases have reserved their names alone, until they log in.
    for alike in latin_lookalikes(username):
        try:
            is_taken = await store.find_credentials(table, alike) is not None
        except UnreadableItemError:
            is_taken = True
        if is_taken:
            raise UsernameTakenError
    user = User(
        user_id=user_id,
        username=username,
        # What people type into such fields is at times a card's number.
        first_name=mask_card_numbers(first_name),
        last_name=mask_card_numbers(last_name),
        email=mask_card_numbers(email),
        role=role,
        created_at=now,
    )
    credentials = Credentials(
        user_id=user_id,
        username=username,
        role=role,
        password_hash=await hash_password(password),
        has_reserved_look=True,
    )
    await store.add_user(table, user, credentials, skeletons=skeletons(username))
    return user


async def log_in(
    table: Table,
    keys: SigningKeys,
    *,
    username: str,
    password: str,
    origin: Origin,
    limits: Limits,
    now: datetime,
    lifetime: timedelta,
) -> Login:
    """Begin a session for a name and its password.

    Reads the credentials once, twice for a name that is not found and has invisible characters,
    and writes the session once, and a hash that is outdated; :func:`limited_login` adds the reads
    and writes of its counters. The first login of a user of an earlier release reserves what the
    name looks like, in two to four writes.

    Raises:
        InvalidCredentialsError: unknown name or wrong password; both take the same time.
        TooManyAttemptsError: too many passwords were wrong before.
    """
    async with limited_login(table, keys, limits=limits, username=username, origin=origin, now=now):
        credentials = await _find_credentials(table, username)
        stored_hash = credentials.password_hash if credentials else None
        if credentials:
            note_user(credentials.user_id)
        verdict = await check_password(password, stored_hash)
        if verdict is Verdict.WRONG or credentials is None:
            raise InvalidCredentialsError("Invalid username or password")
    if verdict is Verdict.OUTDATED:
        await store.replace_hash(table, credentials, await hash_password(password))
    if not credentials.has_reserved_look:
        await reserve_look(table, credentials)
    tokens = await start_session(table, keys, credentials, now=now, lifetime=lifetime)
    return Login(credentials.user_id, credentials.role, tokens)


async def reserve_look(table: Table, credentials: Credentials) -> tuple[str, ...]:
    """Reserve what a name looks like, two to four writes; return the ids of users it looks like.

    Safe to repeat.
    """
    forms = skeletons(credentials.username)
    return await store.reserve_lookalikes(table, credentials, forms)


async def _find_credentials(table: Table, username: str) -> Credentials | None:
    for name in names_of_login(username):
        if credentials := await store.find_credentials(table, name):
            return credentials
    return None
