"""Who may call which route, as a table that ``test_rights.py`` tries cell by cell.

openapi/CONTRACT.md, 3.4, in a form that can be run. A route without a row fails the build.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

import jwt

from app.domain.order import OrderState
from app.domain.product import Product
from app.domain.user import Credentials, Role, User
from app.security.signing_keys import get_signing_keys
from app.security.tokens import TokenPair, issue_tokens
from app.store.orders import add_order
from app.store.sessions import add_session
from app.store.table import Table
from app.store.users import credentials_to_item
from infra.seeds.classic import make_order
from tests.support.shop import PASSWORD, fresh, session_of, stored_product, stored_user


class Access(Enum):
    """Who may call a route while tokens are enforced; the open mode lets everybody in."""

    ALL = auto()
    OWNER = auto()
    OWNER_OR_STAFF = auto()
    STAFF = auto()
    #: Any user with a valid token, in the open mode too.
    KNOWN = auto()


class Standing(Enum):
    """What a caller is to the owner of what a request names."""

    NOBODY = auto()
    #: Sends what is no valid token; refused in the open mode too.
    INVALID = auto()
    OWNER = auto()
    #: The owner of a closed account, whose access token is good until it expires.
    GONE = auto()
    OTHER = auto()
    STAFF = auto()


@dataclass(frozen=True)
class World:
    """Users, an article and an order, made anew for each route."""

    owner: User
    tokens: dict[str, TokenPair]
    forged: str
    product: Product
    order_id: str


async def make_world(table: Table) -> World:
    """Store what the routes are about, and sign a token for everybody."""
    keys, now = await get_signing_keys(), datetime.now(UTC)
    product = await stored_product(table)
    owner, other, demoted = [await stored_user(table) for _ in range(3)]
    boss = await stored_user(table, role=Role.STAFF)
    order = make_order(fresh("order"), owner, [product], OrderState.PENDING, placed_at=now)
    await add_order(table, order)

    def tokens(user: User, role: Role = Role.CUSTOMER, at: datetime = now) -> TokenPair:
        session = session_of(user.user_id, username=user.username, at=at)
        return issue_tokens(session, role, keys)

    namesake = replace(other, user_id=fresh("id"), username="staff")
    credentials = Credentials(namesake.user_id, "staff", Role.CUSTOMER, "no hash")
    await table.put(credentials_to_item(credentials))
    session = session_of(owner.user_id, username=owner.username, at=now)
    await add_session(table, session)
    gone = replace(owner, user_id=fresh("gone"), username=fresh("gone"))
    made = {
        "owner": issue_tokens(session, Role.CUSTOMER, keys),
        "expired": tokens(owner, at=now - timedelta(days=1)),
        "gone": tokens(gone),
        "other": tokens(other),
        "namesake": tokens(namesake),
        "staff": tokens(boss, Role.STAFF),
        # Stored as a customer, and not stored at all: what the token says was true once.
        "demoted": tokens(demoted, Role.STAFF),
        "dismissed": tokens(gone, Role.STAFF),
    }
    claims = jwt.decode(made["owner"].access, options={"verify_signature": False})
    forged = jwt.encode(claims, b"f" * 64, algorithm="HS256", headers={"kid": "signin_1"})
    return World(owner, made, forged, product, order.order_id)


Body = Callable[[World, str], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One route: who may call it, what it is sent, and what it answers if it may be called."""

    access: Access
    status: int = 200
    body: Body | None = None


def _item(world: World, _: str) -> dict[str, Any]:
    return {"itemid": world.product.product_id, "quantity": 1}


def _order(world: World, user_id: str) -> dict[str, Any]:
    return {
        "userid": user_id,
        "card": {"number": "4111111111111111", "expMonth": 12, "expYear": 2099, "ccv": "123"},
        "cart": [{"id": world.product.product_id, "quantity": 1}],
        "total": "62.50",
    }


def _account(world: World, _: str) -> dict[str, Any]:
    return {
        "username": fresh("new"),
        "password": PASSWORD,
        "firstname": world.owner.first_name,
        "lastname": world.owner.last_name,
    }


def _login(world: World, _: str) -> dict[str, Any]:
    return {"username": world.owner.username, "password": PASSWORD, "cookies": False}


def _refresh(world: World, _: str) -> dict[str, Any]:
    return {"refresh_token": world.tokens["owner"].refresh}


def _access(world: World, _: str) -> dict[str, Any]:
    return {"access_token": world.tokens["owner"].access}


def _wrong_password(_: World, __: str) -> dict[str, Any]:
    # Who gets this far is let in; the answer is 401 with a code of its own.
    return {"password": "not it at all", "new_password": "another good one"}


_PRODUCT: Body = lambda _, __: {"name": "Rope", "price": "9.99"}  # noqa: E731
_CART: Body = lambda world, user_id: {"cart": [_item(world, user_id)]}  # noqa: E731

#: ``METHOD path``, as the application has it.
ROWS: dict[str, Row] = {
    "GET /products": Row(Access.ALL),
    "GET /products/{id}": Row(Access.ALL),
    "POST /products": Row(Access.STAFF, 201, _PRODUCT),
    "POST /product": Row(Access.STAFF, 201, _PRODUCT),
    "GET /catalogliveness": Row(Access.ALL),
    "GET /liveness": Row(Access.ALL),
    "GET /static/images/{name}": Row(Access.ALL),
    "GET /cart/all": Row(Access.STAFF),
    "GET /cart/items/{userid}": Row(Access.OWNER),
    "GET /cart/total/{userid}": Row(Access.OWNER),
    "GET /cart/items/total/{userid}": Row(Access.OWNER),
    "POST /cart/item/add/{userid}": Row(Access.OWNER, body=_item),
    "POST /cart/item/modify/{userid}": Row(Access.OWNER, body=_item),
    "POST /cart/modify/{userid}": Row(Access.OWNER, body=_CART),
    "POST /cart/clear/{userid}": Row(Access.OWNER),
    "GET /cart/clear/{userid}": Row(Access.OWNER),
    "POST /order/add/{userid}": Row(Access.OWNER_OR_STAFF, 202, _order),
    "POST /order/add": Row(Access.OWNER_OR_STAFF, 202, _order),
    "GET /order/all": Row(Access.STAFF),
    "GET /order/{userid}": Row(Access.OWNER_OR_STAFF),
    "GET /order/{userid}/{order_id}": Row(Access.OWNER_OR_STAFF),
    "POST /login": Row(Access.ALL, body=_login),
    "POST /acme-login": Row(Access.ALL, body=_login),
    "POST /register": Row(Access.ALL, 201, _account),
    "POST /refresh-token": Row(Access.ALL, body=_refresh),
    "POST /verify-token": Row(Access.ALL, body=_access),
    "POST /logout": Row(Access.ALL, 202),
    "POST /users/logout": Row(Access.ALL, 202),
    "GET /scg-logout": Row(Access.ALL, 302),
    "POST /logout-everywhere": Row(Access.KNOWN, 202),
    "POST /change-password": Row(Access.KNOWN, 401, _wrong_password),
    "POST /close-account": Row(Access.KNOWN, 401, _wrong_password),
    "GET /users": Row(Access.STAFF),
    "GET /users/{id}": Row(Access.OWNER_OR_STAFF),
    "GET /userinfo": Row(Access.ALL),
    "GET /whoami": Row(Access.ALL),
    "GET /healthz": Row(Access.ALL),
    "GET /readyz": Row(Access.ALL),
    "GET /live": Row(Access.ALL),
    "GET /openapi.json": Row(Access.ALL),
    "GET /asyncapi.json": Row(Access.ALL),
    "GET /postman.json": Row(Access.ALL),
    "GET /": Row(Access.ALL),
    "GET /shop": Row(Access.ALL),
    "GET /pos": Row(Access.ALL),
    "GET /docs": Row(Access.ALL),
    "GET /docs/errors": Row(Access.ALL),
    "GET /docs/events": Row(Access.ALL),
    "GET /acme-login": Row(Access.ALL),
    "GET /oauth2/authorization/sso": Row(Access.ALL),
    "GET /.well-known/security.txt": Row(Access.ALL),
    "GET /sitemap.xml": Row(Access.ALL),
    "GET /robots.txt": Row(Access.ALL),
    "GET /static/{path}": Row(Access.ALL),
}


@dataclass(frozen=True)
class Request:
    """How one caller asks: with which headers and query, for whose id, with what more in a body."""

    name: str
    standing: Standing
    user_id: str
    headers: dict[str, str]
    query: str = ""
    more: dict[str, str] | None = None


def callers(world: World) -> Iterator[Request]:
    """Yield every kind of caller there is; all but some near misses ask for the owner's."""
    own, access = world.owner.user_id, {name: pair.access for name, pair in world.tokens.items()}

    def ask(name: str, standing: Standing, headers: dict[str, str], **facts: Any) -> Request:
        return Request(name, standing, **{"user_id": own, "headers": headers, **facts})

    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    yield ask("no token", Standing.NOBODY, {})
    for word in ("guest", "undefined", "null", ""):
        yield ask(f"the word {word!r}", Standing.NOBODY, bearer(word))
    yield ask("expired", Standing.INVALID, bearer(access["expired"]))
    yield ask("forged", Standing.INVALID, bearer(world.forged))
    yield ask("refresh as access", Standing.INVALID, bearer(world.tokens["owner"].refresh))
    yield ask("forged cookie", Standing.INVALID, {"Cookie": f"logged_in={world.forged}"})
    yield ask("dismissed staff", Standing.INVALID, bearer(access["dismissed"]))
    # A valid token in a place that is none.
    token = access["staff"]
    for place, headers in (
        ("basic", {"Authorization": f"Basic {token}"}),
        ("bare", {"Authorization": token}),
        ("another header", {"X-Auth-Token": token, "Token": token}),
        ("another cookie", {"Cookie": f"access_token={token}; token={token}"}),
        (
            "the cookie from a foreign page",
            {"Cookie": f"logged_in={token}", "Sec-Fetch-Site": "cross-site"},
        ),
        (
            "the cookie from another port",
            {"Cookie": f"logged_in={token}", "Sec-Fetch-Site": "same-site"},
        ),
        (
            "the cookie from a foreign page in an old browser",
            {"Cookie": f"logged_in={token}", "Origin": "https://evil.example"},
        ),
    ):
        yield ask(f"token as {place}", Standing.NOBODY, headers)
    places = dict.fromkeys(("access_token", "token", "Authorization"), token)
    query = "&".join(f"{name}={value}" for name, value in places.items())
    yield ask("token in the query", Standing.NOBODY, {}, query=query)
    yield ask("token in the body", Standing.NOBODY, {}, more={"x-access-token": token})
    # The places that count.
    yield ask("owner", Standing.OWNER, bearer(access["owner"]))
    yield ask("owner by header", Standing.OWNER, {"X-Access-Token": access["owner"]})
    yield ask(
        "owner by cookie",
        Standing.OWNER,
        {"Cookie": f"logged_in={access['owner']}", "Sec-Fetch-Site": "same-origin"},
    )
    yield ask(
        "owner by cookie in an old browser",
        Standing.OWNER,
        {"Cookie": f"logged_in={access['owner']}", "Origin": "http://shop"},
    )
    yield ask("staff", Standing.STAFF, bearer(access["staff"]))
    yield ask("another customer", Standing.OTHER, bearer(access["other"]))
    yield ask("a customer who is called staff", Standing.OTHER, bearer(access["namesake"]))
    yield ask("demoted staff", Standing.OTHER, bearer(access["demoted"]))
    gone = jwt.decode(access["gone"], options={"verify_signature": False})["sub"]
    yield ask("closed account", Standing.GONE, bearer(access["gone"]), user_id=gone)
    # Ids that are nearly one's own.
    for near in (own[:-1], f"{own}x", own.upper(), f"{own}%20", f"%20{own}", "guest", "undefined"):
        yield ask(f"owner asks for {near}", Standing.OTHER, bearer(access["owner"]), user_id=near)


def allows(access: Access, standing: Standing, *, is_open: bool) -> bool:
    """Return whether a caller may do what a route does."""
    if access is Access.ALL:
        return True
    if access is Access.KNOWN:
        # Of a closed account there is nothing left to end or to change.
        return standing not in {Standing.NOBODY, Standing.INVALID, Standing.GONE}
    if standing is Standing.INVALID:
        return False
    if is_open:
        return True
    may = {
        Access.OWNER: {Standing.OWNER, Standing.GONE},
        Access.OWNER_OR_STAFF: {Standing.OWNER, Standing.GONE, Standing.STAFF},
        Access.STAFF: {Standing.STAFF},
    }
    return standing in may[access]


def refusal_status(access: Access, standing: Standing) -> int:
    """Return the status of a refusal: 403 to those who are known, 401 to all others."""
    is_known = standing in {Standing.OWNER, Standing.GONE, Standing.OTHER, Standing.STAFF}
    return 403 if is_known and access is not Access.KNOWN else 401
