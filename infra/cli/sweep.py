"""``acme-shop sweep``: finish now the orders that stopped half-way."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app import __version__
from app.domain.sweeping import GRACE, SweepReport
from app.messages import QUEUE_OF, Event
from app.services.sweeper import SweepFailedError, sweep
from app.trace_context import make_traceparent
from infra.cli.operator_log import logging_to
from infra.cli.order_evidence import trusts_events
from infra.cli.queue_client import QueueClient
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION


class StackQueues:
    """The queues of a stack as services use them (``app.queues.Queues``)."""

    def __init__(self, client: QueueClient) -> None:
        """Send through ``client``; a single queue that is missing fails what is sent to it.

        Raises:
            QueueUnavailableError: there is no such stack, or SQS does not answer.
        """
        self._client = client
        client.depths()

    async def send(self, event: Event, *, delay_seconds: int = 0) -> None:
        """Put an event on its queue, in the trace of its order; one call to SQS."""
        queue, body = QUEUE_OF[type(event)], event.to_body()
        await asyncio.to_thread(
            self._client.send,
            queue,
            body,
            delay_seconds=delay_seconds,
            traceparent=make_traceparent(),
        )

    async def check(self, queue: str) -> None:
        """Return once a queue answers; one call to SQS."""
        await asyncio.to_thread(self._client.depths, (queue,))


def command(
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Do now what the schedule does every five minutes: push the orders that are stuck.

    Safe at any time, twice, and next to the workers: it only repeats what they do.
    """
    connection = connect(stack, region)
    with logging_to(connection):
        report = asyncio.run(
            sweep(
                connection.table,
                StackQueues(QueueClient(connection)),
                now=datetime.now(UTC),
                by=f"acme-shop@{__version__}",
                longest_delivery_seconds=connection.settings.delivery_seconds[1],
                trusts_events=trusts_events(connection),
            )
        )
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        print(_text(report))
    if report.failed:
        raise SweepFailedError(f"{report.failed} orders could not be pushed; see the lines above")
    if report.unreadable:
        raise SweepFailedError(f"{report.unreadable} orders cannot be read; see the lines above")


def _text(report: SweepReport) -> str:
    minutes = int(GRACE.total_seconds()) // 60
    return (
        f"Looked at {report.seen} orders that have been open for {minutes} minutes and more: "
        f"{report.settled} settled by a payment that was decided, "
        f"{report.timed_out} declined because they were not paid in time, "
        f"{report.shipments_requested} shipments asked for again."
    )
