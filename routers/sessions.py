"""Sessions: login, renewal, log-out, and what a user does to the own account."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.errors import (
    InvalidCredentialsError,
    SecretsUnavailableError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from app.security.origins import remember_device
from app.security.signing_keys import get_signing_keys
from app.security.tokens import read_access_token
from app.security_log import Kind, record_security_event
from app.services import accounts, sessions, users
from app.store.table import Table
from routers.credentials import find_all_tokens, set_cookies, set_device_cookie
from routers.dependencies import (
    KnownCallerDep,
    NowDep,
    OriginDep,
    PasswordWork,
    SettingsDep,
    TableDep,
)
from routers.middleware import IS_HEAD
from routers.problems import OUTAGES, answer_to, problems
from routers.routes import ShopRoute
from routers.schemas.user import (
    AccountClosure,
    LoginCreate,
    LoginResponse,
    MessageResponse,
    PasswordUpdate,
    TokensResponse,
    TokensUpdate,
    VerificationCreate,
)

router = APIRouter(tags=["user"], route_class=ShopRoute)


@router.post(
    "/login",
    summary="Log in",
    dependencies=[PasswordWork],
    responses=problems(InvalidCredentialsError, TooManyAttemptsError, *OUTAGES),
)
@router.post("/acme-login", dependencies=[PasswordWork], include_in_schema=False)
async def log_in(
    body: LoginCreate,
    request: Request,
    response: Response,
    table: TableDep,
    settings: SettingsDep,
    origin: OriginDep,
    now: NowDep,
) -> LoginResponse:
    """Begin a session; return its tokens and set them as cookies for pages of the same origin.

    After many wrong passwords the next attempts must wait, longer each time.
    """
    keys = await get_signing_keys()
    login = await users.log_in(
        table,
        keys,
        username=body.username,
        password=body.password,
        origin=origin,
        limits=settings.limits,
        now=now,
        lifetime=settings.session_lifetime,
    )
    record_security_event(Kind.LOGIN, user_id=login.user_id, role=str(login.role))
    if body.cookies:
        set_cookies(request, response, login.tokens)
    set_device_cookie(request, response, remember_device(keys, origin, body.username))
    return LoginResponse(
        access_token=login.tokens.access,
        refresh_token=login.tokens.refresh,
        token=login.user_id,
    )


@router.post(
    "/refresh-token",
    summary="Renew tokens",
    responses=problems(UnauthorizedError, *OUTAGES),
)
async def refresh_tokens(
    body: TokensUpdate, table: TableDep, settings: SettingsDep, now: NowDep
) -> TokensResponse:
    """Return new tokens for a refresh token, with the role that the user has now.

    A refresh token is good once. For 15 seconds, and until its successor is used, it gets the same
    answer again; its use after that ends the session.
    """
    tokens = await sessions.refresh_session(
        table,
        await get_signing_keys(),
        refresh_token=body.refresh_token,
        now=now,
        lifetime=settings.session_lifetime,
    )
    return TokensResponse(access_token=tokens.access, refresh_token=tokens.refresh)


@router.post(
    "/verify-token",
    summary="Check a token",
    responses=problems(UnauthorizedError, SecretsUnavailableError),
)
async def verify_token(body: VerificationCreate, now: NowDep) -> MessageResponse:
    """Answer 200 for a valid access token and 401 for any other."""
    read_access_token(body.access_token, await get_signing_keys(), now=now)
    return MessageResponse(message="Token Valid. User Authorized", status=200)


@router.post(
    "/logout",
    summary="Log out",
    status_code=202,
    response_model=MessageResponse,
    responses=problems(*OUTAGES),
)
@router.post(
    "/users/logout", status_code=202, response_model=MessageResponse, include_in_schema=False
)
async def log_out(
    request: Request, response: Response, table: TableDep
) -> MessageResponse | Response:
    """End the sessions of the tokens that come along, and delete the cookies.

    Expired tokens end their session too; without a token only the cookies go. An access token
    that was issued stays valid until it expires.
    """
    if failure := await _end_sessions(request, table):
        set_cookies(request, failure, None)
        return failure
    set_cookies(request, response, None)
    return MessageResponse(message="Done", status=202)


@router.get("/scg-logout", include_in_schema=False)
async def end_single_sign_on(request: Request, table: TableDep) -> Response:
    """Log out and redirect to the front page, never to another host."""
    if IS_HEAD in request.scope:
        return RedirectResponse("/", status_code=302)
    answer = await _end_sessions(request, table) or RedirectResponse("/", status_code=302)
    set_cookies(request, answer, None)
    return answer


async def _end_sessions(request: Request, table: Table) -> Response | None:
    """End the sessions of a request; return the refusal if the shop cannot, else None.

    It is an answer and no exception, because the cookies are to be deleted with it.
    """
    if not (tokens := find_all_tokens(request)):
        return None
    try:
        await sessions.end_sessions(table, await get_signing_keys(), tokens)
    except (SecretsUnavailableError, StoreUnavailableError) as failure:
        return answer_to(failure)
    return None


@router.post(
    "/logout-everywhere",
    summary="Log out everywhere",
    status_code=202,
    responses=problems(UnauthorizedError, *OUTAGES),
)
async def log_out_everywhere(
    request: Request, response: Response, table: TableDep, caller: KnownCallerDep
) -> MessageResponse:
    """End every session of the caller, and delete the cookies.

    No token can be renewed after that; access tokens of customers end within 60 minutes. One of
    an ended session ends no others: 401.
    """
    await sessions.end_all_sessions(table, caller)
    set_cookies(request, response, None)
    return MessageResponse(message="Done", status=202)


@router.post(
    "/change-password",
    summary="Change the password",
    dependencies=[PasswordWork],
    responses=problems(UnauthorizedError, InvalidCredentialsError, TooManyAttemptsError, *OUTAGES),
)
async def change_password(
    body: PasswordUpdate,
    request: Request,
    response: Response,
    table: TableDep,
    caller: KnownCallerDep,
    settings: SettingsDep,
    origin: OriginDep,
    now: NowDep,
) -> TokensResponse:
    """Change the caller's password, end every session, and return the tokens of a new one."""
    tokens = await accounts.change_password(
        table,
        await get_signing_keys(),
        caller,
        password=body.password,
        new_password=body.new_password,
        origin=origin,
        limits=settings.limits,
        now=now,
        lifetime=settings.session_lifetime,
    )
    set_cookies(request, response, tokens)
    return TokensResponse(access_token=tokens.access, refresh_token=tokens.refresh)


@router.post(
    "/close-account",
    summary="Close the account",
    dependencies=[PasswordWork],
    responses=problems(UnauthorizedError, InvalidCredentialsError, TooManyAttemptsError, *OUTAGES),
)
async def close_account(
    body: AccountClosure,
    request: Request,
    response: Response,
    table: TableDep,
    caller: KnownCallerDep,
    settings: SettingsDep,
    origin: OriginDep,
    now: NowDep,
) -> MessageResponse:
    """Delete the caller's profile, cart and password, end every session, and free the name.

    Orders stay, without name and e-mail address. Access tokens stay valid for up to 60 minutes.
    If it fails midway, repeat it.
    """
    await accounts.close_account(
        table,
        await get_signing_keys(),
        caller,
        password=body.password,
        origin=origin,
        limits=settings.limits,
        now=now,
    )
    set_cookies(request, response, None)
    return MessageResponse(message="Account closed", status=200)
