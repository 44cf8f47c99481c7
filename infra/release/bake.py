"""While a canary has a share of the calls: practice orders, and a watch on the release alarm."""

import asyncio
import time
from typing import Any

import httpx

from app.domain.errors import ShopError
from infra.progress import print_progress
from infra.topology import alarm_name
from infra.verify.sources.purchase import PurchaseRefusedError, place_orders

_LOOK_EVERY_SECONDS = 15.0


def place_practice_orders(url: str, *, orders: int) -> None:
    """Place practice orders, so that the gates have enough calls to judge by.

    A failure here is printed and does not end the release: alarms and gates judge it.
    """
    if not orders:
        return
    print_progress(f"placing {orders} practice orders")
    try:
        asyncio.run(place_orders(url, orders=orders))
    except (PurchaseRefusedError, ShopError, httpx.HTTPError) as failure:
        print_progress(f"practice orders stopped: {type(failure).__name__}: {failure}")
    except (KeyError, TypeError, IndexError):
        print_progress("practice orders stopped: the answers are not those of this shop")


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
        print_progress(f"watching {name}: {left / 60:.1f} minutes to go")
        time.sleep(min(_LOOK_EVERY_SECONDS, left))
