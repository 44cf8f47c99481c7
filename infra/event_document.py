"""The events as an AsyncAPI document: messages from the code, channels from the topology.

The document has version 3.0.0: the published parsers and generators of code refuse 3.1.0. The
SQS binding has version 0.2.0: the published schemas know no later one. Every object and
enumeration has a name below ``components/schemas``, after which generators call their types.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from app import __version__
from app.message_bodies import Metadata
from app.messages import EVENTS, QUEUE_OF, Event, EventType, list_events
from app.trace_context import TRACEPARENT
from infra.local.environment import REGION
from infra.sample_events import NAMES, sample_event
from infra.topology import MAPPINGS, MAX_RECEIVES, QUEUES, Queue, queue_name
from routers.error_catalogue import EXAMPLE_REQUEST_ID

Document = dict[str, Any]

_STACK = "{stack}"
_BINDING_VERSION = "0.2.0"
_ORDER_ID = "a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1"
_NOW = datetime(2028, 1, 1, tzinfo=UTC)
_TYPE_NAMES: dict[Any, str] = {str: "string", int: "integer", int | float: "number"}

_SENDERS = {"Order": "order", "Payment": "payment", "Shipment": "shipment"}

_SIGNED = {"$ref": "#/components/securitySchemes/signatureV4"}
_SIGNATURE = {
    "type": "http",
    "scheme": "AWS4-HMAC-SHA256",
    "description": "Calls of SQS are signed; the role needs `sqs:SendMessage` or `ReceiveMessage`.",
}

_ATTRIBUTES = "MessageAttributes"
_HEADERS = {
    "type": "object",
    "description": "Message attributes.",
    "properties": {
        TRACEPARENT: {
            "type": "string",
            "description": "W3C trace context; absent from messages that were sent by hand.",
            "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$",
            "examples": [f"00-{EXAMPLE_REQUEST_ID}-00f067aa0ba902b7-01"],
        }
    },
}

_DESCRIPTION = """\
What happens to an order behind `POST /order/add`: payment, then shipment. The HTTP API is in \
`openapi.json`.

An event is one message of a standard SQS queue, its body the JSON text. The message attribute \
`traceparent` carries the trace id of the request that placed the order (`X-Request-Id`); hand it \
on. It may come twice, late, or before the one that was sent first: everything a consumer \
does must be safe to repeat. A message that a consumer has not deleted after five receives becomes \
a dead letter.

The shop sends exactly what is described here. It reads more: names of fields in any case, text \
for numbers, other spellings of the types, an order's id under any of its four names, unknown \
fields. Consumers should ignore fields they do not know: a later minor version may add some.

Queues belong to a stack in AWS. Reading from the shop's own queues takes messages away from its \
functions: who wants to listen needs a queue of their own.
"""


def build_event_document() -> Document:
    """Return the AsyncAPI document of the shop's events."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ACME Serverless Fitness Shop: events",
            "version": __version__,
            "description": _DESCRIPTION,
            "contact": {"name": "The developers of the ACME Serverless Fitness Shop"},
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
            "tags": [
                {"name": name, "description": f"Events that the {name} domain sends."}
                for name in _SENDERS.values()
            ],
        },
        "defaultContentType": "application/json",
        "servers": {
            "sqs": {
                "host": "sqs.{region}.amazonaws.com",
                "protocol": "sqs",
                "description": "Amazon SQS in the region of the stack.",
                "variables": {"region": {"default": REGION, "description": "The region."}},
                "security": [_SIGNED],
            }
        },
        "channels": {queue.name: _channel(queue) for queue in QUEUES if list_events(queue.name)},
        "operations": dict(_operations()),
        "components": {
            "messages": {str(kind): _message(kind) for kind in EVENTS},
            "schemas": {
                _ATTRIBUTES: _HEADERS,
                **{name: schema for kind in EVENTS for name, schema in _schemas(kind)},
            },
            "securitySchemes": {"signatureV4": _SIGNATURE},
        },
    }


def _channel(queue: Queue) -> Document:
    """Return a queue, its dead letters, and the events on it."""
    return {
        "address": queue_name(_STACK, queue.name),
        "title": queue.name,
        "description": _channel_description(queue),
        "parameters": {"stack": {"description": "Name of the stack, for example `dev`."}},
        "messages": {
            str(event.event_type): {"$ref": f"#/components/messages/{event.event_type}"}
            for event in list_events(queue.name)
        },
        "bindings": {"sqs": _binding(queue)},
    }


def _channel_description(queue: Queue) -> str:
    cards = " Encrypted with the shop's own key, because it carries cards." * queue.carries_cards
    return f"Messages that the {_consumer(queue)} worker reads.{cards}"


def _consumer(queue: Queue) -> str:
    return next(mapping.function for mapping in MAPPINGS if mapping.queue == queue.name)


def _binding(queue: Queue) -> Document:
    binding: Document = {"queue": _sqs_queue(queue), "bindingVersion": _BINDING_VERSION}
    for dead_letters in QUEUES:
        if dead_letters.name == queue.dead_letters:
            binding["queue"]["redrivePolicy"] = {
                "deadLetterQueue": {"name": queue_name(_STACK, dead_letters.name)},
                "maxReceiveCount": MAX_RECEIVES,
            }
            binding["deadLetterQueue"] = _sqs_queue(dead_letters)
    return binding


def _sqs_queue(queue: Queue) -> Document:
    return {
        "name": queue_name(_STACK, queue.name),
        "fifoQueue": False,
        "visibilityTimeout": queue.visibility_seconds,
        "messageRetentionPeriod": queue.retention_seconds,
    }


def _operations() -> Iterator[tuple[str, Document]]:
    """Yield sending and receiving of every event."""
    for event, queue in QUEUE_OF.items():
        kind = str(event.event_type)
        consumer = next(mapping.function for mapping in MAPPINGS if mapping.queue == queue)
        for action, domain in (("send", _SENDERS[event.domain]), ("receive", consumer)):
            yield (
                f"{action}{kind}",
                {
                    "action": action,
                    "channel": {"$ref": f"#/channels/{queue}"},
                    "title": f"{domain.capitalize()} {action}s {kind}",
                    "summary": _summary(event),
                    "description": (event.__doc__ or "").replace("\n    ", "\n").strip(),
                    "security": [_SIGNED],
                    "messages": [{"$ref": f"#/channels/{queue}/messages/{kind}"}],
                },
            )


def _summary(event: type[Event]) -> str:
    return (event.__doc__ or "").partition("\n")[0]


def _message(kind: EventType) -> Document:
    """Return one event with its schema and an example of each outcome."""
    event = EVENTS[kind]
    examples = {name: example for name, example in _examples() if isinstance(example, event)}
    return {
        "name": str(kind),
        "title": str(kind),
        "summary": _summary(event),
        "contentType": "application/json",
        "headers": _reference(_ATTRIBUTES),
        "payload": _reference(str(kind)),
        "examples": [
            {"name": name, "payload": json.loads(example.to_body())}
            for name, example in examples.items()
        ],
    }


def _schemas(kind: EventType) -> Iterator[tuple[str, Document]]:
    """Yield the named schemas of one event: the whole, its metadata, its data, and their parts."""
    event = EVENTS[kind]
    metadata = _schema(Metadata)
    metadata["properties"] |= {
        "domain": {
            "type": "string",
            "const": event.domain,
            "description": "Domain of the sender.",
        },
        "type": {"type": "string", "const": str(kind), "description": "Name of the event."},
    }
    data = get_type_hints(event.data)["return"]
    yield (
        str(kind),
        {
            "type": "object",
            "description": _summary(event),
            "properties": {
                "metadata": _reference(f"{kind}Metadata"),
                "data": _reference(data.__name__),
            },
            "required": ["metadata", "data"],
        },
    )
    yield f"{kind}Metadata", metadata
    yield from _name_enums(Metadata.__name__, metadata)
    yield from _named(data)


def _named(body: Any) -> Iterator[tuple[str, Document]]:
    """Yield the schema of a part of a message, and those of the parts in it."""
    schema = _schema(body)
    yield body.__name__, schema
    yield from _name_enums(body.__name__, schema)
    for hint in get_type_hints(body).values():
        if is_typeddict(hint):
            yield from _named(hint)


def _name_enums(owner: str, schema: Document) -> Iterator[tuple[str, Document]]:
    """Yield the enumerations among the fields of ``schema``, and refer to them there."""
    for field, content in schema["properties"].items():
        if "enum" in content:
            name = f"{owner}{field[0].upper()}{field[1:]}"
            schema["properties"][field] = _reference(name)
            yield name, content


def _reference(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(body: Any) -> Document:
    """Return a part of a message; a reader may find more than it lists."""
    hints = get_type_hints(body, include_extras=True)
    return {
        "description": body.__doc__,
        "properties": {name: _field_schema(hint) for name, hint in hints.items()},
        "required": [name for name in hints if name in body.__required_keys__],
        "type": "object",
    }


def _field_schema(hint: Any) -> Document:
    if get_origin(hint) is NotRequired:
        return _field_schema(*get_args(hint))
    kind, description = get_args(hint)
    if is_typeddict(kind):
        # What stands beside a reference is ignored: the schema has a description of its own.
        return _reference(kind.__name__)
    if get_origin(kind) is Literal:
        return {"description": description, "enum": list(get_args(kind)), "type": "string"}
    if get_origin(kind) is list:
        [entry] = get_args(kind)
        items = {"type": _TYPE_NAMES[entry]}
        return {"description": description, "items": items, "type": "array"}
    return {"description": description, "type": _TYPE_NAMES[kind]}


def _examples() -> Iterator[tuple[str, Event]]:
    """Yield the ready-made events by name; the cards expire two years after ``_NOW``."""
    for domain, outcome in NAMES:
        event = sample_event(domain, outcome, order_id=_ORDER_ID, now=_NOW)
        if event is not None:
            yield outcome, event
