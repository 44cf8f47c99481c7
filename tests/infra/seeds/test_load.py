"""What a new shop starts with, and what can be added."""

from httpx import AsyncClient

from app.store.orders import get_order, list_orders
from app.store.pagination import PageRequest
from app.store.products import list_products
from app.store.table import get_table
from app.store.users import list_users
from infra.seeds.load import seed_more, seed_once
from tests.support.shop import shop_client, staff


async def test_a_new_shop_is_seeded_once(own_stack: dict[str, str]) -> None:
    assert await seed_once(get_table())
    assert not await seed_once(get_table())

    products = (await list_products(get_table(), PageRequest())).entries
    users = (await list_users(get_table(), PageRequest())).entries
    assert [product.name for product in products] == [
        "Yoga Mat", "Water Bottle", "Fit Bike", "Basket Ball", "Smart Watch", "Red Pants",
        "Running shoes", "Weights",
    ]  # fmt: skip
    assert [product.price_cents for product in products] == [
        6250, 3499, 49999, 11075, 39959, 9900, 12000, 4999,
    ]  # fmt: skip
    assert {user.username for user in users} == {
        "eric", "dwight", "han", "phoebe", "walter", "elaine", "staff",
    }  # fmt: skip
    states = {order.state.name for order in (await list_orders(get_table(), PageRequest())).entries}
    assert states == {"PENDING", "SHIPPED", "DELIVERED", "DECLINED"}
    assert (await get_order(get_table(), "12345")).status == "Pending Payment"


async def _log_in(client: AsyncClient, name: str) -> int:
    body = {"username": name, "password": "vmware1!"}
    return (await client.post("/login", json=body)).status_code


async def test_everything_seeded_is_readable_through_the_api(own_stack: dict[str, str]) -> None:
    await seed_once(get_table())
    async with shop_client() as client:
        headers = await staff()

        for name in ("eric", "dwight", "han", "phoebe", "walter", "elaine", "staff"):
            assert await _log_in(client, name) == 200
        carts = (await client.get("/cart/all", headers=headers)).json()
        orders = (await client.get("/order/all", headers=headers)).json()

    assert {cart["userid"] for cart in carts} == {"bill", "dan", "shri"}
    assert {sum(item["price"] for item in cart["cart"]) for cart in carts} == {404.5}
    assert len(orders) == 4


async def test_more_data_is_as_much_as_was_asked_for_and_repeatable(
    own_stack: dict[str, str],
) -> None:
    counted: list[int] = []
    for _ in range(2):
        await seed_more(
            get_table(), products=30, users=40, orders=300, seed=7, on_progress=counted.append
        )

    assert sum(counted) == 2 * (30 + 40 + 300)
    table = get_table()
    assert len((await list_products(table, PageRequest())).entries) == 30
    assert len((await list_users(table, PageRequest())).entries) == 40
    assert len((await list_orders(table, PageRequest())).entries) == 300
