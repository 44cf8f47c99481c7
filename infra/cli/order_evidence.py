"""Gathering what is known of one order: its items, and what stands around it."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import OrderNotFoundError, SettingsError, UnreadableItemError
from app.domain.sweeping import stuck_at
from app.settings import read_settings
from app.store.orders import get_order, get_order_with_item, list_orders
from app.store.pagination import PageRequest
from app.store.payments import find_decision
from app.trace_context import read_traceparent
from infra.cli.order_context import gather_order_context
from infra.cli.stacks import StackConnection, search_log
from infra.orders.facts import Evidence
from infra.orders.filing import filing_faults, overdue_since
from infra.topology import function_name

#: An ``X-Request-Id``, and how the log names an order.
_TRACE_ID = re.compile("[0-9a-f]{32}")
#: Ids of both kinds are lower-case hexadecimal digits; capitals come from other programs.
_CAPITALS = re.compile("[0-9A-F]{32}")
_NAMED_ORDER = re.compile(r"\border_id=([\w-]{8,64})")
#: An order's id among other signs: in a line of the log, an address, or quotes.
_ORDER_ID = re.compile(
    "(?<![0-9A-Za-z-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
)
#: How many of the newest orders are looked at for the one that a request has placed.
_NEWEST = 100
#: Longer ones are in no message either (:func:`infra.dead_letters.messages.order_id_in`).
_LONGEST_ID = 200
#: What is pasted as an id is searched so far; a line of the log has 300 bytes.
_LONGEST_TEXT = 1000


def find_order_id(connection: StackConnection, given: str, *, now: datetime) -> str:
    """Return the one order's id that :func:`find_order_ids` finds.

    Raises:
        OrderNotFoundError: it finds none, or several; says which.
    """
    found = find_order_ids(connection, given, now=now)
    if len(found) > 1:
        raise OrderNotFoundError(f"several orders have this trace: {', '.join(found)}")
    return found[0]


def find_order_ids(connection: StackConnection, given: str, *, now: datetime) -> list[str]:
    """Return an order's id for itself, or those of the orders of a request or trace, oldest first.

    Either may be in capitals; a whole ``traceparent`` is a request's id, too, and a text with one
    order's id in it, as an address or a line of the log, is that id. For a request's id the log is
    searched, of a stack that of the last day, then the newest orders.

    Raises:
        OrderNotFoundError: the log knows no order of the request, or nothing has such an id.
        LogSearchError: the log cannot be read.
        StoreUnavailableError: the table does not answer.
    """
    given = given.strip()
    if order_id := _one_order_id(given):
        return [order_id]
    if not 0 < len(given) <= _LONGEST_ID:
        raise OrderNotFoundError
    if trace := read_traceparent(given.lower()):
        given = trace.trace_id
    if _CAPITALS.fullmatch(given):
        given = given.lower()
    if not _TRACE_ID.fullmatch(given):
        return [given]
    lines = search_log(connection, [given], since=now - timedelta(days=1), until=now)
    named = [found[1].lower() for line in lines if (found := _NAMED_ORDER.search(line.text))]
    if named:
        return list(dict.fromkeys(named))
    # Its lines may be gone by now.
    page = asyncio.run(list_orders(connection.table, PageRequest(_NEWEST)))
    if placed := [order.order_id for order in page.entries if order.trace_id == given]:
        return placed[::-1]
    raise OrderNotFoundError(
        "neither the log nor the newest orders know of an order of this request; what it did: "
        f"acme-shop trace {given}{connection.options}"
    )


def _one_order_id(text: str) -> str | None:
    """Return the order's id that a text holds, if it is only one, or named as such; else None."""
    shown = text[:_LONGEST_TEXT]
    named = _NAMED_ORDER.search(shown)
    found = {order_id.lower() for order_id in _ORDER_ID.findall(named[1] if named else shown)}
    return found.pop() if len(found) == 1 else None


async def choose_order(
    connection: StackConnection, order_ids: list[str], *, now: datetime
) -> tuple[str, dict[str, str]]:
    """Return which of several orders stands still, and the state of each; a read for each.

    It is the first that cannot be read or is stuck, else the first that is open, else the first.
    """
    longest = timedelta(seconds=connection.settings.delivery_seconds[1])
    states: dict[str, str] = {}
    stuck, is_open = [], []
    for order_id in order_ids:
        try:
            order = await get_order(connection.table, order_id)
        except OrderNotFoundError:
            states[order_id] = "is gone"
        except UnreadableItemError:
            states[order_id] = "cannot be read"
        else:
            states[order_id] = order.state.name.lower()
            if order.state.is_final:
                continue
            is_open.append(order_id)
            if now < stuck_at(order, longest_delivery=longest):
                continue
        stuck.append(order_id)
    return [*stuck, *is_open, *order_ids][0], states


async def gather(connection: StackConnection, order_id: str, *, now: datetime) -> Evidence:
    """Return the evidence about one order; two reads of the table, and nothing is moved.

    Raises:
        OrderNotFoundError: the table has no order with this id.
        UnreadableItemError: the item of the order or of its payment is damaged.
    """
    item, order = await get_order_with_item(connection.table, order_id)
    decision = await find_decision(connection.table, order_id, consistent=True)
    around = await gather_order_context(connection, order_id, order=order, now=now)
    return Evidence(
        **vars(replace(around, filing=filing_faults(item, order, now=now))),
        order=order,
        decision=decision,
        overdue_since=overdue_since(item, order, now=now),
        trusts_events=trusts_events(connection),
        longest_delivery=timedelta(seconds=connection.settings.delivery_seconds[1]),
    )


def trusts_events(connection: StackConnection) -> bool:
    """Return what TRUST_EVENTS says to the workers; of a stack the deployed one is asked."""
    if connection.worker_urls:
        return connection.settings.trusts_events
    name = function_name(connection.name, "order")
    try:
        facts = connection.functions.get_function_configuration(FunctionName=name)
        given = facts.get("Environment", {}).get("Variables", {})
        return read_settings(
            {
                variable: given[variable]
                for variable in ("STAGE", "TRUST_EVENTS")
                if given.get(variable)
            }
        ).trusts_events
    except (BotoCoreError, ClientError, SettingsError):
        # What is not known is taken to be as it is deployed (infra/components/functions.py).
        return False
