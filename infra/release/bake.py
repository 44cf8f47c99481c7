"""While a new version has a share of the calls: it is tried, and its alarm is watched."""

import asyncio
import time
from typing import Any

import httpx

from app.domain.errors import ShopError
from infra.release.shell import log
from infra.topology import alarm_name
from infra.verify.sources.purchase import PurchaseRefusedError, place_orders

_LOOK_EVERY_SECONDS = 15.0


def place_practice_orders(url: str, *, orders: int) -> None:
    """Order so often that there is something to judge by, few customers or many.

    What goes wrong here is for alarms and gates to find: they say what it means.
    """
    if not orders:
        return
    log(f"ordering {orders} times, so that there is something to judge by")
    try:
        asyncio.run(place_orders(url, orders=orders))
    except (PurchaseRefusedError, ShopError, httpx.HTTPError) as failure:
        log(f"that was broken off: {type(failure).__name__}: {failure}")
    except (KeyError, TypeError, IndexError):
        log("that was broken off: the shop answers in another shape than ours")


def watch_alarm(client: Any, stack: str, *, seconds: float) -> str | None:
    """Watch the release alarm of a stack; return what it says as soon as it is on."""
    name, until = alarm_name(stack, "release"), time.monotonic() + seconds
    while True:
        found = client.describe_alarms(
            AlarmNames=[name], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
        )
        for alarm in (*found.get("CompositeAlarms", ()), *found.get("MetricAlarms", ())):
            if alarm["StateValue"] == "ALARM":
                return f"{name} is on: {alarm.get('StateReason', '')}"
        left = until - time.monotonic()
        if left <= 0:
            return None
        log(f"watching {name}: {left / 60:.1f} minutes to go")
        time.sleep(min(_LOOK_EVERY_SECONDS, left))
