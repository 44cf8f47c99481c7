"""Another emulator (moto's server) takes the same table and gives the same answers.

One call at a time: moto loses updates when several threads write, which is why everything
else runs on MiniStack.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.cart import CartLine
from app.domain.errors import UsernameTakenError
from app.domain.order import OrderState
from app.domain.user import Credentials, Role, User
from app.store import carts, orders, products, users
from app.store.pagination import PageRequest
from app.store.schema import SHAPE
from app.store.table import get_table
from infra.local.clients import Clients
from infra.local.deploy_data import ensure_table
from infra.seeds.classic import classic_products, make_order
from tests.conftest import CREDENTIALS, forget_clients

pytestmark = pytest.mark.unmeasured

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUYER = User("u-1", "eric", "Eric", "Cartman", "e@example.com", Role.CUSTOMER, NOW)


@pytest.fixture
def moto_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Half as long to import as all of the shop, in each worker that collects this file.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint_url = f"http://{host}:{port}"
    ensure_table(Clients(endpoint_url, "eu-west-1")("dynamodb"), "second-opinion", SHAPE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
    monkeypatch.setenv("TABLE", "second-opinion")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    forget_clients()
    yield
    forget_clients()
    server.stop()


@pytest.mark.usefixtures("moto_stack")
async def test_the_store_says_the_same_on_another_emulator() -> None:
    table = get_table()
    goods = classic_products(NOW)
    for product in goods:
        await products.add_product(table, product)
    line = CartLine("x", "Thing", "", "", 3499, "34.99", 2, NOW)
    order = make_order("o-1", BUYER, list(goods[:2]), OrderState.PENDING, placed_at=NOW)
    credentials = Credentials(BUYER.user_id, BUYER.username, BUYER.role, "hash")

    await carts.add_line(table, "u-1", line, now=NOW)
    await carts.add_line(table, "u-1", line, now=NOW)
    await users.add_user(table, BUYER, credentials)
    assert await orders.add_order(table, order) is None
    assert await orders.add_order(table, replace(order, delivery="other")) == order
    paid = await orders.advance_order(
        table, "o-1", OrderState.PAID, status="paid", now=NOW, by="order@1"
    )

    assert (await carts.get_cart(table, "u-1")).total_cents == 4 * 3499
    assert (await products.list_products(table, PageRequest())).entries == goods
    assert (await orders.list_user_orders(table, "u-1", PageRequest())).entries == (paid,)
    assert paid.state is OrderState.PAID
    with pytest.raises(UsernameTakenError):
        await users.add_user(table, replace(BUYER, user_id="u-2"), credentials)
