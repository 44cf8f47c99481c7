"""Health and readiness."""

import asyncio
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import Field

from app.domain.errors import QueueUnavailableError, StoreUnavailableError
from app.domain.instants import instant_to_text
from app.messages import PAYMENT_REQUEST
from app.store.keys import product_key
from routers.dependencies import NowDep, QueuesDep, SettingsDep, TableDep
from routers.problems import problems
from routers.routes import ShopRoute
from routers.schemas.public import PublicModel

router = APIRouter(tags=["system"], route_class=ShopRoute)

#: RFC 9116, 2.5.5, recommends less than a year.
_SECURITY_TXT_IS_GOOD_FOR = timedelta(days=180)


class HealthResponse(PublicModel):
    """The process is running."""

    status: Literal["ok"] = Field("ok", description="Always the same word.")
    version: str = Field(description="The release that answers.")


class ReadinessResponse(PublicModel):
    """The table and the queue answer."""

    status: Literal["ready"] = Field("ready", description="Always the same word.")


class ShopResponse(PublicModel):
    """What stands on receipts, and how the till behaves; all of it are settings."""

    name: str = Field(description="The shop's name.", examples=["ACME Fitness Shop"])
    address: str = Field(description="Its address; may be empty.")
    taxLine: str = Field(  # noqa: N815 - the contract's spelling
        description="What the law wants on receipts, such as a VAT number; may be empty."
    )
    timeZone: str = Field(  # noqa: N815
        description="The IANA time zone whose days reports are of; empty for the device's own."
    )
    tillLockMinutes: int = Field(  # noqa: N815
        description="After so long without a touch the till locks itself; 0 for never."
    )


@router.get("/healthz", summary="Check the process")
async def get_health(settings: SettingsDep) -> HealthResponse:
    """Answer as long as the process runs; no dependency is called."""
    return HealthResponse(version=settings.version)


@router.get(
    "/readyz",
    summary="Check the dependencies",
    responses=problems(StoreUnavailableError, QueueUnavailableError),
)
async def get_readiness(table: TableDep, queues: QueuesDep) -> ReadinessResponse:
    """Answer if the table and the payment queue answer."""
    await asyncio.gather(table.get(product_key("readyz")), queues.check(PAYMENT_REQUEST))
    return ReadinessResponse()


@router.get("/shop", summary="Read what the shop is called")
async def get_shop(settings: SettingsDep) -> ShopResponse:
    """Return what receipts and reports need to know of the shop; no token, no dependency."""
    return ShopResponse(
        name=settings.shop_name,
        address=settings.shop_address,
        taxLine=settings.shop_tax_line,
        timeZone=settings.shop_time_zone,
        tillLockMinutes=settings.till_lock_minutes,
    )


@router.get("/live", summary="Check the payment service", response_class=PlainTextResponse)
async def get_payment_liveness() -> str:
    """Return `live`, as the original payment service does."""
    return "live"


@router.get("/.well-known/security.txt", include_in_schema=False, response_class=PlainTextResponse)
async def get_security_contact(settings: SettingsDep, now: NowDep) -> str:
    """Return whom to tell of a weakness (RFC 9116); the file is never out of date."""
    expires = (now + _SECURITY_TXT_IS_GOOD_FOR).replace(microsecond=0)
    return (
        f"Contact: {settings.security_contact}\n"
        f"Expires: {instant_to_text(expires)}\n"
        "Preferred-Languages: en\n"
    )
