"""Two redrives of a real shop's dead letters at the same moment."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from app.messages import PAYMENT_REQUEST
from infra.topology import MAPPINGS, QUEUES
from tests.chaos.helpers.customers import BODY, TOTAL_CENTS
from tests.chaos.helpers.proxied_shop import proxied_shop
from tests.chaos.helpers.shop_queues import ShopQueues
from tests.infra.local.helpers.shop_process import ShopProcess, eventually

ORDERS = 40
LETTERS_PER_QUEUE = 9
POISON = "poison"


def _is_there(queues: ShopQueues, queue: str, count: int) -> bool:
    return queues.depth(queue) >= count


def _order(http: httpx.Client, user: str) -> str:
    """Place an order, again while the shop is too busy (503), and return its id."""
    headers = {"Prefer": "respond-async", "Idempotency-Key": uuid4().hex}
    while True:
        answer = http.post(f"/order/add/{user}", json=BODY, headers=headers)
        if answer.status_code != 503:
            order_id: str = answer.json()["order_id"]
            return order_id
        time.sleep(0.2)


def let_some_die(shop: ShopProcess, http: httpx.Client) -> tuple[dict[str, str], int]:
    """Place orders and make dead letters of some messages of every kind.

    Of the payment requests half are dead although their payment is decided. Return the
    orders with their users, and the number of dead letters.
    """
    queues, orders, dead_letters = ShopQueues(shop), {}, 0
    dead_letters_of = {queue.name: queue.dead_letters for queue in QUEUES}
    with ExitStack() as waiting:
        pauses = [ExitStack() for _ in MAPPINGS]
        for pause, mapping in zip(pauses, MAPPINGS, strict=True):
            pause.enter_context(queues.paused(mapping.queue))
            waiting.push(pause)
        for number in range(ORDERS):
            user = f"user-{number}"
            orders[_order(http, user)] = user
        expected = ORDERS
        for pause, mapping in zip(pauses, MAPPINGS, strict=True):
            queue, target = mapping.queue, dead_letters_of[mapping.queue]
            assert target is not None
            # What a shipment reports comes in two messages, the second of them later.
            eventually(partial(_is_there, queues, queue, expected), 60)
            bodies = queues.take(queue, LETTERS_PER_QUEUE)
            expected -= LETTERS_PER_QUEUE
            if queue == PAYMENT_REQUEST:
                for body in (decided := queues.take(queue, LETTERS_PER_QUEUE)):
                    queues.send(queue, body)
                bodies += decided
            for body in [*bodies, POISON]:
                queues.send(target, body)
            dead_letters += len(bodies)
            pause.close()
    return orders, dead_letters


def test_two_redrives_at_once_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    with proxied_shop(
        tmp_path, AUTH_MODE="0", SHOP_DELIVERY_SECONDS="0-1", SHOP_PAYMENT_WAIT_SECONDS="0"
    ) as proxied:
        shop = proxied.shop
        with httpx.Client(base_url=shop.url, timeout=30) as http:
            orders, dead_letters = let_some_die(shop, http)
            command = [sys.executable, "-m", "infra.cli.main", "redrive", "--json"]
            environment = {**os.environ, "SHOP_DATA_DIR": str(shop.data)}
            both = [
                subprocess.Popen(
                    # So slow that there is work left for the one that starts late.
                    [*command, "--per-second", "5"],
                    env=environment,
                    stdout=subprocess.PIPE,
                )
                for _ in range(2)
            ]
            done: list[dict[str, Any]] = [
                json.loads(process.communicate(timeout=120)[0]) for process in both
            ]

            def is_delivered(order_id: str) -> bool:
                found = http.get(f"/order/{orders[order_id]}/{order_id}").json()
                return bool(found["status"] == "delivered")

            for order_id in orders:
                eventually(partial(is_delivered, order_id), 120)
        queues = ShopQueues(shop)

        assert [process.returncode for process in both] == [0, 0]
        moved = [{message["message_id"] for message in one["moved"]} for one in done]
        assert all(moved), "one of them had nothing to do"
        assert len(moved[0] | moved[1]) == dead_letters
        actions = {message["action"] for one in done for message in one["moved"]}
        assert actions == {"send back", "announce the decision"}
        dead = [
            body
            for queue in QUEUES
            if queue.dead_letters is None
            for body in queues.take(queue.name, 99)
        ]
        assert dead == [POISON] * 4
        assert proxied.effects.problems(orders, cents=TOTAL_CENTS) == []
