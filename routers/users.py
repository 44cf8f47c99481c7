"""Users: registration and profiles."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response

from app.domain.errors import (
    ForbiddenError,
    SecretsUnavailableError,
    TooManyAttemptsError,
    UnauthorizedError,
    UsernameTakenError,
    UserNotFoundError,
)
from app.domain.user import Role
from app.security.new_passwords import check_new_password
from app.security.signing_keys import get_signing_keys
from app.security.tokens import read_access_token
from app.security_log import Kind, record_security_event
from app.services import users
from app.services.throttling import check_registration
from app.store import users as store
from routers.credentials import find_token
from routers.dependencies import (
    CallerDep,
    NowDep,
    OriginDep,
    PageDep,
    PasswordWork,
    SettingsDep,
    StaffOnly,
    TableDep,
    check_owner,
    link_next,
)
from routers.json_lists import encode_list
from routers.problems import OUTAGES, problems
from routers.routes import ShopRoute
from routers.schemas.user import (
    CurrentUserResponse,
    UserCreate,
    UserCreatedResponse,
    UserPublic,
    UserResponse,
    UsersResponse,
)

router = APIRouter(tags=["user"], route_class=ShopRoute)


@router.post(
    "/register",
    summary="Register",
    status_code=201,
    dependencies=[PasswordWork],
    responses=problems(UsernameTakenError, TooManyAttemptsError, *OUTAGES),
)
async def register_user(
    body: UserCreate, table: TableDep, settings: SettingsDep, origin: OriginDep, now: NowDep
) -> UserCreatedResponse:
    """Store a new customer. The name must be free; case is ignored.

    After many registrations from one address the next ones must wait.
    """
    check_new_password(body.password, username=body.username, field="password")
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
    record_security_event(Kind.REGISTERED, user_id=user.user_id)
    return UserCreatedResponse(resourceId=user.user_id)


@router.get(
    "/users",
    summary="List all users",
    dependencies=[StaffOnly],
    response_model=UsersResponse,
    responses=problems(UnauthorizedError, ForbiddenError, *OUTAGES),
)
async def list_users(
    request: Request, table: TableDep, page: PageDep, settings: SettingsDep
) -> Response:
    """Return all profiles, oldest first. Staff only; in open mode for all, and without staff."""
    users_page = await store.list_users(table, page)
    # The old till offers every entry as an account to charge (openapi/CONTRACT.md, 1.5).
    listed = [
        user for user in users_page.entries if not settings.is_open or user.role is Role.CUSTOMER
    ]
    content = b'{"data":%b,"status":200}' % await encode_list(listed, UserPublic.from_user)
    answer = Response(content, media_type="application/json")
    link_next(request, answer, users_page, page.limit)
    return answer


@router.get(
    "/users/{id}",
    summary="Read a user",
    responses=problems(UnauthorizedError, ForbiddenError, UserNotFoundError, *OUTAGES),
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
    table: TableDep,
) -> UserResponse:
    """Return a profile. Customers can read only their own."""
    check_owner(caller, id, or_staff=True)
    return UserResponse(data=UserPublic.from_user(await store.get_user(table, id)))


@router.get(
    "/userinfo",
    summary="Read the current user",
    response_model_exclude_none=True,
    responses=problems(SecretsUnavailableError),
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
