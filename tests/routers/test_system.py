"""The shop as a machine."""

from datetime import UTC, datetime

import pytest
from httpx import AsyncClient

from app.settings import get_settings


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


async def test_the_shop_says_what_stands_on_its_receipts(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = (await client.get("/shop")).json()
    for name, text in {
        "SHOP_NAME": "Müller & Söhne",
        "SHOP_ADDRESS": "20 Riding Lane, 10201 Frisco",
        "SHOP_TAX_LINE": "VAT ID XX123456789",
        "SHOP_TIME_ZONE": "America/Argentina/Buenos_Aires",
        "TILL_LOCK_MINUTES": "0",
    }.items():
        monkeypatch.setenv(name, text)
    get_settings.cache_clear()

    answer = await client.get("/shop")

    assert usual == {
        "name": "ACME Fitness Shop",
        "address": "",
        "taxLine": "",
        "timeZone": "",
        "tillLockMinutes": 10,
    }
    assert answer.json() == {
        "name": "Müller & Söhne",
        "address": "20 Riding Lane, 10201 Frisco",
        "taxLine": "VAT ID XX123456789",
        "timeZone": "America/Argentina/Buenos_Aires",
        "tillLockMinutes": 0,
    }


async def test_security_txt_names_a_contact_and_is_in_date(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", "https://shop.example/report")
    get_settings.cache_clear()

    answer = await client.get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == "https://shop.example/report"
    days = (datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)).days
    assert 0 < days < 365
