"""What users do to their own accounts: a new password, and the end of the account."""

from datetime import datetime, timedelta

from app.domain.errors import InvalidCredentialsError, UnauthorizedError
from app.domain.throttling import Limits
from app.domain.user import Credentials
from app.security.new_passwords import check_new_password
from app.security.origins import Origin
from app.security.passwords import Verdict, check_password, hash_password
from app.security.signing_keys import SigningKeys
from app.security.tokens import Caller, TokenPair
from app.security_log import Kind, record_security_event
from app.services.sessions import start_session
from app.services.throttling import limited_login
from app.store import users as store
from app.store.carts import delete_cart
from app.store.orders import blank_buyer, list_user_order_ids
from app.store.pagination import MAX_PAGE, PageRequest
from app.store.table import Table
from app.usernames import skeletons


async def change_password(
    table: Table,
    keys: SigningKeys,
    caller: Caller,
    *,
    password: str,
    new_password: str,
    origin: Origin,
    limits: Limits,
    now: datetime,
    lifetime: timedelta,
) -> TokenPair:
    """Store a new password, end every session, and return the tokens of a new session.

    Hash and end of the sessions are one write, so no session outlives the old password.

    Raises:
        InvalidInputError: the new one is no good one (``app/security/new_passwords.py``).
        UnauthorizedError: the user is gone.
        InvalidCredentialsError: ``password`` is not the user's.
        TooManyAttemptsError: too many passwords were wrong before.
    """
    check_new_password(new_password, username=caller.username, field="new_password")
    credentials = await _check_password(
        table, keys, caller, password=password, origin=origin, limits=limits, now=now
    )
    changed = await store.change_password(table, credentials, await hash_password(new_password))
    if changed is None:
        raise InvalidCredentialsError("password: is wrong")
    record_security_event(Kind.SESSION_REVOKED, user_id=caller.user_id, cause="password_changed")
    return await start_session(table, keys, changed, now=now, lifetime=lifetime)


async def close_account(
    table: Table,
    keys: SigningKeys,
    caller: Caller,
    *,
    password: str,
    origin: Origin,
    limits: Limits,
    now: datetime,
) -> None:
    """Delete everything about a user but their orders, which lose name and e-mail address.

    The credentials go last: until then the user can log in and repeat what broke off.

    Raises:
        UnauthorizedError: the user is gone.
        InvalidCredentialsError: ``password`` is not the user's.
        TooManyAttemptsError: too many passwords were wrong before.
    """
    credentials = await _check_password(
        table, keys, caller, password=password, origin=origin, limits=limits, now=now
    )
    await forget_user(table, caller.user_id, username=credentials.username)
    record_security_event(Kind.SESSION_REVOKED, user_id=caller.user_id, cause="account_closed")


async def forget_user(table: Table, user_id: str, *, username: str | None) -> None:
    """Delete cart, profile and credentials, in this order; orders lose name and e-mail address.

    Without a ``username`` there are no credentials any more: the name may have a new owner. Safe
    to repeat.
    """
    await delete_cart(table, user_id)
    request = PageRequest(MAX_PAGE)
    while True:
        page = await list_user_order_ids(table, user_id, request)
        for order_id in page.entries:
            await blank_buyer(table, order_id)
        if page.next_token is None:
            break
        request = PageRequest(MAX_PAGE, page.next_token)
    await store.delete_user(table, user_id)
    if username is not None:
        await store.free_lookalikes(table, skeletons(username), user_id=user_id)
        await store.delete_credentials(table, username)


async def _check_password(
    table: Table,
    keys: SigningKeys,
    caller: Caller,
    *,
    password: str,
    origin: Origin,
    limits: Limits,
    now: datetime,
) -> Credentials:
    """Return the caller's credentials; wrong passwords are counted as those of a login are."""
    async with limited_login(
        table, keys, limits=limits, username=caller.username, origin=origin, now=now
    ):
        credentials = await store.find_credentials(table, caller.username)
        known = credentials if credentials and credentials.user_id == caller.user_id else None
        if known is None or known.generation != caller.generation:
            raise UnauthorizedError
        if await check_password(password, known.password_hash) is Verdict.WRONG:
            raise InvalidCredentialsError("password: is wrong")
    return known
