"""From HTTP to delivered, over real queues and the real handlers."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from httpx import Client

from infra.cli.order import command as show_order
from infra.local.log_file import read_log
from tests.e2e.helpers.running_shop import ERIC, PASSWORD

BOTTLE = "0b3a1e5a-e520-4f1e-bdf4-5f721f728bfd"
T = TypeVar("T")
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

GOOD_CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2030", "ccv": "123"}


def order(**changes: Any) -> dict[str, Any]:
    body = {"card": GOOD_CARD, "cart": [{"itemid": BOTTLE, "quantity": 1}], "total": "34.99"}
    return body | changes


def new_customer(shop: Client) -> str:
    """Register and log in a new customer; the client sends their token from now on."""
    name = f"user-{uuid4().hex}"
    body = {"username": name, "password": "not a secret", "firstname": "A", "lastname": "B"}
    user_id: str = shop.post("/register", json=body).json()["resourceId"]
    log_in(shop, name, "not a secret")
    return user_id


def log_in(shop: Client, name: str, password: str) -> None:
    tokens = shop.post("/login", json={"username": name, "password": password}).json()
    shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"


def until(ask: Callable[[], T | None], *, seconds: float = 60) -> T:
    """Return the first answer that is something; ask again until time is up."""
    end = time.monotonic() + seconds
    while (answer := ask()) is None:
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return answer


def watched(shop: Client, user_id: str, order_id: str, *statuses: str) -> dict[str, Any]:
    """Return an order once it has come to one of some statuses."""

    def ask() -> dict[str, Any] | None:
        listed = shop.get(f"/order/{user_id}").json()
        return next(
            (order for order in listed if order["_id"] == order_id and order["status"] in statuses),
            None,
        )

    return until(ask)


def told(data_dir: Path, order_id: str) -> dict[str, tuple[str, str]]:
    """Return function and trace id of each step of an order that the log tells."""
    return {
        line["message"].partition(" ")[0]: (line["function"], line["trace_id"])
        for line in read_log(data_dir)
        if order_id in line["message"]
    }


def test_a_paid_order_is_shipped_and_delivered(
    shop: Client,
    enforced_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    user_id = new_customer(shop)

    answer = shop.post(f"/order/add/{user_id}", json=order(), headers={"traceparent": TRACEPARENT})
    placed = answer.json()

    assert placed["userid"] == user_id
    assert placed["payment"] | {"transactionID": "?"} == {
        "success": "true",
        "status": 200,
        "message": "transaction successful",
        "amount": "34.99",
        "transactionID": "?",
    }
    # It is under way for a second or two, and a client that looks may be held up for longer.
    shipped = watched(shop, user_id, placed["order_id"], "shipped - pending delivery", "delivered")
    assert shipped["transactionID"] == placed["payment"]["transactionID"]
    delivered = watched(shop, user_id, placed["order_id"], "delivered")
    assert delivered["trackingNumber"] == shipped["trackingNumber"] != ""
    assert delivered["card"]["number"] == "************1111"
    # Every step is in the log, under the id that the request came with.
    assert answer.headers["x-request-id"] == TRACEPARENT.split("-")[1]
    order_id = placed["order_id"]
    until(lambda: told(enforced_dir, order_id).get("order.delivered"))
    assert told(enforced_dir, order_id) == {
        name: (function, answer.headers["x-request-id"])
        for name, function in {
            "order.placed": "api",
            "order.answered": "api",
            "payment.accepted": "payment",
            "order.paid": "order",
            "shipment.sent": "shipment",
            "order.shipped": "order",
            "order.delivered": "order",
        }.items()
    }
    # One command tells it all.
    monkeypatch.setenv("SHOP_DATA_DIR", str(enforced_dir))
    show_order(order_id)
    said = capsys.readouterr().out
    assert re.findall("^history .*, (.*) by (.*)@", said, re.MULTILINE) == [
        ("pending", "api"),
        ("paid", "order"),
        ("shipped", "order"),
        ("delivered", "order"),
    ]
    assert f"trace     {answer.headers['x-request-id']}\n" in said
    assert re.search(r"^log .* payment +payment\.accepted ", said, re.MULTILINE)


def test_a_declined_order_ships_nothing(shop: Client) -> None:
    user_id = new_customer(shop)
    expired = GOOD_CARD | {"expYear": "2018"}

    placed = shop.post(f"/order/add/{user_id}", json=order(card=expired)).json()

    assert placed["payment"] == {
        "success": "false",
        "status": 400,
        "message": "creditcard has expired",
        "amount": "0",
        "transactionID": "-1",
    }
    text = "creditcard validation has failed, unable to process payment"
    declined = watched(shop, user_id, placed["order_id"], text)
    assert declined["trackingNumber"] == ""
    time.sleep(2.5)  # Longer than any delivery of this shop takes.
    assert shop.get(f"/order/{user_id}").json() == [declined]


def test_an_order_in_the_store_is_handed_over_at_once(shop: Client) -> None:
    user_id = new_customer(shop)

    placed = shop.post(f"/order/add/{user_id}", json=order(delivery="instore")).json()

    delivered = watched(shop, user_id, placed["order_id"], "delivered")
    assert delivered["delivery"] == "instore"


def test_an_impatient_client_gets_a_place_to_look(shop: Client) -> None:
    user_id = new_customer(shop)

    answer = shop.post(f"/order/add/{user_id}", json=order(), headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    assert answer.json()["payment"]["message"] == "pending payment"

    def ask() -> bool | None:
        found = shop.get(answer.headers["Location"]).json()
        return True if found["status"] == "delivered" else None

    assert until(ask)


def test_a_repeat_under_one_key_is_one_order(shop: Client) -> None:
    user_id = new_customer(shop)
    key = {"Idempotency-Key": uuid4().hex}

    answers = [shop.post(f"/order/add/{user_id}", json=order(), headers=key) for _ in range(3)]

    assert len({answer.text for answer in answers}) == 1
    assert len(shop.get(f"/order/{user_id}").json()) == 1
    other = shop.post(f"/order/add/{user_id}", json=order(delivery="usps"), headers=key)
    assert other.status_code == 422


def test_a_wrong_total_is_refused_with_the_right_one(shop: Client) -> None:
    user_id = new_customer(shop)

    answer = shop.post(f"/order/add/{user_id}", json=order(total="1.00"))

    assert answer.status_code == 400
    assert "34.99" in answer.json()["message"]
    assert shop.get(f"/order/{user_id}").json() == []


def test_staff_sees_everybody_and_customers_themselves(shop: Client) -> None:
    user_id = new_customer(shop)
    placed = shop.post(f"/order/add/{user_id}", json=order()).json()

    assert shop.get(f"/order/{ERIC}").status_code == 403
    assert shop.get("/order/all").status_code == 403

    log_in(shop, "staff", PASSWORD)
    listed = shop.get("/order/all").json()
    assert placed["order_id"] in {order["_id"] for order in listed}
    assert shop.get("/users").json()["data"][0]["username"] == "walter"
