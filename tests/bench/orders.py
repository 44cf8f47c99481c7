"""Suite ``cost``: what AWS bills for orders, from checkout to delivered.

``python -m tests.bench.orders`` places ten orders of two lines, shipped home, in a shop of its
own behind a meter, hands each queue's messages to its worker in batches of ten, and prints the
units of one order as JSON. A process of its own, because clients are made once in each.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import httpx

from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from infra import topology
from infra.cost.prices import PriceList
from infra.cost.units import Units
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.environment import REGION, aws_environment
from infra.local.function_host import LambdaContext, import_handler
from infra.verify.sources.metering import Meter, metering
from tests.bench.content import BATCH, BUYER, order_body
from tests.bench.figures import Figure

_STACK = "local"
_FUNCTIONS = {function.name: function for function in topology.FUNCTIONS}
#: A batch is received with one request and deleted with another, both Lambda's.
_REQUESTS_PER_BATCH = 2
#: Each order's way, and how many messages of it come to a queue.
_WAY = ((PAYMENT_REQUEST, 1), (PAYMENT_RESPONSE, 1), (SHIPMENT_REQUEST, 1), (SHIPMENT_RESPONSE, 2))
_WAIT_SECONDS = 20


@dataclass(frozen=True)
class Bill:
    """What one order used, and how many sends and calls of AWS that were."""

    units: Units
    calls: float


def cost() -> list[Figure]:
    """Return the units and the price of an order."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.orders"], check=True, stdout=subprocess.PIPE, text=True
    )
    found = json.loads(done.stdout)
    units = Units(**found["units"])
    name = "an order shipped home, at batch 10"
    return [
        Figure(f"{name}: written", units.write_units, "WRU (goal 9)"),
        Figure(f"{name}: read", units.read_units, "RRU"),
        Figure(f"{name}: queue requests", units.queue_requests, "requests (goal 2.4)"),
        Figure(f"{name}: AWS calls", found["calls"], "calls"),
        Figure(
            f"{name}: requests to functions, table and queues for 1,000",
            PriceList.read().cost_of(units) / 1000,
            "$, without GB-seconds (goal 0.0085 with them)",
        ),
    ]


async def _play(meter: Meter, queues: Any) -> Bill:
    # After the environment is set.
    from app.main import app  # noqa: PLC0415
    from app.store.table import get_table  # noqa: PLC0415
    from infra.seeds.load import seed_once  # noqa: PLC0415

    await seed_once(get_table())
    units, calls = Units(), 0
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop"
    ) as http:
        who = {"username": "eric", "password": "vmware1!"}
        login = (await http.post("/login", json=who)).raise_for_status().json()
        http.cookies.clear()
        headers = {"Authorization": f"Bearer {login['access_token']}", "Prefer": "respond-async"}
        meter.take()
        for _ in range(BATCH):
            answer = await http.post(f"/order/add/{BUYER}", json=order_body(), headers=headers)
            answer.raise_for_status()
            units += Units(http_requests=1, function_calls=1)
        for queue, messages in _WAY:
            for _ in range(messages):
                await asyncio.to_thread(_work, queues, queue)
                units += Units(function_calls=1, queue_requests=_REQUESTS_PER_BATCH)
        reading = meter.take()
        listed = await http.get(f"/order/{BUYER}", headers=headers)
    states = [order["state"] for order in listed.json()[:BATCH]]
    if states != ["delivered"] * BATCH:
        raise SystemExit(f"The orders are {states}")
    units, calls = units + reading.units, reading.calls
    return Bill(units.per(BATCH), calls / BATCH)


def _work(queues: Any, queue: str) -> None:
    """Hand ten messages of a queue to its function at once."""
    name = topology.queue_name(_STACK, queue)
    url = queues.get_queue_url(QueueName=name)["QueueUrl"]
    messages: list[dict[str, Any]] = []
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while len(messages) < BATCH:
        if time.monotonic() > give_up_at:
            raise SystemExit(f"{queue} has {len(messages)} messages")
        answer = queues.receive_message(
            QueueUrl=url,
            WaitTimeSeconds=1,
            MaxNumberOfMessages=BATCH - len(messages),
            MessageSystemAttributeNames=["All"],
        )
        messages += answer.get("Messages", [])
    mapping = next(mapping for mapping in topology.MAPPINGS if mapping.queue == queue)
    function = _FUNCTIONS[mapping.function]
    deadline = int(time.time() * 1000) + 1000 * function.timeout_seconds
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:{name}",
        }
        for message in messages
    ]
    context = LambdaContext(uuid4().hex, "", function.name, "", deadline)
    report = import_handler(function)({"Records": records}, context)
    if report["batchItemFailures"]:
        raise SystemExit(f"{function.name} cannot handle its messages")
    for message in messages:
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def main() -> None:
    """Play, and print what one order used."""
    with Emulator() as emulator, metering(emulator.endpoint_url) as meter:
        os.environ.update(deploy(emulator.endpoint_url, stack=_STACK))
        os.environ.update(aws_environment(meter.url))
        # Events are checked, as in every stack that is no playground.
        os.environ.update(
            STAGE="local", AUTH_MODE="1", TRUST_EVENTS="0", SHOP_DELIVERY_SECONDS="0-0"
        )
        bill = asyncio.run(_play(meter, Clients(emulator.endpoint_url, REGION)("sqs")))
    print(json.dumps(asdict(bill)))


if __name__ == "__main__":
    main()
