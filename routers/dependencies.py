"""Dependencies of the routes: table, queues, settings, clock, caller and page request."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator

from app.domain.errors import ForbiddenError, UnauthorizedError
from app.queues import Queues, get_queues
from app.security.origins import Origin
from app.security.passwords import get_password_pool
from app.security.signing_keys import get_signing_keys
from app.security.tokens import Caller, read_access_token
from app.security_log import Kind, note_user, record_security_event, shown_user_id
from app.services.payment_wait import PaymentWait
from app.services.sessions import confirm_staff
from app.settings import Settings, get_settings
from app.store.pagination import MAX_PAGE, Page, PageRequest
from app.store.table import Table, get_table
from app.values import to_integer
from routers.client_address import find_client_address
from routers.credentials import DEVICE_COOKIE, find_token


async def _settings() -> Settings:
    return get_settings()


async def _table() -> Table:
    return get_table()


async def _queues() -> Queues:
    return get_queues()


async def _now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def get_payment_wait() -> PaymentWait:
    """Return what this process has learnt about how long payments take."""
    return PaymentWait()


async def _payment_wait() -> PaymentWait:
    return get_payment_wait()


#: Long enough for a position with the longest id, too short for a key that the table refuses.
_MAX_TOKEN = 1200

SettingsDep = Annotated[Settings, Depends(_settings)]
TableDep = Annotated[Table, Depends(_table)]
QueuesDep = Annotated[Queues, Depends(_queues)]
NowDep = Annotated[datetime, Depends(_now)]


# What follows asks for table, settings and time itself: FastAPI walks through the dependencies
# of dependencies with every request, those that it has resolved before too.


async def _origin(request: Request) -> Origin:
    trusted = get_settings().trusted_proxies
    address = find_client_address(request, trusted_proxies=trusted)
    return Origin(address, request.cookies.get(DEVICE_COOKIE, ""))


PaymentWaitDep = Annotated[PaymentWait, Depends(_payment_wait)]
OriginDep = Annotated[Origin, Depends(_origin)]


async def _caller(request: Request) -> Caller | None:
    """Return the caller; a token that is sent must be valid, in open mode too.

    A token that says staff is not believed: one read finds the role that is stored.
    """
    token = find_token(request)
    if token is not None:
        caller = read_access_token(token, await get_signing_keys(), now=datetime.now(UTC))
        note_user(caller.user_id)
        return await confirm_staff(get_table(), caller) if caller.is_staff else caller
    if get_settings().is_open:
        return None
    raise UnauthorizedError


CallerDep = Annotated[Caller | None, Depends(_caller)]


async def _known_caller(caller: CallerDep) -> Caller:
    if caller is None:
        raise UnauthorizedError
    return caller


#: For routes that need a valid token of any user, in open mode too.
KnownCallerDep = Annotated[Caller, Depends(_known_caller)]


async def _staff(request: Request, caller: CallerDep) -> None:
    if not get_settings().is_open and not (caller and caller.is_staff):
        raise ForbiddenError("this is for staff")
    if caller and caller.is_staff and request.method == "GET":
        # Lists of all users; what staff change is the catalog, which belongs to no user.
        record_security_event(Kind.STAFF_ACCESS, of="everybody")


#: For routes that only staff may use.
StaffOnly = Depends(_staff)


def check_owner(caller: Caller | None, user_id: str, *, or_staff: bool = False) -> None:
    """Check that the caller is ``user_id``; open mode skips the check.

    Raises:
        ForbiddenError: ``user_id`` is another user.
    """
    if get_settings().is_open or (caller and caller.user_id == user_id):
        return
    if or_staff and caller and caller.is_staff:
        record_security_event(Kind.STAFF_ACCESS, of=shown_user_id(user_id))
        return
    raise ForbiddenError("this belongs to another user")


def user_of_path(request: Request, user_id: str, caller: Caller | None) -> str:
    """Return whom a path names: the caller, where the path id is the caller's own token.

    Some load generators use the access token as path id (openapi/CONTRACT.md, 1.2), and the
    table must not hold tokens. In open mode an id is what it says.
    """
    if caller is None or get_settings().is_open or user_id != find_token(request):
        return user_id
    return caller.user_id


async def _password_place() -> AsyncIterator[None]:
    with get_password_pool().place():
        yield


#: For routes that hash a password: 503 while too many of them do.
PasswordWork = Depends(_password_place)


async def _page_request(
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_PAGE,
            description=f"Entries per page; {MAX_PAGE} without it, and at most. A page that would"
            " be larger than 2.5 MB ends early.",
        ),
        # Behind the bounds, which hold for what it returns.
        BeforeValidator(to_integer),
    ] = None,
    next: Annotated[  # noqa: A002 - the name on the wire
        str | None,
        Query(
            max_length=_MAX_TOKEN,
            description="The token in the `Link` header (`rel=next`) of the page before; that of"
            " another list is 400.",
        ),
    ] = None,
) -> PageRequest:
    return PageRequest(limit or MAX_PAGE, next)


PageDep = Annotated[PageRequest, Depends(_page_request)]


def link_next(
    request: Request, response: Response, page: Page[Any], limit: int, **asked: str | None
) -> None:
    """Name the next page in a ``Link`` header (RFC 8288); the old bodies have no field for it.

    ``asked`` are further parameters of the query, which hold for the next page too.
    """
    if page.next_token is not None:
        more = {name: value for name, value in asked.items() if value is not None}
        query = urlencode({"limit": limit, **more, "next": page.next_token})
        # Quoted again: a header takes only Latin-1, and a user id may hold any character.
        response.headers["Link"] = f'<{quote(request.scope["path"])}?{query}>; rel="next"'
