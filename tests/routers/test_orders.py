"""Placing and reading orders over HTTP (openapi/CONTRACT.md, 1.4 and 1.7)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from app.domain.order import OrderState
from app.domain.user import Role
from app.queues import get_client
from app.settings import get_settings
from app.store.keys import order_key
from app.store.orders import advance_order
from app.store.payments import find_decision
from app.store.products import add_product
from app.store.table import Table, get_table
from infra.seeds.classic import classic_products
from tests.support.shop import bearer, fresh, new_shopper, refusal, staff
from tests.support.sqs_events import CONTEXT
from workers import payment

BOTTLE = "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd"
SHOP_CARD = {
    "type": "amex",
    "number": "4111 1111 1111 1111",
    "expMonth": "01",
    "expYear": "29",
    "ccv": "123",
}
EVENT_CARD = {
    "Type": "Visa",
    "Number": "4111111111111111",
    "ExpiryMonth": 7,
    "ExpiryYear": 2029,
    "CVV": "672",
}
ITEM = {"itemid": "x-1", "name": "Thing", "quantity": "1", "price": "34.99"}


def order(**changes: Any) -> dict[str, Any]:
    return {"card": SHOP_CARD, "cart": [ITEM], "total": "34.99"} | changes


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in order().items() if key != name}


@pytest.fixture
async def catalog(table: Table) -> None:
    for product in classic_products(datetime(2026, 1, 1, tzinfo=UTC)):
        await add_product(table, product)


def queued(order_id: str) -> list[str]:
    """Return the payment requests about an order, and empty the queue."""
    client, url = get_client(), get_settings().payment_request_queue_url
    found = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return [body for body in found if order_id in body]


def _pay_waiting() -> None:
    client, url = get_client(), get_settings().payment_request_queue_url
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    records = [{"messageId": message["MessageId"], "body": message["Body"]} for message in messages]
    payment.handler({"Records": records}, CONTEXT)


@asynccontextmanager
async def a_working_payment() -> AsyncIterator[None]:
    """Run the payment worker beside the test."""

    async def work() -> None:
        while True:
            await asyncio.to_thread(_pay_waiting)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def stored(table: Table, order_id: str) -> dict[str, Any]:
    item = await table.get(order_key(order_id), consistent=True)
    assert item is not None
    return item


@pytest.mark.usefixtures("stack", "open_mode")
class TestOpenMode:
    async def test_an_order_is_pending_until_payment_has_decided(self, client: AsyncClient) -> None:
        user_id = fresh("guest")

        answer = await client.post(f"/order/add/{user_id}", json=order())

        placed = answer.json()
        assert (answer.status_code, placed["userid"]) == (200, user_id)
        assert placed["payment"] == {
            "success": "false",
            "status": 200,
            "message": "pending payment",
            "amount": "",
            "transactionID": "",
        }

    async def test_a_paid_and_a_refused_card(
        self, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SHOP_PAYMENT_WAIT_SECONDS", "5")
        get_settings.cache_clear()
        refused_card = SHOP_CARD | {"number": "4111111111111112"}

        async with a_working_payment():
            paid = await client.post("/order/add/guest", json=order())
            refused = await client.post("/order/add/guest", json=order(card=refused_card))

        transaction = paid.json()["payment"].pop("transactionID")
        assert len(transaction) == 36
        assert paid.json()["payment"] | {"transactionID": ""} == {
            "success": "true",
            "status": 200,
            "message": "transaction successful",
            "amount": "34.99",
            "transactionID": "",
        }
        assert refused.status_code == 200
        assert refused.json()["payment"] == {
            "success": "false",
            "status": 400,
            "message": "creditcard number is not valid",
            "amount": "0",
            "transactionID": "-1",
        }

    @pytest.mark.parametrize(
        ("sent", "total"),
        [
            ("34.99", "34.99"),
            ("1402", "1402.00"),
            (100, "100.00"),
            ("130.98999999999998", "130.99"),
            (0.005, "0.01"),
            ("1,234.50", "1234.50"),
        ],
    )
    async def test_the_clients_total_stands_in_cents(
        self, client: AsyncClient, sent: object, total: str
    ) -> None:
        user_id = fresh()

        await client.post(f"/order/add/{user_id}", json=order(total=sent))

        [listed] = (await client.get(f"/order/{user_id}")).json()
        assert listed["total"] == total

    @pytest.mark.parametrize(
        "cart",
        [
            [{"id": "1", "quantity": "2", "price": '"73.76"'}],
            json.dumps([{"itemid": "1", "quantity": 2, "price": "73.76"}]),
            [{"ID": "1", "QUANTITY": 2, "price": 73.76, "description": "d"}],
        ],
    )
    async def test_items_come_in_every_form_and_the_lines_are_added_up(
        self, client: AsyncClient, cart: object
    ) -> None:
        user_id = fresh()

        await client.post(f"/order/add/{user_id}", json={"card": EVENT_CARD, "cart": cart})

        [listed] = (await client.get(f"/order/{user_id}")).json()
        assert listed["total"] == "147.52"
        [item] = listed["cart"]
        assert (item["id"], item["itemid"], item["quantity"], item["price"]) == ("1", "1", 2, 73.76)

    async def test_what_an_item_lacks_comes_from_the_catalog_or_counts_as_nothing(
        self, client: AsyncClient, catalog: None
    ) -> None:
        user_id = fresh()
        cart = [{"itemid": BOTTLE}, {"itemid": "unknown"}, {"name": "no id"}]

        await client.post(f"/order/add/{user_id}", json={"card": SHOP_CARD, "cart": cart})

        [listed] = (await client.get(f"/order/{user_id}")).json()
        lines = [(item["name"], item["quantity"], item["price"]) for item in listed["cart"]]
        assert lines == [("Water Bottle", 1, 34.99), ("", 1, 0), ("no id", 1, 0)]
        assert listed["total"] == "34.99"

    async def test_the_path_wins_over_the_body(self, client: AsyncClient) -> None:
        user_id = fresh()

        answer = await client.post(f"/order/add/{user_id}/", json=order(userid="8888"))

        assert answer.json()["userid"] == user_id

    @pytest.mark.parametrize("name", ["userid", "userId", "USERID"])
    async def test_without_a_path_the_body_names_the_user(
        self, client: AsyncClient, name: str
    ) -> None:
        user_id = fresh()

        answer = await client.post("/order/add", json=order(**{name: user_id}))

        assert answer.json()["userid"] == user_id

    async def test_a_user_must_be_named(self, client: AsyncClient) -> None:
        answer = await client.post("/order/add", json=order())

        assert refusal(answer) == {"message": "userid: is missing", "status": 400}

    @pytest.mark.parametrize(
        ("delivery", "kept"),
        [("tractor", "tractor"), ("undefined", "undefined"), ({"a": 1}, '{"a": 1}'), (None, "")],
    )
    async def test_deliveries_of_every_form_are_kept_as_text(
        self, client: AsyncClient, delivery: object, kept: str
    ) -> None:
        user_id = fresh()

        await client.post(f"/order/add/{user_id}", json=order(delivery=delivery))

        [listed] = (await client.get(f"/order/{user_id}")).json()
        assert listed["delivery"] == kept

    @pytest.mark.parametrize("card", [SHOP_CARD, EVENT_CARD])
    async def test_neither_number_nor_cvv_is_stored_or_shown(
        self, client: AsyncClient, card: dict[str, Any]
    ) -> None:
        user_id = fresh()
        cvv = "9876"
        secret = {name: cvv if str(name).lower() in {"ccv", "cvv"} else value
                  for name, value in card.items()}  # fmt: skip

        placed = (await client.post(f"/order/add/{user_id}", json=order(card=secret))).json()

        [listed] = (await client.get(f"/order/{user_id}")).json()
        item = await stored(get_table(), placed["order_id"])
        for text in (json.dumps(placed), json.dumps(listed), str(item)):
            assert "4111111111111111" not in text
            assert "4111 1111" not in text
            assert f"'{cvv}'" not in text
            assert f'"{cvv}"' not in text
        assert listed["card"]["number"] == "************1111"
        assert listed["card"]["expYear"] == "2029"
        [body] = queued(placed["order_id"])
        assert json.loads(body)["data"]["card"]["CVV"] == cvv

    async def test_the_shop_shape_claims_no_brand_in_the_event(self, client: AsyncClient) -> None:
        shop_shape = (await client.post("/order/add/guest", json=order())).json()["order_id"]
        body = order(card=EVENT_CARD)
        event_shape = (await client.post("/order/add/guest", json=body)).json()["order_id"]

        bodies = queued("")

        types = {json.loads(message)["data"]["orderID"]: json.loads(message)["data"]["card"]["Type"]
                 for message in bodies}  # fmt: skip
        assert (types[shop_shape], types[event_shape]) == ("", "Visa")

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (without("card"), "card: is missing"),
            (without("cart"), "cart: is missing"),
            (order(cart=[]), "cart:"),
            (order(cart="{"), "cart: must be a list"),
            (order(cart='"x"'), "cart:"),
            (order(cart=[{"itemid": "1", "quantity": 0}]), "cart.0.quantity"),
            (order(cart=[{"itemid": "1", "quantity": "1.5"}]), "cart.0.quantity"),
            (order(cart=[{"itemid": "1", "price": "-1"}]), "cart.0.price"),
            (order(cart=[ITEM] * 101), "cart:"),
            (order(total="x"), "total: must be an amount"),
            (order(total=-1), "total: must be between"),
            (order(total=True), "total:"),
            (order(card=SHOP_CARD | {"expMonth": "ab"}), "card.expMonth"),
            (order(card=SHOP_CARD | {"number": ["4111111111111111"]}), "card.number"),
            (order(card=SHOP_CARD | {"type": "x" * 1001}), "card.type"),
            (order(card="4111111111111111"), "card:"),
            (order(address=[]), "address:"),
            (order(address={"street": {"a": 1}}), "address.street"),
            (order(email="x" * 201), "email:"),
            (order(email=10**4000), "email:"),
            (
                {"card": SHOP_CARD, "cart": [{"price": 999999999, "quantity": 1000}]},
                "cart: comes to more",
            ),
        ],
    )
    async def test_what_makes_no_sense_is_refused_by_name_and_changes_nothing(
        self, client: AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        user_id = fresh()
        queued("")

        answer = await client.post(f"/order/add/{user_id}", json=body)

        assert answer.status_code == 400
        assert answer.json()["message"].startswith(field)
        assert "4111" not in answer.text
        assert (await client.get(f"/order/{user_id}")).json() == []
        assert queued("") == []

    async def test_everybody_may_look_at_everything(self, client: AsyncClient) -> None:
        placed = (await client.post("/order/add/guest", json=order())).json()

        listed = (await client.get("/order/all/")).json()

        assert placed["order_id"] in {order["_id"] for order in listed}

    async def test_all_orders_can_be_read_from_an_instant_backwards(
        self, client: AsyncClient
    ) -> None:
        ids = [
            (await client.post("/order/add/guest", json=order())).json()["order_id"]
            for _ in range(3)
        ]
        detail = (await client.get(f"/order/guest/{ids[2]}")).json()

        first = await client.get("/order/all", params={"before": detail["placedAt"], "limit": 1})
        second = await client.get(first.links["next"]["url"])

        assert [order["_id"] for order in first.json() + second.json()] == [ids[1], ids[0]]

    @pytest.mark.parametrize(
        "before",
        [
            "yesterday",
            "1",
            "1764000000",
            "2026-11-30T00:00:00",
            "0001-01-01T00:00:00+05:00",
            "9999-12-31T23:00:00-05:00",
        ],
    )
    async def test_an_instant_that_is_none_is_refused_by_name(
        self, client: AsyncClient, before: str
    ) -> None:
        answer = await client.get("/order/all", params={"before": before})

        assert answer.status_code == 400
        assert answer.json()["message"].startswith("before")


class TestEnforcedMode:
    async def _place(
        self, client: AsyncClient, headers: dict[str, str], user_id: str, **changes: Any
    ) -> Response:
        body = {"card": SHOP_CARD, "cart": [{"itemid": BOTTLE, "quantity": 2}]} | changes
        return await client.post(f"/order/add/{user_id}", json=body, headers=headers)

    async def test_the_catalog_makes_the_prices(self, client: AsyncClient, catalog: None) -> None:
        shopper = await new_shopper()
        cart = [{"itemid": BOTTLE, "quantity": 2, "price": "0.01", "name": "cheap"}]

        answer = await self._place(client, shopper.headers, shopper.user_id, cart=cart)

        assert answer.status_code == 200
        [listed] = (await client.get(f"/order/{shopper.user_id}", headers=shopper.headers)).json()
        assert listed["total"] == "69.98"
        assert (listed["cart"][0]["price"], listed["cart"][0]["name"]) == (34.99, "Water Bottle")

    @pytest.mark.parametrize("role", Role)
    async def test_a_wrong_total_is_refused_with_the_right_one(
        self, client: AsyncClient, catalog: None, role: Role
    ) -> None:
        """Staff sell at the catalog's prices, too."""
        user_id = fresh()
        headers = await bearer(user_id, role=role)

        answer = await self._place(client, headers, user_id, total="69.97")

        message = "total: disagrees with the catalog; the right total is 69.98"
        assert refusal(answer) == {"message": message, "status": 400}

    async def test_what_is_not_in_the_catalog_is_not_sold(
        self, client: AsyncClient, catalog: None
    ) -> None:
        shopper = await new_shopper()
        cart = [{"itemid": BOTTLE}, {"itemid": "gone"}, {}]

        answer = await self._place(client, shopper.headers, shopper.user_id, cart=cart)

        assert answer.status_code == 400
        assert answer.json()["message"] == "cart.1.itemid: is not a product of the catalog"

    async def test_orders_are_ones_own_affair_and_that_of_staff(
        self, client: AsyncClient, catalog: None
    ) -> None:
        shopper, other, till = await new_shopper(), await new_shopper(), await staff()
        placed = (await self._place(client, shopper.headers, shopper.user_id)).json()
        own = f"/order/{shopper.user_id}"
        single = f"{own}/{placed['order_id']}"

        async def status(path: str, headers: dict[str, str] | None) -> int:
            return (await client.get(path, headers=headers)).status_code

        for path in (own, single):
            assert await status(path, shopper.headers) == 200
            assert await status(path, till) == 200
            assert await status(path, other.headers) == 403
            assert await status(path, None) == 401
        assert await status("/order/all", shopper.headers) == 403
        assert await status("/order/all", till) == 200
        assert (await self._place(client, other.headers, shopper.user_id)).status_code == 403
        assert (await self._place(client, till, shopper.user_id)).status_code == 200
        foreign = f"/order/{other.user_id}/{placed['order_id']}"
        assert await status(foreign, other.headers) == 404
        assert await status(f"{own}/unknown", shopper.headers) == 404

    async def test_without_a_path_an_order_is_for_the_caller(
        self, client: AsyncClient, catalog: None
    ) -> None:
        shopper = await new_shopper()
        body = {"card": SHOP_CARD, "cart": [{"itemid": BOTTLE}]}

        own = await client.post("/order/add", json=body, headers=shopper.headers)
        foreign = await client.post(
            "/order/add", json=body | {"userId": "other"}, headers=shopper.headers
        )

        assert own.json()["userid"] == shopper.user_id
        assert foreign.status_code == 403

    async def test_a_client_may_rather_not_wait(self, client: AsyncClient, catalog: None) -> None:
        shopper = await new_shopper()
        headers = shopper.headers | {"Prefer": "return=minimal, Respond-Async; wait=9"}

        answer = await self._place(client, headers, shopper.user_id)

        assert answer.status_code == 202
        assert answer.headers["Preference-Applied"] == "respond-async"
        found = await client.get(answer.headers["Location"], headers=shopper.headers)
        assert found.json()["_id"] == answer.json()["order_id"]
        assert found.json()["status"] == "Pending Payment"
        placed_at = found.json()["placedAt"]
        assert found.json()["history"] == [
            {"state": "pending", "at": placed_at, "by": f"api@{get_settings().version}"}
        ]

    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            (["wait=5", "respond-async"], 202),
            (['respond-async = ""'], 202),
            (['foo="a, respond-async"'], 200),
            (['respond-async="never"'], 200),
        ],
    )
    async def test_preferences_are_one_list_and_an_empty_value_is_none(
        self, client: AsyncClient, catalog: None, lines: list[str], status: int
    ) -> None:
        shopper = await new_shopper()
        headers = [*shopper.headers.items(), *(("Prefer", line) for line in lines)]
        body = {"card": SHOP_CARD, "cart": [{"itemid": BOTTLE, "quantity": 2}]}

        answer = await client.post(f"/order/add/{shopper.user_id}", json=body, headers=headers)

        assert answer.status_code == status

    @pytest.mark.unmeasured
    @pytest.mark.parametrize("is_settled", [True, False])
    async def test_a_repeat_that_will_not_wait_gets_the_result_once_it_is_known(
        self, client: AsyncClient, catalog: None, table: Table, *, is_settled: bool
    ) -> None:
        shopper = await new_shopper()
        headers = shopper.headers | {"Prefer": "respond-async", "Idempotency-Key": str(uuid4())}
        first = await self._place(client, headers, shopper.user_id)
        again = await self._place(client, headers, shopper.user_id)
        order_id = first.json()["order_id"]
        # Other orders' requests may come first.
        while await find_decision(table, order_id, consistent=True) is None:
            await asyncio.to_thread(_pay_waiting)
        if is_settled:
            state, now = OrderState.PAID, datetime.now(UTC)
            await advance_order(table, order_id, state, status="paid", now=now, by="order@test")

        repeat = await self._place(client, headers, shopper.user_id)

        for early in (first, again):
            assert (early.status_code, early.json()["payment"]["message"]) == (
                202,
                "pending payment",
            )
        assert (repeat.status_code, repeat.json()["order_id"]) == (200, order_id)
        assert repeat.json()["payment"]["message"] == "transaction successful"
        assert "preference-applied" not in repeat.headers

    @pytest.mark.parametrize("name", ["ü", "😀", "a b?#%", "a\r\nSet-Cookie: b=c"])
    async def test_the_place_of_an_order_can_be_said_whatever_the_user_is_called(
        self, client: AsyncClient, open_mode: None, name: str
    ) -> None:
        user_id = fresh(name)
        path = "".join(f"%{byte:02X}" for byte in user_id.encode())

        answer = await client.post(
            f"/order/add/{path}", json=order(), headers={"Prefer": "respond-async"}
        )

        assert answer.status_code == 202
        assert "set-cookie" not in answer.headers
        found = await client.get(answer.headers["Location"])
        assert found.json()["userid"] == user_id

    async def test_a_key_makes_a_repeat_the_same_order(
        self, client: AsyncClient, catalog: None
    ) -> None:
        shopper = await new_shopper()
        headers = shopper.headers | {"Idempotency-Key": str(uuid4())}

        answers = await asyncio.gather(
            *(self._place(client, headers, shopper.user_id) for _ in range(8))
        )

        assert len({answer.text for answer in answers}) == 1
        listed = await client.get(f"/order/{shopper.user_id}", headers=shopper.headers)
        assert len(listed.json()) == 1

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        "changes",
        [
            {"cart": [{"itemid": BOTTLE, "quantity": 3}]},
            {"card": SHOP_CARD | {"expMonth": "11"}},
            {"card": SHOP_CARD | {"number": "5555555555554444"}},
            {"email": "other@example.com"},
        ],
    )
    async def test_a_key_for_another_body_is_refused_and_sends_nothing(
        self, client: AsyncClient, catalog: None, changes: dict[str, Any]
    ) -> None:
        shopper = await new_shopper()
        headers = shopper.headers | {"Idempotency-Key": "key"}
        await self._place(client, headers, shopper.user_id)
        queued("")

        answer = await self._place(client, headers, shopper.user_id, **changes)

        message = "Idempotency-Key: was used for another order"
        assert refusal(answer) == {"message": message, "status": 422}
        assert queued("") == []

    async def test_an_order_is_found_by_its_key_and_by_its_users_alone(
        self, client: AsyncClient, catalog: None
    ) -> None:
        one, two = await new_shopper(), await new_shopper()
        keys = [{"Idempotency-Key": str(uuid4())} for _ in range(2)]
        await self._place(client, one.headers, one.user_id)
        placed = await self._place(client, one.headers | keys[0], one.user_id)

        found = await client.get(f"/order/{one.user_id}", headers=one.headers | keys[0])
        others = await client.get(f"/order/{one.user_id}", headers=one.headers | keys[1])
        strange = await client.get(f"/order/{two.user_id}", headers=two.headers | keys[0])

        assert [order["_id"] for order in found.json()] == [placed.json()["order_id"]]
        assert others.json() == strange.json() == []
        assert "Link" not in found.headers
        assert found.headers["Idempotency-Key"] == keys[0]["Idempotency-Key"]

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
    async def test_a_key_of_any_letters_is_one(
        self, client: AsyncClient, catalog: None, encoding: str
    ) -> None:
        """Browsers send the letters of a header as Latin-1, others as UTF-8."""
        shopper = await new_shopper()
        key = {"Idempotency-Key": "clé 1\u00bd/%"}
        headers = [
            (name.encode(), value.encode(encoding))
            for name, value in (shopper.headers | key).items()
        ]

        found = await client.get(f"/order/{shopper.user_id}", headers=headers)

        assert found.json() == []
        assert found.headers["Idempotency-Key"] == "cl%C3%A9%201%C2%BD/%25"

    async def test_one_key_of_two_users_is_two_orders(
        self, client: AsyncClient, catalog: None
    ) -> None:
        one, two = await new_shopper(), await new_shopper()
        key = {"Idempotency-Key": "same"}

        first = await self._place(client, one.headers | key, one.user_id)
        second = await self._place(client, two.headers | key, two.user_id)

        assert first.json()["order_id"] != second.json()["order_id"]

    async def test_lists_come_newest_first_in_pages(
        self, client: AsyncClient, catalog: None
    ) -> None:
        shopper = await new_shopper()
        placed = [
            (await self._place(client, shopper.headers, shopper.user_id)).json()["order_id"]
            for _ in range(3)
        ]

        first = await client.get(f"/order/{shopper.user_id}?limit=2", headers=shopper.headers)
        link = first.headers["Link"].split(";")[0].strip("<>")
        rest = await client.get(link, headers=shopper.headers)

        assert [order["_id"] for order in first.json() + rest.json()] == placed[::-1]
        assert "Link" not in rest.headers

    async def test_the_old_till_is_understood(self, client: AsyncClient, catalog: None) -> None:
        till = await bearer(fresh(), role=Role.STAFF)
        body = {"card": EVENT_CARD, "delivery": "instore", "total": "34.99",
                "cart": [{"id": BOTTLE, "quantity": "1", "price": '"34.99"'}]}  # fmt: skip

        answer = await client.post(
            "/order/add/walk-in",
            content=json.dumps(body),
            headers=till | {"Content-Type": "application/x-www-form-urlencoded"},
        )

        assert (answer.status_code, answer.json()["userid"]) == (200, "walk-in")


async def test_an_order_that_outgrows_its_item_is_refused(client: AsyncClient) -> None:
    """Short lines can name articles with long texts."""
    shopper, (mat, *_) = await new_shopper(), classic_products(datetime(2026, 1, 1, tzinfo=UTC))
    product = replace(
        mat,
        product_id=fresh("p"),
        name="Mat " * 50,
        short_description="😀" * 1000,
        price_cents=100,
    )
    await add_product(get_table(), product)
    body = order(cart=[{"itemid": product.product_id, "quantity": 1}] * 100, total="100")

    answer = await client.post(f"/order/add/{shopper.user_id}", json=body, headers=shopper.headers)

    assert answer.status_code == 400
    assert answer.json()["message"] == "cart: is too large"
    listed = await client.get(f"/order/{shopper.user_id}", headers=shopper.headers)
    assert listed.json() == []
