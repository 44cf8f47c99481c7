"""The shop as a machine."""

from httpx import AsyncClient


async def test_health_touches_nothing(client: AsyncClient) -> None:
    answer = await client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": "dev"}


async def test_readiness_asks_table_and_queue(client: AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_the_old_payment_service_still_says_its_word(client: AsyncClient) -> None:
    answer = await client.get("/live")

    assert (answer.status_code, answer.text) == (200, "live")
