"""``acme-shop resume``: let the local shop's worker take messages from a queue again."""

from typing import Annotated

import typer

from app.domain.errors import InvalidInputError
from infra.cli.operator_log import logging_to
from infra.cli.order_context import with_mapping
from infra.cli.stacks import connect
from infra.orders.facts import QueueStatus
from infra.topology import MAPPINGS

_BY_QUEUE = {mapping.queue: mapping for mapping in MAPPINGS}


def command(
    queue: Annotated[str, typer.Argument(help=f"The queue: {' or '.join(_BY_QUEUE)}.")],
) -> None:
    """Enable the paused event source mapping of a queue of the shop of `make run`.

    Of a stack in AWS, `acme-shop order <id>` says the AWS command for it. Safe to repeat.
    """
    if queue not in _BY_QUEUE:
        raise InvalidInputError(f"queue: must be {' or '.join(_BY_QUEUE)}")
    mapping, connection = _BY_QUEUE[queue], connect()
    status = QueueStatus(queue, mapping.function, 0, 0, 0, mapping_state="", mapping_id="")
    status = with_mapping(connection, mapping, status)
    if not status.mapping_id:
        raise InvalidInputError(f"{queue} has no mapping: stop make run and start it again")
    connection.functions.update_event_source_mapping(UUID=status.mapping_id, Enabled=True)
    with logging_to(connection) as log:
        log.info("queue.resumed queue=%s", queue)
    print(f"{mapping.function} takes messages from {queue} again.")
