"""The queue shipment-request: send the goods and report both events of the journey."""

from typing import Any

from app.imports import collector_off

with collector_off():
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.message_parser import parse_event
    from app.messages import ShipmentRequested
    from app.services.shipments import ship_order
    from app.tracing import LambdaContext, exporting_spans
    from workers.batch import BatchResponse, Record, Step, handle_batch
    from workers.dependencies import AWS_DEPENDENCIES, Dependencies
    from workers.event_loop import run


async def handle(record: Record, dependencies: Dependencies) -> Step:
    """Send the order that one record names."""
    message = parse_event(record["body"], ShipmentRequested)
    await ship_order(
        dependencies.queues,
        message,
        delivery_seconds=dependencies.settings.delivery_seconds,
    )
    return Step("shipment.sent", message.order_id)


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    prepare_log_records()
    with exporting_spans(context), reporting_errors(context):
        return run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
