"""Gathering what is known of one order: its items, and what stands around it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import OrderNotFoundError, SettingsError
from app.settings import read_settings
from app.store.orders import get_order_with_item
from app.store.payments import find_decision
from app.trace_context import read_traceparent
from infra.cli.order_context import gather_order_context
from infra.cli.stacks import StackConnection, search_log
from infra.order_facts import Evidence
from infra.order_filing import filing_faults
from infra.topology import function_name

#: An ``X-Request-Id``, and how the log names an order.
_TRACE_ID = re.compile("[0-9a-f]{32}")
#: Ids of both kinds are lower-case hexadecimal digits; capitals come from other programs.
_CAPITALS = re.compile("[0-9A-F]{32}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_NAMED_ORDER = re.compile(r"\border_id=([\w-]{8,64})")
#: Longer ones are in no message either (:func:`order_id_in`).
_LONGEST_ID = 200


def find_order_id(connection: StackConnection, given: str, *, now: datetime) -> str:
    """Return an order's id for itself, or for the ``X-Request-Id`` of the request that placed it.

    Either may be in capitals and between spaces; a whole ``traceparent`` is a request's id, too.
    Of a stack the log of the last day is searched for a request's id.

    Raises:
        OrderNotFoundError: the log knows no order of the request, or nothing has such an id.
        LogSearchError: the log cannot be read.
    """
    given = given.strip()
    if not 0 < len(given) <= _LONGEST_ID:
        raise OrderNotFoundError
    if trace := read_traceparent(given.lower()):
        given = trace.trace_id
    if _CAPITALS.fullmatch(given):
        given = given.lower()
    if not _TRACE_ID.fullmatch(given):
        return given
    lines = search_log(connection, [given], since=now - timedelta(days=1), until=now)
    for line in lines:
        if named := _NAMED_ORDER.search(line.text):
            return named[1]
    raise OrderNotFoundError(
        f"no order was placed with this request; what it did: acme-shop trace {given}"
    )


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
