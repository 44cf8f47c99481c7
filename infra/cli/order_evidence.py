"""Gathering what is known of one order: its items, its queues, their workers, its dead letters."""

import http.client
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import OrderNotFoundError, QueueUnavailableError, SettingsError
from app.domain.order import Order
from app.settings import read_settings
from app.store.orders import get_order
from app.store.payments import find_decision
from app.store.table import Table
from app.trace_context import read_traceparent
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.stacks import LOCAL, StackConnection, search_log
from infra.dead_letters.diagnosis import Diagnosis, diagnose
from infra.dead_letters.messages import DEAD_LETTER_QUEUES, SCAN_SECONDS, QueueScan, is_about
from infra.log_search import LogLine, LogSearchError
from infra.order_causes import Evidence, QueueStatus
from infra.queued_messages import QueuedMessage, list_emulated_messages, messages_of
from infra.topology import LIVE_ALIAS, MAPPINGS, Mapping, function_name

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

#: A worker that is up answers a GET at once.
_ANSWER_SECONDS = 1.0
#: The emulator takes any keys, but the AWS command line does not go without.
_LOCAL_KEYS = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
#: An ``X-Request-Id``, and how the log names an order.
_TRACE_ID = re.compile("[0-9a-f]{32}")
#: Ids of both kinds are lower-case hexadecimal digits; capitals come from other programs.
_CAPITALS = re.compile("[0-9A-F]{32}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_NAMED_ORDER = re.compile(r"\border_id=([\w-]{8,64})")
#: Longer ones are in no message either (:func:`order_id_in`).
_LONGEST_ID = 200
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


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

    Other readers do not see dead letters while they are looked at.

    Raises:
        OrderNotFoundError: the table has no order with this id.
        UnreadableItemError: the item of the order or of its payment is damaged.
        QueueUnavailableError: the queues or the functions do not answer.
    """
    order = await get_order(connection.table, order_id)
    decision = await find_decision(connection.table, order_id, consistent=True)
    queues = SQSDeadLetterQueues(connection)
    region = f" --region {connection.region}"
    log, log_obstacle = _log(connection, order, now=now)
    return Evidence(
        order=order,
        decision=decision,
        queues=queue_statuses(connection, queues),
        dead_letters=tuple(
            await dead_letters_of(queues, connection.table, order_id, order=order, now=now)
        ),
        messages=queued_messages(connection, queues, order_id, order=order, now=now),
        trusts_events=_trusts_events(connection),
        longest_delivery=timedelta(seconds=connection.settings.delivery_seconds[1]),
        options="" if connection.name == LOCAL else f" --stack {connection.name}{region}",
        aws=f"{_LOCAL_KEYS} aws" if connection.endpoint_url else "aws",
        aws_options=region
        + (f" --endpoint-url {connection.endpoint_url}" if connection.endpoint_url else ""),
        repair="Stop make run with Ctrl-C and start it again: make run"
        if connection.endpoint_url
        else f'pulumi --cwd infra up --stack {connection.name} ("A function fails" in RUNBOOK.md)',
        log=log,
        log_obstacle=log_obstacle,
    )


def _log(
    connection: StackConnection, order: Order, *, now: datetime
) -> tuple[tuple[LogLine, ...], str | None]:
    """Return what was logged of an order, or why that cannot be told."""
    # A minute for clocks that differ; what is over an hour past a final step is not about it.
    until = min(now, order.updated_at + _HOUR) if order.state.is_final else now
    ids = [id_ for id_ in (order.order_id, order.trace_id) if id_]
    try:
        lines = search_log(connection, ids, since=order.placed_at - _MINUTE, until=until)
    except LogSearchError as failure:
        return (), str(failure)
    return tuple(lines), None


def queued_messages(
    connection: StackConnection,
    queues: SQSDeadLetterQueues,
    order_id: str,
    *,
    order: Order | None = None,
    now: datetime,
) -> tuple[QueuedMessage, ...] | None:
    """Return the messages of an order in its queues; None where only their numbers are known."""
    if connection.endpoint_url is None:
        return None
    found = []
    for queue in dict.fromkeys(mapping.queue for mapping in MAPPINGS):
        messages = list_emulated_messages(connection.endpoint_url, queues.url(queue))
        if messages is None:
            return None
        found.append((queue, messages))
    return messages_of(found, order_id, order=order, now=now)


def _trusts_events(connection: StackConnection) -> bool:
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


async def dead_letters_of(
    queues: SQSDeadLetterQueues,
    table: Table,
    order_id: str,
    *,
    order: Order | None = None,
    now: datetime,
) -> list[Diagnosis]:
    """Return the diagnoses of an order's dead letters; the others are only looked through."""
    found = []
    for queue in DEAD_LETTER_QUEUES:
        with QueueScan(queues, queue, visibility_seconds=SCAN_SECONDS) as scan:
            for dead_letter in scan.dead_letters():
                if is_about(
                    dead_letter.body,
                    dead_letter.traceparent,
                    order_id=order_id,
                    order=order,
                ):
                    diagnosis = await diagnose(table, dead_letter, now=now)
                    found.append(replace(diagnosis, order_id=order_id))
    return found


def queue_statuses(
    connection: StackConnection, queues: SQSDeadLetterQueues
) -> tuple[QueueStatus, ...]:
    """Return the status of every queue that an order's messages pass.

    Raises:
        QueueUnavailableError: the queues or the functions do not answer.
    """
    depths = {depth.queue: depth for depth in queues.depths()}
    obstacles: dict[str, str | None] = {}
    statuses = []
    try:
        for mapping in MAPPINGS:
            if mapping.function not in obstacles:
                obstacles[mapping.function] = _obstacle(connection, mapping.function)
            depth = depths[mapping.queue]
            status = QueueStatus(
                mapping.queue,
                mapping.function,
                depth.waiting,
                depth.in_flight,
                depth.delayed,
                mapping_state="",
                mapping_id="",
                obstacle=obstacles[mapping.function],
            )
            statuses.append(_with_mapping(connection, queues.url(mapping.queue), mapping, status))
    except (BotoCoreError, ClientError) as failure:
        raise QueueUnavailableError("the functions of the stack do not answer") from failure
    return tuple(statuses)


def _with_mapping(
    connection: StackConnection, url: str, mapping: Mapping, status: QueueStatus
) -> QueueStatus:
    """Return a queue's status with the state of the mapping that empties it."""
    source = url.rpartition("/")[2]
    name = function_name(connection.name, mapping.function)
    client = connection.functions
    qualified = name if connection.endpoint_url else f"{name}:{LIVE_ALIAS}"
    try:
        found = client.list_event_source_mappings(FunctionName=qualified)
    except client.exceptions.ResourceNotFoundException:
        return status
    for deployed in found["EventSourceMappings"]:
        if deployed["EventSourceArn"].rpartition(":")[2] == source:
            return replace(status, mapping_state=deployed["State"], mapping_id=deployed["UUID"])
    return status


def _obstacle(connection: StackConnection, function: str) -> str | None:
    """Return why a function does not work, or None if nothing is wrong with it."""
    if url := connection.worker_urls.get(function):
        return _silence(url)
    name = function_name(connection.name, function)
    client = connection.functions
    try:
        facts = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        return "it is not deployed"
    # "Pending" passes by itself, and a call wakes an inactive function.
    if facts.get("State") == "Failed":
        return f"AWS could not set it up: {facts.get('StateReasonCode', 'no reason given')}"
    if _concurrency(client, name) == 0:
        return "it is throttled: its reserved concurrency is 0"
    return None


def _concurrency(client: "LambdaClient", name: str) -> int | None:
    return client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")


def _silence(url: str) -> str | None:
    """Return what is wrong with a local worker that gives no answer to a GET."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port, timeout=_ANSWER_SECONDS
    )
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return "its process gives no answer"
    finally:
        connection.close()
    return None
