"""User: registration, login, tokens, profiles."""

from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.errors import (
    ForbiddenError,
    InvalidCredentialsError,
    TooManyAttemptsError,
    UnauthorizedError,
    UsernameTakenError,
    UserNotFoundError,
)
from app.domain.user import Role
from app.security.origins import DEVICE_LIFETIME, remember_device
from app.security.signing_keys import get_signing_keys
from app.security.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME, TokenPair, read_access_token
from app.services import users
from app.services.throttling import check_registration
from app.store import users as store
from routers.dependencies import (
    DEVICE_COOKIE,
    AnyUser,
    CallerDep,
    NowDep,
    OriginDep,
    PageDep,
    SettingsDep,
    StaffOnly,
    TableDep,
    check_owner,
    find_token,
    link_next,
)
from routers.problems import problems
from routers.requests import JSONRoute
from routers.schemas.user import (
    CurrentUserResponse,
    LoginCreate,
    LoginResponse,
    MessageResponse,
    TokensResponse,
    TokensUpdate,
    UserCreate,
    UserCreatedResponse,
    UserPublic,
    UserResponse,
    UsersResponse,
    VerificationCreate,
)

router = APIRouter(tags=["user"], route_class=JSONRoute)

#: Readable by page scripts, which send it back as a bearer token (openapi/CONTRACT.md, 3.3).
_ACCESS_COOKIE = "logged_in"
_REFRESH_COOKIE = "refresh_token"


def _set_cookies(request: Request, response: Response, tokens: TokenPair | None) -> None:
    """Set the cookies with the tokens, or delete them."""
    for name, value, lifetime, is_hidden in (
        (_ACCESS_COOKIE, tokens.access if tokens else "", ACCESS_LIFETIME, False),
        (_REFRESH_COOKIE, tokens.refresh if tokens else "", REFRESH_LIFETIME, True),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int((lifetime if tokens else timedelta()).total_seconds()),
            path="/",
            secure=_is_https(request),
            httponly=is_hidden,
            samesite="strict",
        )


def _set_device_cookie(request: Request, response: Response, value: str) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=int(DEVICE_LIFETIME.total_seconds()),
        path="/",
        secure=_is_https(request),
        httponly=True,
        samesite="strict",
    )


def _is_https(request: Request) -> bool:
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    return forwarded.split(",")[0].strip().lower() == "https"


@router.post(
    "/login",
    summary="Log in",
    responses=problems(InvalidCredentialsError, TooManyAttemptsError),
)
@router.post("/acme-login", include_in_schema=False)
async def log_in(
    body: LoginCreate,
    request: Request,
    response: Response,
    table: TableDep,
    settings: SettingsDep,
    origin: OriginDep,
    now: NowDep,
) -> LoginResponse:
    """Return new tokens and set them as cookies for pages of the same origin.

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
    )
    if body.cookies:
        _set_cookies(request, response, login.tokens)
    _set_device_cookie(request, response, remember_device(keys, origin, body.username))
    return LoginResponse(
        access_token=login.tokens.access,
        refresh_token=login.tokens.refresh,
        token=login.user_id,
    )


@router.post("/refresh-token", summary="Renew tokens", responses=problems(UnauthorizedError))
async def refresh_tokens(body: TokensUpdate, now: NowDep) -> TokensResponse:
    """Return new tokens for a refresh token; an access token is refused."""
    tokens = users.refresh_tokens(
        await get_signing_keys(), refresh_token=body.refresh_token, now=now
    )
    return TokensResponse(access_token=tokens.access, refresh_token=tokens.refresh)


@router.post("/verify-token", summary="Check a token", responses=problems(UnauthorizedError))
async def verify_token(body: VerificationCreate, now: NowDep) -> MessageResponse:
    """Answer 200 for a valid access token and 401 for any other."""
    read_access_token(body.access_token, await get_signing_keys(), now=now)
    return MessageResponse(message="Token Valid. User Authorized", status=200)


@router.post(
    "/logout",
    summary="Log out",
    status_code=202,
    dependencies=[AnyUser],
    responses=problems(UnauthorizedError),
)
@router.post("/users/logout", status_code=202, dependencies=[AnyUser], include_in_schema=False)
async def log_out(request: Request, response: Response) -> MessageResponse:
    """Delete the cookies. Copies of the tokens stay valid until they expire."""
    _set_cookies(request, response, None)
    return MessageResponse(message="Done", status=202)


@router.post(
    "/register",
    summary="Register",
    status_code=201,
    responses=problems(UsernameTakenError, TooManyAttemptsError),
)
async def register_user(
    body: UserCreate, table: TableDep, settings: SettingsDep, origin: OriginDep, now: NowDep
) -> UserCreatedResponse:
    """Store a new customer. The name must be free; case is ignored.

    After many registrations from one address the next ones must wait.
    """
    keys = await get_signing_keys()
    await check_registration(table, keys, limits=settings.limits, origin=origin, now=now)
    user = await users.register_user(
        table,
        user_id=str(uuid4()),
        username=body.username,
        password=body.password,
        first_name=body.firstname,
        last_name=body.lastname,
        email=body.email,
        now=now,
    )
    return UserCreatedResponse(resourceId=user.user_id)


@router.get(
    "/users",
    summary="List all users",
    dependencies=[StaffOnly],
    responses=problems(UnauthorizedError, ForbiddenError),
)
async def list_users(
    request: Request, response: Response, table: TableDep, page: PageDep, settings: SettingsDep
) -> UsersResponse:
    """Return all profiles, oldest first. Staff only; in open mode for all, and without staff."""
    users_page = await store.list_users(table, page)
    link_next(request, response, users_page, page.limit)
    # The old till offers every entry as an account to charge (openapi/CONTRACT.md, 1.5).
    listed = [
        user for user in users_page.entries if not settings.is_open or user.role is Role.CUSTOMER
    ]
    return UsersResponse(data=[UserPublic.from_user(user) for user in listed])


@router.get(
    "/users/{id}",
    summary="Read a user",
    responses=problems(UnauthorizedError, ForbiddenError, UserNotFoundError),
)
async def get_user(
    id: Annotated[  # noqa: A002
        str,
        Path(
            min_length=1,
            description="Id of the user.",
            examples=["5c3939ea1d41c892ce243827"],
        ),
    ],
    caller: CallerDep,
    settings: SettingsDep,
    table: TableDep,
) -> UserResponse:
    """Return a profile. Customers can read only their own."""
    check_owner(caller, id, settings, or_staff=True)
    return UserResponse(data=UserPublic.from_user(await store.get_user(table, id)))


@router.get(
    "/userinfo",
    summary="Read the current user",
    response_model_exclude_none=True,
    responses=problems(),
)
@router.get("/whoami", include_in_schema=False, response_model_exclude_none=True)
async def get_current_user(request: Request, now: NowDep) -> CurrentUserResponse:
    """Return the user of the token; an empty object without a valid one."""
    token = find_token(request)
    if token is None:
        return CurrentUserResponse()
    try:
        caller = read_access_token(token, await get_signing_keys(), now=now)
    except UnauthorizedError:
        return CurrentUserResponse()
    return CurrentUserResponse(userId=caller.user_id, userName=caller.username)


@router.get("/scg-logout", include_in_schema=False)
async def end_single_sign_on(request: Request) -> RedirectResponse:
    """Delete the cookies and redirect to the front page, never to another host."""
    answer = RedirectResponse("/", status_code=302)
    _set_cookies(request, answer, None)
    return answer
