"""Gathering what stands around an order: its queues, their workers, its messages, the log."""

import http.client
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import QueueUnavailableError
from app.domain.order import Order, OrderState
from app.store.table import Table
from infra.cli.dead_letter_queues import SQSDeadLetterQueues
from infra.cli.queue_client import DataUnsavedError, Depth, QueueMissingError
from infra.cli.running_releases import running_releases
from infra.cli.stacks import LOCAL, StackConnection, search_log
from infra.dead_letters.diagnosis import Diagnosis, diagnose
from infra.dead_letters.messages import DEAD_LETTER_QUEUES, SCAN_SECONDS, QueueScan, is_about
from infra.log_search import LogLine, LogSearchError
from infra.orders.facts import NOT_KNOWN, OrderContext, QueueStatus
from infra.orders.own_lines import shares_trace
from infra.orders.queued_messages import QueuedMessage, list_emulated_messages, messages_of
from infra.topology import LIVE_ALIAS, MAPPINGS, Mapping, function_name, queue_name

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

#: A worker that is up answers a GET at once.
_ANSWER_SECONDS = 1.0
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
#: How far back the log is searched where the order does not say when it was placed.
_DAY = timedelta(days=1)


async def gather_order_context(
    connection: StackConnection, order_id: str, *, order: Order | None = None, now: datetime
) -> OrderContext:
    """Return what stands around an order; ``order`` is the stored one, if it can be read.

    Nothing is moved. Other readers do not see dead letters while they are looked at. What cannot
    be asked is named in ``missing``, and the rest is told.
    """
    client = SQSDeadLetterQueues(connection)
    missing: list[str] = []
    queues = queue_statuses(connection, client, missing)
    log, log_obstacle = _log(connection, order_id, order, now=now)
    if order and shares_trace(log, order_id):
        # Its trace then does not tell its messages from those of others.
        order = replace(order, trace_id=None)
    dead_letters = await dead_letters_of(
        client, connection.table, order_id, missing, order=order, now=now
    )
    return OrderContext(
        queues=queues,
        dead_letters=tuple(dead_letters),
        messages=queued_messages(connection, client, order_id, order=order, now=now),
        log=log,
        log_obstacle=log_obstacle,
        releases=running_releases(connection, missing),
        missing=tuple(dict.fromkeys(missing)),
        unsaved=next((what for what in missing if what.startswith(DataUnsavedError.begin)), None),
        is_local=connection.name == LOCAL,
        options=connection.options,
        aws_options=connection.aws_options,
        repair="Stop make run with Ctrl-C and start it again: make run"
        if connection.endpoint_url
        # Without a refresh Pulumi takes what was changed or deleted by hand to be as it left it.
        else f"pulumi --cwd infra up --refresh --stack {connection.name} "
        '("A function fails" in RUNBOOK.md)',
    )


def _log(
    connection: StackConnection, order_id: str, order: Order | None, *, now: datetime
) -> tuple[tuple[LogLine, ...], str | None]:
    """Return what was logged of an order, or why that cannot be told."""
    ids, since, until = [order_id], now - _DAY, now
    if order:
        ids += [order.trace_id] if order.trace_id else []
        # A minute for clocks that differ; what is over an hour past a final step is not about it.
        since = order.placed_at - _MINUTE
        if order.state in {OrderState.DELIVERED, OrderState.DECLINED}:
            until = min(now, order.updated_at + _HOUR)
    try:
        lines = search_log(connection, ids, since=since, until=until)
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
        try:
            url = queues.url(queue)
        except DataUnsavedError:
            return None
        except QueueUnavailableError:
            # It is named where its depth is asked for, and holds nothing that can be told.
            continue
        messages = list_emulated_messages(connection.endpoint_url, url)
        if messages is None:
            return None
        found.append((queue, messages))
    return messages_of(found, order_id, order=order, now=now)


async def dead_letters_of(
    queues: SQSDeadLetterQueues,
    table: Table,
    order_id: str,
    missing: list[str],
    *,
    order: Order | None = None,
    now: datetime,
) -> list[Diagnosis]:
    """Return the diagnoses of an order's dead letters; the others are only looked through.

    A queue that is not there, or does not answer, is entered in ``missing``.
    """
    found = []
    for queue in DEAD_LETTER_QUEUES:
        try:
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
        except QueueUnavailableError as failure:
            missing.append(str(failure))
    return found


def queue_statuses(
    connection: StackConnection, queues: SQSDeadLetterQueues, missing: list[str]
) -> tuple[QueueStatus, ...]:
    """Return the status of every queue that an order's messages pass.

    What is not there, or does not answer, is entered in ``missing``.
    """
    obstacles = _obstacles(connection, missing)
    depths = _depths(queues, missing)
    statuses = [
        QueueStatus(
            mapping.queue,
            mapping.function,
            depth.waiting,
            depth.in_flight,
            depth.delayed,
            mapping_state="",
            mapping_id="",
            obstacle=obstacles[mapping.function],
            queue_obstacle=depth.obstacle,
        )
        for mapping, depth in zip(MAPPINGS, depths, strict=True)
    ]
    try:
        return tuple(
            with_mapping(connection, mapping, status)
            for mapping, status in zip(MAPPINGS, statuses, strict=True)
        )
    except (BotoCoreError, ClientError) as failure:
        missing.append(_silent("the mappings of the queues", failure))
        return tuple(replace(status, mapping_state=NOT_KNOWN) for status in statuses)


def _depths(queues: SQSDeadLetterQueues, missing: list[str]) -> list[Depth]:
    found: list[Depth] = []
    silence: str | None = None
    for mapping in MAPPINGS:
        # Each call to a service that is away takes seconds; the first one tells.
        obstacle = silence
        try:
            if not silence:
                found.append(queues.depth(mapping.queue, is_dead=False))
                continue
        except QueueMissingError as failure:
            missing.append(str(failure))
            obstacle = failure.obstacle
        except QueueUnavailableError as failure:
            missing.append(str(failure))
            is_unsaved = isinstance(failure, DataUnsavedError)
            obstacle = silence = DataUnsavedError.obstacle if is_unsaved else "does not answer"
        found.append(Depth(mapping.queue, 0, 0, 0, is_dead_letters=False, obstacle=obstacle))
    return found


def _obstacles(connection: StackConnection, missing: list[str]) -> dict[str, str | None]:
    """Return, by function, why it does not work; None where nothing is wrong or known."""
    found: dict[str, str | None] = dict.fromkeys(mapping.function for mapping in MAPPINGS)
    try:
        for function in found:
            found[function] = _obstacle(connection, function)
    except (BotoCoreError, ClientError) as failure:
        missing.append(_silent("the functions", failure))
    return found


def _silent(what: str, failure: Exception) -> str:
    if isinstance(failure, ClientError):
        return f"{what} do not answer: {failure.response.get('Error', {}).get('Code')}"
    return f"{what} do not answer"


def with_mapping(connection: StackConnection, mapping: Mapping, status: QueueStatus) -> QueueStatus:
    """Return a queue's status with the state of the mapping that empties it."""
    source = queue_name(connection.name, mapping.queue)
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
