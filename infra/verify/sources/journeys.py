"""What the journeys of a customer use up: browse, cart, buy.

``python -m infra.verify.sources.journeys`` plays them in a shop of its own, on an emulator of
its own, and prints the units of each as JSON. The handlers are the deployed ones; between them
and the emulator stands a meter.

How long Lambda would bill for cannot be measured here. It is made up of what does not depend
on this machine being busy: the processor time of a call, stretched by the share of a processor
that the function's memory buys, and a fixed allowance for each call to AWS.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import httpx

from app.messages import PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE
from infra import topology
from infra.cost.units import Units
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.environment import REGION, aws_environment
from infra.local.function_host import LambdaContext, import_handler
from infra.verify.sources.metering import Meter, metering

#: What one call to DynamoDB or SQS takes within a region, generously.
CALL_SECONDS = 0.005
#: How long an order waits for its payment, two messages and a warm worker, and how often it
#: looks meanwhile. Here it does not wait, so that every round uses the same.
PAYMENT_SECONDS, PAYMENT_LOOKS = 0.25, 4
#: A look is a read that need not be consistent.
_LOOK_UNITS = 0.5
#: Memory that comes with one whole processor, by Lambda's documentation.
_WHOLE_PROCESSOR_MB = 1769
_MB_PER_GB = 1024
#: The first round makes clients; of the others the quickest counts.
_ROUNDS = 4
#: A message is received and deleted too, each by a request of Lambda's.
_REQUESTS_PER_RECEIPT = 2

#: The queues that an order's messages come to, each message by itself: a parcel is reported when
#: it leaves and when it arrives.
_WAY = (PAYMENT_REQUEST, PAYMENT_RESPONSE, SHIPMENT_REQUEST, SHIPMENT_RESPONSE, SHIPMENT_RESPONSE)

_ERIC, _PASSWORD = "5c393a111d41c892ce243829", "vmware1!"  # Seeded and public.
_CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"}
_BUYER = {
    "firstname": "Eric",
    "lastname": "Cartman",
    "email": "eric@acmefitness.com",
    "address": {
        "street": "20 Riding Lane",
        "city": "San Francisco",
        "zip": "10201",
        "state": "CA",
        "country": "USA",
    },
}
_STACK = "local"
_FUNCTIONS = {function.name: function for function in topology.FUNCTIONS}


def lambda_units(
    function: str, *, cpu_seconds: float, calls: int, wait_seconds: float = 0.0
) -> Units:
    """Return what Lambda bills for one call of a function that called AWS ``calls`` times."""
    memory = _FUNCTIONS[function].memory_mb
    stretched = cpu_seconds * max(1.0, _WHOLE_PROCESSOR_MB / memory)
    seconds = stretched + calls * CALL_SECONDS + wait_seconds
    return Units(function_calls=1, gb_seconds=seconds * memory / _MB_PER_GB)


class Shop:
    """The deployed handlers in this process, and what they use."""

    def __init__(self, http: httpx.AsyncClient, meter: Meter, queues: Any) -> None:
        """Play in the shop behind ``http``; ``queues`` is a client that is not metered."""
        self._http = http
        self._meter = meter
        self._queues = queues
        self._used = Units()

    def take(self) -> Units:
        """Return what was used since the last look."""
        taken, self._used = self._used, Units()
        return taken

    def put_back(self, units: Units) -> None:
        """Forget what was used since a look and go on from what it showed."""
        self._used = units

    async def ask(self, method: str, path: str, *, wait_seconds: float = 0.0, **body: Any) -> Any:
        """Return the JSON of an answer; one call of the api function.

        Raises:
            httpx.HTTPStatusError: the shop refuses.
        """
        begun = time.process_time()
        answer = await self._http.request(method, path, **body)
        seconds = time.process_time() - begun
        answer.raise_for_status()
        self._count("api", seconds, wait_seconds=wait_seconds)
        self._used += Units(http_requests=1)
        return answer.json() if answer.content else None

    async def order(self, body: dict[str, Any]) -> None:
        """Place an order, as if waiting for its payment, and see it delivered."""
        await self.ask("POST", f"/order/add/{_ERIC}", json=body, wait_seconds=PAYMENT_SECONDS)
        self._used += Units(read_units=PAYMENT_LOOKS * _LOOK_UNITS)
        for queue in _WAY:
            await asyncio.to_thread(self._work, queue)

    def _work(self, queue: str) -> None:
        """Hand the message of a queue to its function, as an event source mapping does."""
        name = topology.queue_name(_STACK, queue)
        url = self._queues.get_queue_url(QueueName=name)["QueueUrl"]
        found = self._queues.receive_message(
            QueueUrl=url, WaitTimeSeconds=10, MessageSystemAttributeNames=["All"]
        )["Messages"]
        mapping = next(mapping for mapping in topology.MAPPINGS if mapping.queue == queue)
        function = _FUNCTIONS[mapping.function]
        deadline = int(time.time() * 1000) + 1000 * function.timeout_seconds
        context = LambdaContext(uuid4().hex, "", function.name, "", deadline)
        handler = import_handler(function)
        begun = time.process_time()
        report = handler({"Records": [_record(message, name) for message in found]}, context)
        seconds = time.process_time() - begun
        if report["batchItemFailures"]:
            raise RuntimeError(f"{function.name} cannot handle its message")
        for received in found:
            self._queues.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
        self._count(function.name, seconds)
        self._used += Units(queue_requests=_REQUESTS_PER_RECEIPT)

    def _count(self, function: str, cpu_seconds: float, *, wait_seconds: float = 0.0) -> None:
        read = self._meter.take()
        self._used += read.units + lambda_units(
            function,
            cpu_seconds=max(0.0, cpu_seconds - read.cpu_seconds),
            calls=read.calls,
            wait_seconds=wait_seconds,
        )


def _record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:{queue}",
    }


async def browse(shop: Shop) -> None:
    """Look at the catalog and at three of its products."""
    catalog = await shop.ask("GET", "/products")
    for product in catalog["data"][:3]:
        await shop.ask("GET", f"/products/{product['id']}")


async def fill_cart(shop: Shop) -> None:
    """Log in, put two products into the cart and look at it."""
    await shop.ask("POST", "/login", json={"username": "eric", "password": _PASSWORD})
    for product in await _products(shop):
        line = {"itemid": product["id"], "quantity": 1}
        await shop.ask("POST", f"/cart/item/add/{_ERIC}", json=line)
    await shop.ask("GET", f"/cart/items/{_ERIC}")
    await shop.ask("GET", f"/cart/total/{_ERIC}")


async def buy(shop: Shop) -> None:
    """Have two products sent home and pay for them, empty the cart and look at the order."""
    cart = [{"itemid": product["id"], "quantity": 1} for product in await _products(shop)]
    await shop.order({**_BUYER, "card": _CARD, "cart": cart, "delivery": "UPS/FEDEX"})
    await shop.ask("GET", f"/cart/clear/{_ERIC}")
    await shop.ask("GET", f"/order/{_ERIC}", params={"limit": 1})


JOURNEYS: dict[str, Callable[[Shop], Coroutine[Any, Any, None]]] = {
    "browse": browse,
    "cart": fill_cart,
    "buy": buy,
}


async def _products(shop: Shop) -> list[dict[str, Any]]:
    """Return two products; what this journey's customer has on the screen already."""
    used = shop.take()
    found = await shop.ask("GET", "/products", params={"limit": 2})
    shop.put_back(used)
    products: list[dict[str, Any]] = found["data"]
    return products


async def play(meter: Meter, clients: Clients) -> dict[str, Units]:
    """Play every journey some times in the shop that the environment names."""
    # After the environment is set.
    from app.main import app  # noqa: PLC0415
    from app.store.table import get_table  # noqa: PLC0415
    from infra.seeds.load import seed_once  # noqa: PLC0415

    await seed_once(get_table())
    transport = httpx.ASGITransport(app)
    quickest: dict[str, Units] = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        shop = Shop(http, meter, clients("sqs"))
        login = await shop.ask("POST", "/login", json={"username": "eric", "password": _PASSWORD})
        http.headers["Authorization"] = f"Bearer {login['access_token']}"
        for number in range(_ROUNDS):
            for name, journey in JOURNEYS.items():
                meter.take()
                shop.take()
                await journey(shop)
                used = shop.take()
                if number and used.gb_seconds < quickest.get(name, used).gb_seconds + 1e-12:
                    quickest[name] = used
    return quickest


def main() -> None:
    """Play the journeys and print what they used."""
    with Emulator() as emulator, metering(emulator.endpoint_url) as meter:
        os.environ.update(deploy(emulator.endpoint_url, stack=_STACK))
        os.environ.update(aws_environment(meter.url))
        # A shop with few visitors reads the catalog for each of them: that is what is priced.
        os.environ.update(
            STAGE="local",
            AUTH_MODE="1",
            # Events are checked, as in every stack that is no playground.
            TRUST_EVENTS="0",
            SHOP_CATALOG_SECONDS="0",
            SHOP_DELIVERY_SECONDS="0-0",
            SHOP_PAYMENT_WAIT_SECONDS="0",
        )
        used = asyncio.run(play(meter, Clients(emulator.endpoint_url, REGION)))
    print(json.dumps({name: asdict(units) for name, units in used.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
