"""payment-request → payment: decide about each charge."""

import asyncio
from typing import Any

from app.messages import EventType, PaymentRequested, parse_event
from app.services.payments import decide
from workers.batch import BatchResponse, LambdaContext, Record, handle_batch
from workers.dependencies import AWS_DEPENDENCIES, Dependencies


async def handle(record: Record, dependencies: Dependencies) -> None:
    """Decide about the charge that one record asks for."""
    message = parse_event(record["body"], EventType.PAYMENT_REQUESTED)
    assert isinstance(message, PaymentRequested)  # noqa: S101 - the only type expected
    await decide(
        dependencies.table,
        dependencies.queues,
        message,
        rules=dependencies.settings.card_rules,
        now=dependencies.now(),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    return asyncio.run(handle_batch(event, context, handle, AWS_DEPENDENCIES))
