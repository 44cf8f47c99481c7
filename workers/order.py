"""The queues payment-response and shipment-response: move orders; the schedule: sweep."""

import logging
from dataclasses import asdict
from typing import Any, cast

from app.imports import collector_off

with collector_off():
    from app.domain.sweeping import SweepReport
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.message_parser import parse_event
    from app.messages import (
        PAYMENT_RESPONSE,
        SHIPMENT_RESPONSE,
        CreditCardValidated,
        Event,
        ShipmentDelivered,
        ShipmentSent,
        list_events,
    )
    from app.metrics import (
        OLDEST_OPEN_ORDER,
        OLDEST_PENDING_ORDER,
        SWEEP_FAILED,
        SWEEP_FINISHES,
        SWEEP_INCOMPLETE,
        SWEEP_UNREADABLE,
        emit_metrics,
    )
    from app.services.event_checks import check_payment_result
    from app.services.order_events import record_shipment, settle_payment
    from app.services.sweeper import sweep
    from app.spans import SpanKind
    from app.store.payments import find_decision
    from app.trace_context import new_trace
    from app.tracing import LambdaContext, entry_span, exporting_spans
    from workers.batch import (
        RESERVE_SECONDS,
        BatchResponse,
        Record,
        Step,
        handle_batch,
    )
    from workers.dependencies import AWS_DEPENDENCIES, Dependencies
    from workers.event_loop import run

log = logging.getLogger("shop.worker")

_QUEUES = (PAYMENT_RESPONSE, SHIPMENT_RESPONSE)


async def handle(record: Record, dependencies: Dependencies) -> Step:
    """Move the order that one record names."""
    message = parse_event(record["body"], *_expected_events(record))
    if isinstance(message, CreditCardValidated):
        is_believed = dependencies.settings.trusts_events
        if is_believed:
            decision = await find_decision(dependencies.table, message.order_id)
        else:
            decision = await check_payment_result(dependencies.table, message)
        order = await settle_payment(
            dependencies.table,
            dependencies.queues,
            message,
            decision=decision,
            now=dependencies.now(),
            by=_name(dependencies, "order"),
            is_believed=is_believed,
        )
    else:
        order = await record_shipment(
            dependencies.table,
            cast("ShipmentSent | ShipmentDelivered", message),
            now=dependencies.now(),
            by=_name(dependencies, "order"),
        )
    return Step(f"order.{order.state.name.lower()}", order.order_id)


def _name(dependencies: Dependencies, function: str) -> str:
    """Return who takes a step, for the history of an order."""
    return f"{function}@{dependencies.settings.version}"


def _expected_events(record: Record) -> tuple[type[Event], ...]:
    """Return the events of the queue a record came from; of both where it does not say."""
    source = str(record.get("eventSourceARN", ""))
    named = [queue for queue in _QUEUES if source.endswith(f"-{queue}")]
    return tuple(event for queue in named or _QUEUES for event in list_events(queue))


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse | dict[str, Any]:
    """Handle a batch of messages, or sweep when the schedule calls."""
    prepare_log_records()
    if isinstance(event, dict) and "Records" in event:
        with exporting_spans(context), reporting_errors(context):
            return run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
    with (
        exporting_spans(context),
        entry_span(new_trace(), "sweep", SpanKind.INTERNAL, {"faas.trigger": "timer"}),
        reporting_errors(context),
    ):
        return run(handle_schedule(context, AWS_DEPENDENCIES))


def _told(report: SweepReport) -> str:
    """Return what the log says of a sweep; what is 0 is left out, or the line would be too long."""
    told = {
        "incomplete": int(not report.is_complete),
        "settled": report.settled,
        "timed_out": report.timed_out,
        "requested": report.shipments_requested,
        "failed": report.failed,
        "unreadable": report.unreadable,
        "oldest": report.oldest_seconds,
        "pending": report.oldest_pending_seconds,
    }
    more = (f" {name}={value}" for name, value in told.items() if value)
    return f"seen={report.seen}{''.join(more)}"


async def handle_schedule(context: LambdaContext, dependencies: Dependencies) -> dict[str, Any]:
    """Sweep once, write what was done as metrics, and return it.

    Orders that could not be pushed or read are metrics with alarms of their own. They are no
    failed call of the function: that would take back a release which has nothing to do with
    them.
    """
    report = await sweep(
        dependencies.table,
        dependencies.queues,
        now=dependencies.now(),
        by=_name(dependencies, "sweeper"),
        longest_delivery_seconds=dependencies.settings.delivery_seconds[1],
        trusts_events=dependencies.settings.trusts_events,
        may_go_on=lambda: context.get_remaining_time_in_millis() > 2000 * RESERVE_SECONDS,
    )
    facts = asdict(report)
    log.info("sweep.done %s", _told(report))
    emit_metrics(
        {
            SWEEP_INCOMPLETE: int(not report.is_complete),
            SWEEP_FAILED: report.failed,
            SWEEP_UNREADABLE: report.unreadable,
            OLDEST_OPEN_ORDER: report.oldest_seconds,
            OLDEST_PENDING_ORDER: report.oldest_pending_seconds,
            SWEEP_FINISHES: report.finished,
        },
        now=dependencies.now(),
    )
    return facts
