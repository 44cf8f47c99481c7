"""The queue payment-request: decide about each charge."""

from typing import Any

from app.imports import collector_off

with collector_off():
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.message_parser import parse_event
    from app.messages import PaymentRequested
    from app.services.event_checks import check_payment_request
    from app.services.payments import decide
    from app.tracing import LambdaContext, exporting_spans
    from workers.batch import BatchResponse, Record, Step, handle_batch
    from workers.dependencies import AWS_DEPENDENCIES, Dependencies
    from workers.event_loop import run


async def handle(record: Record, dependencies: Dependencies) -> Step:
    """Decide about the charge that one record asks for."""
    message = parse_event(record["body"], PaymentRequested)
    if not dependencies.settings.trusts_events:
        await check_payment_request(dependencies.table, message)
    decision = await decide(
        dependencies.table,
        dependencies.queues,
        message,
        rules=dependencies.settings.card_rules,
        now=dependencies.now(),
    )
    return Step("payment.accepted" if decision.success else "payment.declined", message.order_id)


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    prepare_log_records()
    with exporting_spans(context), reporting_errors(context):
        return run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
