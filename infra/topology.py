"""The shop's queues, functions, mappings, schedule and keys as data: the one definition.

``infra/`` deploys it with Pulumi, ``infra/local`` creates it in the emulator. The table's
shape is data too, in ``app/store/schema.py``.
"""

from dataclasses import dataclass
from hashlib import sha256

from app.messages import (
    PAYMENT_REQUEST,
    PAYMENT_RESPONSE,
    SHIPMENT_REQUEST,
    SHIPMENT_RESPONSE,
)

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: Deliveries of one message before it becomes a dead letter.
MAX_RECEIVES = 5

#: What AWS asks for between a queue and a function that polls it.
VISIBILITY_FACTOR = 6


@dataclass(frozen=True)
class Queue:
    """One standard SQS queue.

    ``carries_cards`` queues are encrypted with the shop's own key and keep a message for at
    most 48 hours, its time as a dead letter included: a dead letter keeps the time stamp of
    its first sending.
    """

    name: str
    retention_seconds: int
    visibility_seconds: int
    dead_letters: str | None = None
    carries_cards: bool = False


@dataclass(frozen=True)
class Function:
    """One Lambda function; all are the same image with another handler.

    ``settings`` are the environment variables it reads (aliases of ``app.settings``),
    ``sends_to`` the queues it writes, ``checks`` those whose attributes it reads for its health
    check. Its items of the table are in ``infra/table_access.py``.
    """

    name: str
    handler: str
    timeout_seconds: int
    memory_mb: int
    settings: tuple[str, ...]
    sends_to: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    reads_signing_keys: bool = False
    rotates_signing_keys: bool = False


@dataclass(frozen=True)
class Mapping:
    """One event source mapping: a queue feeding a function, reporting failed records."""

    queue: str
    function: str
    batch_size: int
    window_seconds: int = 0
    max_concurrency: int = 10


@dataclass(frozen=True)
class Schedule:
    """One recurring call of a function."""

    name: str
    function: str
    expression: str


# A worker that dies leaves its messages invisible for the visibility time, so short
# time-outs make the shop recover quickly.
_WORKER_TIMEOUT = 6
_VISIBILITY = VISIBILITY_FACTOR * _WORKER_TIMEOUT

PAYMENT_ERROR = "payment-error"
SHIPMENT_ERROR = "shipment-error"

QUEUES = (
    Queue(PAYMENT_ERROR, 2 * DAY, _VISIBILITY, carries_cards=True),
    Queue(SHIPMENT_ERROR, 14 * DAY, _VISIBILITY),
    Queue(
        PAYMENT_REQUEST,
        1 * DAY,
        _VISIBILITY,
        dead_letters=PAYMENT_ERROR,
        carries_cards=True,
    ),
    Queue(PAYMENT_RESPONSE, 1 * DAY, _VISIBILITY, dead_letters=PAYMENT_ERROR),
    Queue(SHIPMENT_REQUEST, 4 * DAY, _VISIBILITY, dead_letters=SHIPMENT_ERROR),
    Queue(SHIPMENT_RESPONSE, 4 * DAY, _VISIBILITY, dead_letters=SHIPMENT_ERROR),
)

#: Where errors are reported: one of the two, or none.
_REPORTS = ("SENTRY_DSN", "SENTRY_DSN_SECRET")
#: Where OpenTelemetry's traces go, under the names that its own tools read.
_TRACES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
)
_COMMON = ("STAGE", "VERSION", "REGION", "TABLE", "TABLE_LAYOUT", *_REPORTS, *_TRACES)

FUNCTIONS = (
    Function(
        "api",
        "app.main.handler",
        timeout_seconds=15,
        memory_mb=1024,
        settings=(
            *_COMMON,
            "AUTH_MODE",
            "AWS_CLIENT",
            "CATALOG_VERSION",
            "DECLINED_CARDS",
            "DECLINED_CARDS_BY_ADDRESS",
            "IMAGE_BASE_URL",
            "LOGIN_ATTEMPTS",
            "LOGIN_ATTEMPTS_BY_ADDRESS",
            "LOGIN_ATTEMPTS_BY_NAME",
            "ORIGIN_HEADER_SHA256",
            "PAYMENT_REQUEST_QUEUE_URL",
            "REGISTRATIONS",
            "SECURITY_CONTACT",
            "SHOP_ADDRESS",
            "SHOP_CATALOG_SECONDS",
            "SHOP_NAME",
            "SHOP_PAYMENT_WAIT_SECONDS",
            "SHOP_SESSION_HOURS",
            "SHOP_TAX_LINE",
            "SHOP_TIME_ZONE",
            "SIGNING_KEYS_SECRET",
            "TILL_LOCK_MINUTES",
            "TRUSTED_PROXIES",
        ),
        sends_to=(PAYMENT_REQUEST,),
        checks=(PAYMENT_REQUEST,),
        reads_signing_keys=True,
    ),
    Function(
        "payment",
        "workers.payment.handler",
        timeout_seconds=_WORKER_TIMEOUT,
        memory_mb=512,
        settings=(
            *_COMMON,
            "AUTH_MODE",
            "AWS_CLIENT",
            "CARD_RULES",
            "PAYMENT_RESPONSE_QUEUE_URL",
            "TRUST_EVENTS",
        ),
        sends_to=(PAYMENT_RESPONSE,),
    ),
    Function(
        "order",
        "workers.order.handler",
        timeout_seconds=_WORKER_TIMEOUT,
        memory_mb=512,
        settings=(
            *_COMMON,
            "AWS_CLIENT",
            "SHIPMENT_REQUEST_QUEUE_URL",
            "SHOP_DELIVERY_SECONDS",
            "TRUST_EVENTS",
        ),
        sends_to=(SHIPMENT_REQUEST,),
    ),
    Function(
        "shipment",
        "workers.shipment.handler",
        timeout_seconds=_WORKER_TIMEOUT,
        memory_mb=512,
        settings=(
            "STAGE",
            "VERSION",
            "REGION",
            *_REPORTS,
            *_TRACES,
            "AWS_CLIENT",
            "SHIPMENT_RESPONSE_QUEUE_URL",
            "SHOP_DELIVERY_SECONDS",
        ),
        sends_to=(SHIPMENT_RESPONSE,),
    ),
)

MAPPINGS = (
    Mapping(PAYMENT_REQUEST, "payment", batch_size=10),
    Mapping(PAYMENT_RESPONSE, "order", batch_size=10),
    Mapping(SHIPMENT_REQUEST, "shipment", batch_size=10),
    Mapping(SHIPMENT_RESPONSE, "order", batch_size=10),
)

#: Called by Secrets Manager once a month. It takes no part in releases on trial, so it is none of
#: ``FUNCTIONS``: nothing would be seen of it in a trial.
ROTATION = Function(
    "rotation",
    "workers.rotation.handler",
    timeout_seconds=15,
    memory_mb=512,
    settings=("STAGE", "VERSION", "REGION", *_REPORTS, *_TRACES, "SIGNING_KEYS_SECRET"),
    rotates_signing_keys=True,
)

#: All that is deployed.
EVERY_FUNCTION = (*FUNCTIONS, ROTATION)

#: The alias of every function that gateway, event source mappings and schedules call.
LIVE_ALIAS = "live"

#: From one sweep to the next.
SWEEP_INTERVAL_SECONDS = 5 * MINUTE
SWEEPER = Schedule("sweeper", "order", f"rate({SWEEP_INTERVAL_SECONDS // MINUTE} minutes)")


#: Concurrent executions that AWS keeps free for functions without a reservation.
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED_CONCURRENCY = 100


def reserved_concurrency(function: str, *, api_concurrency: int) -> int:
    """Return the concurrent executions that belong to a function, and that it cannot exceed.

    A worker can always take what its event source mappings and its schedule send at once: the
    api waits for payments, so calls that wait must not use up what decides those payments.
    """
    if function == "api":
        return api_concurrency
    mapped = sum(mapping.max_concurrency for mapping in MAPPINGS if mapping.function == function)
    return mapped + (function == SWEEPER.function)


def queue_name(stack: str, queue: str) -> str:
    """Return the AWS name of a queue, as openapi/CONTRACT.md, 2 spells it."""
    return f"{stack}-acmeserverless-sqs-{queue}"


def queue_setting(queue: str) -> str:
    """Return the environment variable that holds a queue's URL."""
    return f"{queue.replace('-', '_').upper()}_QUEUE_URL"


def table_name(stack: str) -> str:
    """Return the AWS name of the table (openapi/CONTRACT.md, 2)."""
    return f"{stack}-acmeserverless-dynamodb"


def function_name(stack: str, function: str) -> str:
    """Return the AWS name of a function."""
    return f"{stack}-acmeserverless-lambda-{function}"


def schedule_name(stack: str, schedule: str) -> str:
    """Return the AWS name of a schedule."""
    return f"{stack}-acmeserverless-schedule-{schedule}"


def card_key_alias(stack: str) -> str:
    """Return the alias of the KMS key that protects card data on its way."""
    return f"alias/{stack}-acmeserverless-cards"


def signing_keys_name(stack: str) -> str:
    """Return the name of the secret with the keys that sign tokens."""
    return f"{stack}-acmeserverless-signing-keys"


def sentry_dsn_name(stack: str) -> str:
    """Return the name of the secret that says where errors are reported."""
    return f"{stack}-acmeserverless-sentry-dsn"


def gateway_name(stack: str) -> str:
    """Return the name of the HTTP API."""
    return f"{stack}-acmeserverless"


def alarm_name(stack: str, alarm: str) -> str:
    """Return the AWS name of an alarm."""
    return f"{stack}-acmeserverless-alarm-{alarm}"


def sampling_rule_name(stack: str) -> str:
    """Return the name of the rule that chooses which calls are traced: at most 32 characters."""
    name = f"acme-{stack}"
    return name if len(name) <= 32 else f"acme-{sha256(stack.encode()).hexdigest()[:24]}"


def notifications_name(stack: str) -> str:
    """Return the name of the topic for alarms and budget warnings."""
    return f"{stack}-acmeserverless-notices"


def static_site_name(stack: str) -> str:
    """Return the name of what serves pages; a bucket's has the account's number behind it.

    Shorter than others, because a bucket's name may have 63 characters.
    """
    return f"{stack}-acme-pages"
