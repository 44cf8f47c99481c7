"""Small builders for tests that talk to the shop over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from httpx import ASGITransport, AsyncClient, Response

from app.domain.errors import SecretsUnavailableError
from app.domain.product import Product
from app.domain.session import Session
from app.domain.user import Credentials, Role, User
from app.security.passwords import hash_password_blocking
from app.security.signing_keys import SigningKeys, get_signing_keys
from app.security.tokens import TokenPair, issue_tokens
from app.store.products import add_product
from app.store.table import Table, get_table
from app.store.users import add_user, credentials_to_item
from routers.error_catalogue import CATALOGUE

PASSWORD = "vmware1!"

UNAUTHORIZED = {"message": "Invalid Key. User Not Authorized", "status": 401}


def fresh(word: str = "x") -> str:
    """Return an id or a name that no other test uses."""
    return f"{word}-{uuid4().hex}"


@cache
def _password_hash() -> str:
    return hash_password_blocking(PASSWORD)


@asynccontextmanager
async def shop_client() -> AsyncIterator[AsyncClient]:
    """Open a client of whatever shop the environment names."""
    from app.main import app as application  # noqa: PLC0415
    from tests.support.documented import check_documented  # noqa: PLC0415

    async with AsyncClient(
        transport=ASGITransport(application),
        base_url="http://shop",
        event_hooks={"response": [check_documented]},
    ) as http:
        yield http


async def _keys() -> SigningKeys:
    """Return the signing keys; a machine that is busy with other tests is asked again."""
    for _ in range(4):
        with suppress(SecretsUnavailableError):
            return await get_signing_keys()
    return await get_signing_keys()


def session_of(user_id: str, *, username: str = "somebody", at: datetime) -> Session:
    """Return a session that began at some time; it is not stored."""
    return Session(fresh("session"), user_id, username, "", 0, at, at + timedelta(hours=12))


async def tokens_of(
    user_id: str,
    *,
    username: str | None = None,
    role: Role = Role.CUSTOMER,
    at: datetime | None = None,
) -> TokenPair:
    """Return tokens of a user, issued at some time.

    A customer need not be stored; a member of staff is, because each request asks for the role.
    """
    name = username or ("somebody" if role is Role.CUSTOMER else fresh("staff"))
    if role is Role.STAFF:
        credentials = Credentials(user_id, name, role, _password_hash(), has_reserved_look=True)
        await get_table().put(credentials_to_item(credentials))
    session = session_of(user_id, username=name, at=at or datetime.now(UTC))
    return issue_tokens(session, role, await _keys())


async def bearer(
    user_id: str, *, role: Role = Role.CUSTOMER, username: str | None = None
) -> dict[str, str]:
    """Return the header that speaks for a user."""
    tokens = await tokens_of(user_id, role=role, username=username)
    return {"Authorization": f"Bearer {tokens.access}"}


async def staff() -> dict[str, str]:
    """Return the header that speaks for a member of staff."""
    return await bearer(fresh("staff"), role=Role.STAFF)


@dataclass(frozen=True)
class Shopper:
    """A user with a cart of their own, and the headers that prove it."""

    user_id: str
    headers: dict[str, str]


async def new_shopper() -> Shopper:
    """Return a shopper who has a token and has done nothing yet."""
    user_id = fresh("shopper")
    return Shopper(user_id, await bearer(user_id))


async def stored_user(
    table: Table, *, role: Role = Role.CUSTOMER, username: str | None = None
) -> User:
    """Store a user whose password is :data:`PASSWORD`."""
    name = username or fresh("user")
    user = User(
        user_id=fresh("id"),
        username=name,
        first_name="Eric",
        last_name="Cartman",
        email="eric@acmefitness.com",
        role=role,
        created_at=datetime.now(UTC),
    )
    credentials = Credentials(user.user_id, name, role, _password_hash(), has_reserved_look=True)
    await add_user(table, user, credentials)
    return user


async def stored_product(
    table: Table, *, price_cents: int = 6250, name: str = "Yoga Mat", at: datetime | None = None
) -> Product:
    """Store a product."""
    product = Product(
        product_id=fresh("product"),
        name=name,
        short_description="Lies down",
        description="A mat",
        image_urls=("/1.jpg", "/2.jpg", "/3.jpg"),
        price_cents=price_cents,
        tags=("mat",),
        created_at=at or datetime.now(UTC),
    )
    await add_product(table, product)
    return product


class CountingClient:
    """Stands before the DynamoDB client and writes down what it is asked."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            return method(*args, **kwargs)

        return counted


def count_calls(table: Table) -> list[str]:
    """Return a list to which every further call to DynamoDB adds its name."""
    client = CountingClient(table._client)
    table._client = client  # type: ignore[assignment]
    return client.calls


def refusal(answer: Response) -> dict[str, Any]:
    """Return message and status of an error, whose body has one shape everywhere."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(body) == {"message", "status", "code", "fields", "request_id"}
    assert (body["code"], body["status"]) in {(entry.code, entry.status) for entry in CATALOGUE}
    assert all(set(field) == {"field", "message"} for field in body["fields"])
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert isinstance(body["message"], str)
    assert body["message"]
    return {"message": body["message"], "status": body["status"]}
