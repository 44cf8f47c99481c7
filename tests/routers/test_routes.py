"""Routes answer as FastAPI's own handler does, with its documents; they are laid out when used."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute, request_response
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, BeforeValidator, Field
from starlette.types import ASGIApp

from app.domain.errors import ForbiddenError
from app.main import create_app
from routers import problems
from routers.arguments import Arguments
from routers.routes import ShopRoute

router = APIRouter(route_class=ShopRoute)
calls: list[str] = []


class Body(BaseModel):
    """What is posted."""

    name: str = Field(min_length=2)
    number: int | None = None


class Answer(BaseModel):
    """What is answered."""

    text: str = Field(alias="_text")
    more: str | None = None


async def _user(request: Request) -> str:
    calls.append("user")
    user = request.headers.get("x-user", "")
    if user == "evil":
        raise ForbiddenError("not for you")
    return user


UserDep = Annotated[str, Depends(_user)]


async def _place() -> AsyncIterator[int]:
    calls.append("taken")
    try:
        yield 7
    finally:
        calls.append("given back")


async def _owner(userid: Annotated[str, Path(min_length=3)], user: UserDep) -> str:
    calls.append("owner")
    return f"{userid} for {user}"


async def _page(
    limit: Annotated[int | None, Query(ge=1, le=9), BeforeValidator(lambda value: value)] = None,
    next: Annotated[str | None, Query(max_length=3)] = None,  # noqa: A002
) -> tuple[int | None, str | None]:
    return limit, next


@router.post("/things/{userid}", status_code=201, responses={202: {}})
async def add_thing(
    owner: Annotated[str, Depends(_owner)],
    body: Body,
    user: UserDep,
    response: Response,
    place: Annotated[int, Depends(_place)],
    some_key: Annotated[str | None, Header(min_length=1, max_length=3)] = None,
    prefer: Annotated[list[str] | None, Header()] = None,
) -> Answer:
    """Add a thing."""
    calls.append("route")
    if prefer:
        response.status_code = 202
        response.headers["X-Noted"] = "\xe9"
        response.set_cookie("a", "b")
    return Answer(_text=f"{owner} {body!r} {user} {place} {some_key} {prefer}")


@router.get("/things", dependencies=[Depends(_user)], response_model_exclude_none=True)
async def list_things(
    page: Annotated[tuple[int | None, str | None], Depends(_page)],
    wanted: Annotated[str, Query()],
) -> list[Answer]:
    """List things."""
    return [Answer(_text=f"{page} {wanted}"), Answer(_text="", more="x")]


@router.get("/text", response_class=PlainTextResponse)
async def get_text() -> str:
    """Return text."""
    return "text ä"


@router.get("/own")
async def get_own(request: Request) -> Response:
    """Return an answer of its own."""
    return Response(request.url.path, 203, media_type="text/html")


def _application(*, by_fastapi: bool) -> ASGIApp:
    app = FastAPI()
    problems.install(app)
    for route in router.routes:
        assert isinstance(route, APIRoute)
        if by_fastapi:
            own = APIRoute(route.path, route.endpoint, methods=route.methods)
            own.app = request_response(APIRoute.get_route_handler(route))
            app.router.routes.append(own)
        else:
            app.router.routes.append(route)
    return app


SHOP, FASTAPI = _application(by_fastapi=False), _application(by_fastapi=True)


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "/things/abc", {"json": {"name": "xy"}}),
        (
            "POST",
            "/things/abc",
            {"json": {"name": "xy", "number": "4"}, "headers": {"x-user": "e"}},
        ),
        ("POST", "/things/abc", {"json": {"name": "xy"}, "headers": {"prefer": "a"}}),
        (
            "POST",
            "/things/abc",
            {"json": {"name": "xy"}, "headers": [("prefer", "a, b"), ("prefer", "c")]},
        ),
        ("POST", "/things/abc", {"json": {"name": "xy"}, "headers": {"some-key": "four"}}),
        ("POST", "/things/abc", {"json": {"name": "xy"}, "headers": {"some-key": ""}}),
        ("POST", "/things/ab", {"json": {"name": "x"}, "headers": {"some-key": "four"}}),
        ("POST", "/things/ab", {"content": b"{", "headers": {"x-user": "evil"}}),
        ("POST", "/things/ab", {"json": {}, "headers": {"x-user": "evil"}}),
        ("POST", "/things/abc", {"headers": {"x-user": "e"}}),
        ("POST", "/things/abc", {"json": None}),
        ("POST", "/things/abc", {"json": ["xy"]}),
        ("POST", "/things/abc", {"json": "xy"}),
        ("GET", "/things", {}),
        ("GET", "/things?wanted=a&wanted=b", {}),
        ("GET", "/things?wanted=&limit=9&next=abc", {}),
        ("GET", "/things?limit=10&next=abcd", {}),
        ("GET", "/things?wanted=a&limit=x", {"headers": {"x-user": "evil"}}),
        ("GET", "/things?wanted=a&limit=", {}),
        ("GET", "/text", {}),
        ("GET", "/own?a=b", {}),
    ],
)
async def test_answers_and_calls_are_those_of_fastapi(
    method: str, path: str, options: dict[str, Any]
) -> None:
    seen = []
    for app in (SHOP, FASTAPI):
        calls.clear()
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            if "json" in options or "content" in options:
                client.headers["content-type"] = "application/json"
            answer = await client.request(method, path, **options)
        made = [call for call in calls if call != "given back"]
        seen.append((answer.status_code, answer.headers.raw, answer.text, made))
        assert calls.count("taken") == calls.count("given back")

    assert seen[0] == seen[1]


@pytest.mark.parametrize("header", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_is_json_whatever_it_is_called(header: str | None) -> None:
    async with AsyncClient(transport=ASGITransport(SHOP), base_url="http://shop") as client:
        headers = {"content-type": header} if header else {}
        answer = await client.post("/things/abc", content=b'{"name": "xy"}', headers=headers)

    assert answer.status_code == 201


def test_a_route_is_looked_at_when_it_is_asked_for_and_not_before() -> None:
    async def endpoint(userid: str) -> str:
        return userid

    route = ShopRoute("/things/{userid}", endpoint, methods=["GET"])

    assert (route.path, route.methods, route.name) == ("/things/{userid}", {"GET"}, "endpoint")
    assert route.path_regex.fullmatch("/things/a")
    assert "dependant" not in vars(route)
    assert route.unique_id == "endpoint"
    assert [field.name for field in route.dependant.path_params] == ["userid"]
    with pytest.raises(AttributeError):
        route.nothing  # noqa: B018 - asks for it


def test_every_route_of_the_shop_can_be_laid_out() -> None:
    routes = [route for route in create_app().routes if isinstance(route, ShopRoute)]

    assert len(routes) > 50
    for route in routes:
        Arguments(route.dependant)


async def _with_cookie(name: Annotated[str, Cookie()]) -> None:
    """Ask for a cookie."""


async def _with_list(names: Annotated[list[str], Query()] = []) -> None:  # noqa: B006
    """Have a default that can be changed."""


def _blocking() -> None:
    """Run in a thread."""


@pytest.mark.parametrize("endpoint", [_with_cookie, _with_list, _blocking])
def test_what_no_route_of_the_shop_needs_is_refused(endpoint: Any) -> None:
    with pytest.raises(TypeError):
        Arguments(ShopRoute("/", endpoint).dependant)
