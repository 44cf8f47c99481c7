"""``acme-shop send-event``: put an event on its queue by hand."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import InvalidInputError
from app.message_parser import parse_event
from app.messages import EVENTS, QUEUE_OF, Event
from infra.cli.queue_client import QueueClient
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION
from infra.sample_events import NAMES, sample_event
from infra.seeds.classic import SAMPLE_ORDER_ID

_SAMPLES = ", ".join(f"'{domain} {outcome}'" for domain, outcome in NAMES)


def _domains(incomplete: str) -> list[str]:
    """Return what a shell completes a domain with."""
    return [name for name in dict(NAMES) if name.startswith(incomplete)]


def _outcomes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what a shell completes the second word of a sample with."""
    domain = ctx.params.get("domain")
    return [last for first, last in NAMES if first == domain and last.startswith(incomplete)]


def command(
    domain: Annotated[
        str, typer.Argument(help="payment or shipment.", autocompletion=_domains)
    ] = "",
    outcome: Annotated[
        str,
        typer.Argument(help=f"One of the samples: {_SAMPLES}.", autocompletion=_outcomes),
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option(help="Send the event in this file instead of a sample; - reads stdin."),
    ] = None,
    order: Annotated[str, typer.Option(help="The order id in a sample.")] = SAMPLE_ORDER_ID,
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Send one event to the queue it belongs to, with the source CLI."""
    event = _from_file(file) if file else _from_sample(domain, outcome, order)
    client = QueueClient(connect(stack, region))
    queue = QUEUE_OF[type(event)]
    message_id = client.send(queue, event.to_body(source="CLI"))
    if as_json:
        facts = {"event": event.event_type, "queue": queue, "messageId": message_id}
        print(json.dumps(facts))
    else:
        print(f"Sent {event.event_type} to {queue} ({message_id}).")


def _from_sample(domain: str, outcome: str, order: str) -> Event:
    event = sample_event(domain, outcome, order_id=order, now=datetime.now(UTC))
    if event is None:
        raise InvalidInputError(f"There is no such sample; there are {_SAMPLES}.")
    return event


def _from_file(file: Path) -> Event:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as failure:
        raise InvalidInputError(f"{file} cannot be read") from failure
    return parse_event(text, *EVENTS.values())
