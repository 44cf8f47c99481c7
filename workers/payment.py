"""payment-request → payment: decide about each charge."""

from datetime import UTC, datetime
from typing import Any

from app.messages import EventType, PaymentRequested, parse_event
from app.queues import get_queues
from app.services.payments import decide
from app.settings import get_settings
from app.store.table import get_table
from workers.batch import BatchResponse, LambdaContext, Record, handle_batch


async def handle(record: Record) -> None:
    """Decide about the charge that one record asks for."""
    message = parse_event(record["body"], EventType.PAYMENT_REQUESTED)
    assert isinstance(message, PaymentRequested)  # noqa: S101 - the only type expected
    await decide(
        get_table(),
        get_queues(),
        message,
        rules=get_settings().card_rules,
        now=datetime.now(UTC),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Return the records that SQS must deliver again."""
    return handle_batch(event, context, handle)
