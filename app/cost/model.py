"""A month of this shop, service by service."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.cost import assumptions as assumed
from app.cost.assumptions import GIGABYTE, Demand
from app.cost.journeys import Amounts
from app.cost.prices import PriceList
from app.stack import FUNCTIONS, MAPPINGS, QUEUES
from app.store.schema import SHAPE

#: Calls of the sweeper in a month: every five minutes.
SWEEPS = assumed.SECONDS_A_MONTH // 300


@dataclass(frozen=True)
class Line:
    """What one service costs a month, in dollars, and what for."""

    service: str
    dollars: Decimal
    what: str


def gigabytes(size: Decimal | int) -> Decimal:
    """Return bytes as the gigabytes that bills count."""
    return Decimal(size) / GIGABYTE


def idle_polls() -> int:
    """Return how many requests SQS gets in a month without any message."""
    polls = assumed.SECONDS_A_MONTH // assumed.POLL_SECONDS
    return len(MAPPINGS) * assumed.POLLERS_PER_QUEUE * polls


def table_bytes(demand: Demand) -> int:
    """Return how much the table keeps after a year."""
    orders = demand.orders * assumed.MONTHS_KEPT
    return orders * assumed.ORDER_BYTES + orders // assumed.ORDERS_PER_USER * assumed.USER_BYTES


def alarm_count() -> int:
    """Return how many alarms ``infra/watches.py`` makes."""
    of_queues, of_tables = len(QUEUES), 2 * (1 + len(SHAPE.indexes))
    return of_queues + of_tables + 2 * len(FUNCTIONS) + 2 + 2


def this_shop(demand: Demand, used: Amounts, prices: PriceList) -> Iterator[Line]:
    """Yield the lines of a month's bill; ``used`` is what all journeys use together."""
    one, size = prices.one, table_bytes(demand)
    visits = demand.orders * demand.visits
    calls = used["function_calls"] + SWEEPS

    yield Line(
        "Lambda",
        calls * one["function_calls"] + used["gb_seconds"] * one["gb_seconds"],
        f"{_count(calls)} calls, {_count(used['gb_seconds'])} GB-seconds",
    )
    yield Line(
        "DynamoDB",
        used["read_units"] * one["read_units"] + used["write_units"] * one["write_units"],
        f"{_count(used['read_units'])} read and {_count(used['write_units'])} write units",
    )
    yield Line(
        "DynamoDB storage",
        gigabytes(size) * (one["table_month"] + one["backup_month"]),
        f"{gigabytes(size):.2f} GB after a year, with backups",
    )
    requests = used["queue_requests"] + idle_polls()
    yield Line(
        "SQS",
        requests * one["queue_requests"],
        f"{_count(used['queue_requests'])} requests and {_count(idle_polls())} empty polls",
    )
    yield Line("API Gateway", used["http_requests"] * one["http_requests"], "HTTP API")
    yield from pages(visits, used["http_requests"], one)
    yield from _keys(one)
    yield from _watching(calls, one)
    yield Line(
        "ECR",
        gigabytes(assumed.IMAGES_KEPT * assumed.IMAGE_BYTES) * one["image_month"],
        f"{assumed.IMAGES_KEPT} images",
    )
    yield Line("EventBridge Scheduler", SWEEPS * one["scheduled_calls"], f"{SWEEPS} sweeps")


def pages(visits: int, api_calls: Decimal, one: dict[str, Decimal]) -> Iterator[Line]:
    """Yield what pages, pictures and answers cost on their way to people."""
    page_bytes = visits * (assumed.PAGE_BYTES + assumed.PICTURE_BYTES)
    traffic = gigabytes(page_bytes + api_calls * assumed.ANSWER_BYTES_PER_CALL)
    requests = visits * assumed.FILES_PER_VISIT + api_calls
    yield Line(
        "CloudFront",
        traffic * one["cdn_traffic"] + requests * one["cdn_requests"],
        f"{traffic:.1f} GB, {_count(requests)} requests",
    )
    # Most requests end at CloudFront; what changed or is forgotten there comes from the bucket.
    misses = Decimal(visits * assumed.FILES_PER_VISIT) / 20
    yield Line("S3", misses * one["page_requests"] + one["page_month"] / 1000, "pages")


def _keys(one: dict[str, Decimal]) -> Iterator[Line]:
    asked = 2 * assumed.SECONDS_A_MONTH // assumed.DATA_KEY_SECONDS
    yield Line(
        "KMS",
        2 * one["key"] + asked * one["key_requests"],
        "keys for cards and for notices",
    )
    reads = assumed.KEY_READERS * assumed.SECONDS_A_MONTH // 3600
    yield Line(
        "Secrets Manager", one["secret"] + reads * one["secret_requests"], "the signing keys"
    )


def _watching(calls: Decimal, one: dict[str, Decimal]) -> Iterator[Line]:
    logged = gigabytes(calls * assumed.LOG_BYTES_PER_CALL)
    alarms = alarm_count()
    yield Line(
        "CloudWatch",
        logged * (one["log_intake"] + one["log_month"])
        + alarms * one["alarm"]
        + one["composite_alarm"]
        + one["dashboard"],
        f"{alarms} alarms, a dashboard, {logged:.2f} GB of logs",
    )


def _count(number: Decimal | int) -> str:
    return f"{int(number):,}"
