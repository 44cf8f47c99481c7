import asyncio
from collections.abc import AsyncIterator
from typing import Any

from httpx import ASGITransport, AsyncClient

from app.main import create_app
from routers.middleware import HTTPMiddleware
from routers.origin_check import OriginCheck
from routers.overload import MAX_IN_FLIGHT, LoadShedder
from routers.product_list import ProductListLane
from tests.support.shop import refusal


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if scope["path"] == "/breaks":
            raise RuntimeError
        if scope["path"] != "/healthz":
            await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


def client_of(slow: Slow, most: int) -> AsyncClient:
    shedder = HTTPMiddleware(LoadShedder(slow, most=most))
    return AsyncClient(transport=ASGITransport(shedder), base_url="http://shop")


async def started(slow: Slow, count: int) -> None:
    while slow.asked < count:  # noqa: ASYNC110  # The application cannot set an event for it.
        await asyncio.sleep(0)


async def test_what_is_too_much_is_told_to_come_again_and_the_rest_is_answered() -> None:
    slow = Slow()
    async with client_of(slow, 2) as http:
        taken = [asyncio.create_task(http.get("/products")) for _ in range(2)]
        await started(slow, 2)

        turned_away = await http.get("/products")
        slow.may_answer.set()
        answers = await asyncio.gather(*taken)
        later = await http.get("/products")

    assert turned_away.status_code == 503
    assert refusal(turned_away)["message"] == "the shop is full; try again in a moment"
    assert turned_away.headers["retry-after"] == "1"
    assert [answer.status_code for answer in (*answers, later)] == [200, 200, 200]


async def test_a_crowd_that_sent_slowly_is_counted_when_its_bodies_are_in() -> None:
    slow, may_end = Slow(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await may_end.wait()
        yield b"}"

    async with client_of(slow, 2) as http:
        crowd = [asyncio.create_task(http.post("/order/add/dan", content=body())) for _ in range(5)]
        await asyncio.sleep(0)
        may_end.set()
        refused, _ = await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
        while len(refused) < 3:
            more, _ = await asyncio.wait({*crowd} - refused, return_when=asyncio.FIRST_COMPLETED)
            refused |= more
        asked = slow.asked
        slow.may_answer.set()
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*crowd))

    assert asked == 2
    assert statuses == [200, 200, 503, 503, 503]


async def test_a_full_shop_says_that_it_is_up_and_answers_preflights() -> None:
    slow = Slow()
    async with client_of(slow, 1) as http:
        taken = asyncio.create_task(http.get("/products"))
        await started(slow, 1)

        health = await http.get("/healthz")
        preflight = await http.options("/order/add/dan")
        slow.may_answer.set()
        await taken

    assert (health.status_code, preflight.status_code) == (200, 204)


async def test_a_request_that_breaks_gives_its_place_back() -> None:
    slow = Slow()
    slow.may_answer.set()
    async with client_of(slow, 1) as http:
        broken = [(await http.get("/breaks")).status_code for _ in range(3)]

        after = await http.get("/products")

    assert broken == [500, 500, 500]
    assert after.status_code == 200


def test_the_application_sheds_load_behind_its_middleware() -> None:
    kinds: list[object] = [middleware.cls for middleware in create_app().user_middleware]

    assert kinds == [HTTPMiddleware, OriginCheck, ProductListLane, LoadShedder]
    assert MAX_IN_FLIGHT > 64
