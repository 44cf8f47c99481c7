"""What attackers tried, each with the planted bug that it would have found.

The bugs are in ``tests/mutations/security.py``.
"""

import json
import logging
from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest
from httpx import AsyncClient

from app.aws.boto3_calls import client_config
from app.domain.user import Role
from app.store.keys import order_key
from app.store.order_items import item_to_order
from app.store.table import Table
from infra.verify.gates.leakage import new_card_number
from infra.verify.sources.canaries import scatter
from tests.support.shop import (
    PASSWORD,
    bearer,
    fresh,
    refusal,
    stored_product,
    stored_user,
    tokens_of,
)
from workers.batch import handle_batch
from workers.dependencies import AWS_DEPENDENCIES

pytestmark = pytest.mark.unmeasured

CARD = {"number": "378282246310005", "expMonth": "12", "expYear": "2030", "ccv": "9876"}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that any library says at DEBUG."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda name: f"{name} ", str.title])
async def test_the_password_is_checked_however_the_name_is_spelled(
    client: AsyncClient, table: Table, change: Any
) -> None:
    name = (await stored_user(table)).username
    body = {"username": change(name), "password": "wrong"}

    assert (await client.post("/login", json=body)).status_code == 401


async def test_a_password_is_compared_with_its_spaces(client: AsyncClient) -> None:
    body = {"username": fresh("u"), "password": " vmware1! ", "firstname": "a", "lastname": "b"}
    assert (await client.post("/register", json=body)).status_code == 201

    stripped = await client.post("/login", json={**body, "password": "vmware1!"})
    exact = await client.post("/login", json=body)

    assert (stripped.status_code, exact.status_code) == (401, 200)


async def test_an_unknown_name_costs_as_much_work_as_a_known_one(
    client: AsyncClient, table: Table, full_password_work: None
) -> None:
    """Processor time, not the clock's: it does not depend on who else is at the machine."""
    name = (await stored_user(table)).username

    async def work(username: str) -> float:
        begun = process_time()
        await client.post("/login", json={"username": username, "password": "wrong"})
        return process_time() - begun

    await work(fresh())
    unknown = min([await work(fresh()) for _ in range(4)])
    known = min([await work(name) for _ in range(4)])

    assert unknown > known / 2


@pytest.mark.parametrize("near", ["{0}x", "x{0}", "{0}%20", "{0}", "%20{0}"])
async def test_an_id_that_is_nearly_ones_own_is_anothers(client: AsyncClient, near: str) -> None:
    user_id = "Anna"
    prefix = near.format(user_id[:-1] if near == "{0}" else user_id)

    answer = await client.get(f"/cart/items/{prefix}", headers=await bearer(user_id))

    assert answer.status_code == 403


@pytest.mark.parametrize("user_id", ["guest", "undefined", "null", "staff"])
async def test_a_token_opens_no_cart_of_nobody(client: AsyncClient, user_id: str) -> None:
    answer = await client.get(f"/cart/items/{user_id}", headers=await bearer(fresh()))

    assert answer.status_code == 403


async def test_a_customer_whose_name_is_staff_is_a_customer(client: AsyncClient) -> None:
    tokens = await tokens_of(fresh(), username="staff", role=Role.CUSTOMER)
    headers = {"Authorization": f"Bearer {tokens.access}"}

    answers = [await client.get(path, headers=headers) for path in ("/users", "/cart/all")]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("name", ["access_token", "token", "logged_in", "authorization"])
async def test_a_token_is_read_from_no_other_place(client: AsyncClient, name: str) -> None:
    user_id = fresh()
    token = (await tokens_of(user_id)).access

    query = await client.get(f"/cart/items/{user_id}", params={name: token})
    body = await client.post(
        f"/cart/item/add/{user_id}", json={"itemid": "x", name: token, "token": token}
    )
    header = await client.get(f"/cart/items/{user_id}", headers={"X-Token": token, "Token": token})

    assert [answer.status_code for answer in (query, body, header)] == [401, 401, 401]


async def test_an_order_keeps_no_cvv_and_no_number_wherever_they_are_typed(
    client: AsyncClient, table: Table, logged: pytest.LogCaptureFixture
) -> None:
    product, user_id = await stored_product(table), fresh()
    number = CARD["number"]
    order = {
        "firstname": f"Card {number}",
        "lastname": number,
        "email": f"{number}@example.com",
        "address": dict.fromkeys(("street", "city", "zip", "state", "country"), number),
        "delivery": {"card": number},
        "card": CARD,
        "cart": [{"itemid": product.product_id, "quantity": 1, "description": f"a {number}"}],
    }
    headers = {**await bearer(user_id), "Prefer": "respond-async"}
    texts = dict.fromkeys(("name", "description", "shortDescription"), f"my {number}")
    line = {"itemid": product.product_id, "quantity": 1, "price": 1, **texts}
    await client.post(f"/cart/item/add/{user_id}", json=line, headers=headers)
    cart = await client.get(f"/cart/items/{user_id}", headers=headers)
    assert number not in cart.text
    assert "my ***********0005" in cart.text
    placed = await client.post(f"/order/add/{user_id}", json=order, headers=headers)
    assert placed.status_code == 202

    item = await table.get(order_key(placed.json()["order_id"])) or {}
    shown = await client.get(f"/order/{user_id}", headers=headers)

    kept = {name: value for name, value in item.items() if name != "fingerprint"}
    for drawn in (user_id, placed.json()["order_id"], product.product_id):
        kept = json.loads(json.dumps(kept, default=str).replace(drawn, ""))
    for place in (json.dumps(kept), json.dumps(shown.json()[0]["card"]), logged.text):
        assert number not in place
    for place in (json.dumps([kept[name] for name in ("card", "delivery", "address")]),):
        assert "9876" not in place
    assert item_to_order(item).card.number == "************0005"


async def test_what_was_sent_is_not_logged_when_it_fails_validation(
    client: AsyncClient, logged: pytest.LogCaptureFixture
) -> None:
    mark = fresh("secret")
    bodies: list[tuple[str, Any]] = [
        ("/login", {"username": ["x"], "password": mark}),
        ("/register", {"password": mark, "username": {mark: mark}}),
        ("/order/add", {"card": {"number": [mark], "ccv": mark}, "cart": mark}),
        ("/refresh-token", {"refresh_token": [mark]}),
    ]
    for path, body in bodies:
        answer = await client.post(path, json=body, headers=await bearer(fresh()))
        assert answer.status_code == 400
        assert mark not in refusal(answer)["message"]

    assert mark not in logged.text


async def test_a_worker_that_crashes_logs_no_record(logged: pytest.LogCaptureFixture) -> None:
    mark = fresh("4111111111111111")

    async def crash(*_: object) -> None:
        raise ZeroDivisionError

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 5000

    record = {"messageId": "m-1", "body": json.dumps({"data": {"card": {"Number": mark}}})}

    report = await handle_batch({"Records": [record]}, Context(), crash, AWS_DEPENDENCIES)

    assert report == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert "record.crashed" in logged.text
    assert mark not in logged.text


def test_botocore_never_logs_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    botocore = logging.getLogger("botocore")
    monkeypatch.setattr(botocore, "level", logging.DEBUG)
    client_config.cache_clear()

    client_config()

    assert not botocore.isEnabledFor(logging.INFO)


async def test_no_library_tells_at_debug_what_was_sent(
    client: AsyncClient, table: Table, logged: pytest.LogCaptureFixture
) -> None:
    """Cards, CVVs, passwords and tokens in every place of every body, header, query and path."""
    user = await stored_user(table)
    body = {"username": user.username, "password": PASSWORD, "cookies": False}
    tokens = (await client.post("/login", json=body)).json()
    marks = {name: tokens[name] for name in ("access_token", "refresh_token")}

    marks |= await scatter(
        client,
        user=user.user_id,
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        secrets=marks,
        new_card_number=new_card_number,
        line={"itemid": (await stored_product(table)).product_id, "quantity": 1},
        total="62.5",
    )

    # The test's own client is no part of the shop.
    said = [
        f"{record.getMessage()} {record.exc_text or ''} {vars(record).get('security')}"
        for record in logged.records
        if record.name.partition(".")[0] not in {"httpx", "httpcore"}
    ]
    # Without the lines of reading the keys, which another test may have done before.
    assert len(said) > 20
    assert [line for line in said for mark in marks.values() if mark in line] == []


async def test_a_login_of_a_known_user_works(client: AsyncClient, table: Table) -> None:
    """Or the tests above would find every bug."""
    name = (await stored_user(table)).username

    answer = await client.post("/login", json={"username": name, "password": PASSWORD})

    assert answer.status_code == 200
