"""The shop as a machine: is it up, can it work, what does it say of itself."""

import asyncio
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from app.messages import PAYMENT_REQUEST
from app.store.keys import product_key
from routers.dependencies import QueuesDep, SettingsDep, TableDep
from routers.problems import problems

router = APIRouter(tags=["system"])


class HealthResponse(BaseModel):
    """The process is up."""

    status: Literal["ok"] = "ok"
    version: str


class ReadinessResponse(BaseModel):
    """The table and the queue answer."""

    status: Literal["ready"] = "ready"


@router.get("/healthz", summary="Ask whether the process is up")
async def get_health(settings: SettingsDep) -> HealthResponse:
    """Answer without touching anything else."""
    return HealthResponse(version=settings.version)


@router.get("/readyz", summary="Ask whether the shop can work", responses=problems())
async def get_readiness(table: TableDep, queues: QueuesDep) -> ReadinessResponse:
    """Answer once the table and the queue for payments answer."""
    await asyncio.gather(table.get(product_key("readyz")), queues.check(PAYMENT_REQUEST))
    return ReadinessResponse()


@router.get("/live", summary="Ask whether payment is alive", response_class=PlainTextResponse)
async def get_payment_liveness() -> str:
    """Return the word the old payment service said."""
    return "live"
