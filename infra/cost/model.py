"""A month of this shop, service by service."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.metrics import BUSINESS_STREAMS, SWEEP_STREAMS
from app.settings import read_settings
from app.store.keys import OPEN, shards
from infra.components.every_alarm import every_alarm
from infra.cost import assumptions as assumed
from infra.cost.assumptions import GIGABYTE, Demand
from infra.cost.journeys import Amounts
from infra.cost.prices import PriceList
from infra.table_access import ITEMS
from infra.topology import FUNCTIONS, MAPPINGS, QUEUES, SWEEP_INTERVAL_SECONDS, SWEEPER

#: Calls of the sweeper in a month.
SWEEPS = assumed.SECONDS_A_MONTH // SWEEP_INTERVAL_SECONDS
#: It looks for open orders twice in each partition of them, at half a read unit: for those that
#: are due, and for those that are filed too far ahead.
SWEEP_READS = 2 * len(shards(OPEN)) * Decimal("0.5")
_MB_PER_GB = 1024


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


def key_requests() -> int:
    """Return how often KMS is asked in a month by queues with cards, and by the table.

    A queue asks twice for each role that sends to it and once for each that receives, the
    table once for each role that uses it, whenever a data key has been used for long enough.
    """
    cards = {queue.name for queue in QUEUES if queue.carries_cards}
    senders = sum(queue in cards for function in FUNCTIONS for queue in function.sends_to)
    receivers = sum(mapping.queue in cards for mapping in MAPPINGS)
    users = len(ITEMS)
    times = assumed.SECONDS_A_MONTH // assumed.DATA_KEY_SECONDS
    return (2 * senders + receivers + users) * times


def table_bytes(demand: Demand) -> tuple[int, int]:
    """Return how much the table keeps after a year, and how much its indexes do."""
    orders = demand.orders * assumed.MONTHS_KEPT
    users = orders // assumed.ORDERS_PER_USER
    return (
        orders * assumed.ORDER_BYTES + users * assumed.USER_BYTES,
        orders * assumed.ORDER_INDEX_BYTES + users * assumed.USER_INDEX_BYTES,
    )


def alarm_count() -> int:
    """Return how many alarms a stack with its default settings has."""
    return len(list(every_alarm(read_settings({}))))


def this_shop(demand: Demand, used: Amounts, prices: PriceList) -> Iterator[Line]:
    """Yield the lines of a month's bill; ``used`` is what all journeys use together."""
    price = prices.per_unit
    kept, indexed = map(gigabytes, table_bytes(demand))
    visits = demand.orders * demand.visits
    calls = used["function_calls"] + SWEEPS
    memory = next(function.memory_mb for function in FUNCTIONS if function.name == SWEEPER.function)
    computed = used["gb_seconds"] + SWEEPS * assumed.SWEEP_SECONDS * memory / _MB_PER_GB
    reads = used["read_units"] + SWEEPS * SWEEP_READS

    yield Line(
        "Lambda",
        calls * price["function_calls"] + computed * price["gb_seconds"],
        f"{_count(calls)} calls, {_count(computed)} GB-seconds",
    )
    yield Line(
        "DynamoDB",
        reads * price["read_units"] + used["write_units"] * price["write_units"],
        f"{_count(reads)} read and {_count(used['write_units'])} write units",
    )
    yield Line(
        "DynamoDB storage",
        (kept + indexed) * price["table_month"] + kept * price["backup_month"],
        f"{kept + indexed:.2f} GB after a year, {kept:.2f} of it backed up",
    )
    requests = used["queue_requests"] + idle_polls()
    yield Line(
        "SQS",
        requests * price["queue_requests"],
        f"{_count(used['queue_requests'])} requests and {_count(idle_polls())} empty polls",
    )
    yield Line(
        "API Gateway",
        used["http_requests"] * price["http_requests"],
        f"{_count(used['http_requests'])} requests to the HTTP API",
    )
    yield from pages(visits, used["http_requests"], price)
    yield Line(
        "CloudFront Functions",
        used["http_requests"] * price["cdn_functions"],
        "one for each request to the API",
    )
    if demand.waf:
        yield _firewall(visits * assumed.FILES_PER_VISIT + used["http_requests"], price)
    yield from _keys(price)
    yield from _watching(calls, used["http_requests"], demand.orders, price)
    yield Line(
        "ECR",
        gigabytes(assumed.IMAGES_KEPT * assumed.IMAGE_BYTES) * price["image_month"],
        f"{assumed.IMAGES_KEPT} images",
    )
    yield Line(
        "EventBridge Scheduler", SWEEPS * price["scheduled_calls"], f"{_count(SWEEPS)} sweeps"
    )
    yield Line("Budgets", Decimal(), "one budget with notifications: free")


def pages(visits: int, api_calls: Decimal, price: dict[str, Decimal]) -> Iterator[Line]:
    """Yield what pages, pictures and answers cost on their way to people."""
    answer = assumed.ANSWER_BYTES_PER_CALL + assumed.HEADER_BYTES
    traffic = gigabytes(visits * assumed.bytes_per_visit() + api_calls * answer)
    requests = visits * assumed.FILES_PER_VISIT + api_calls
    yield Line(
        "CloudFront",
        traffic * price["cdn_traffic"] + requests * price["cdn_requests"],
        f"{traffic:,.1f} GB, {_count(requests)} requests",
    )
    # Most requests end at CloudFront; what changed or is forgotten there comes from the bucket.
    misses = Decimal(visits * assumed.FILES_PER_VISIT) / assumed.FILES_PER_MISS
    yield Line("S3", misses * price["page_requests"] + price["page_month"] / 1000, "pages")


def _firewall(requests: Decimal, price: dict[str, Decimal]) -> Line:
    return Line(
        "WAF",
        price["firewall"]
        + assumed.FIREWALL_RULES * price["firewall_rule"]
        + requests * price["firewall_requests"],
        f"{assumed.FIREWALL_RULES} rules, {_count(requests)} requests",
    )


def _keys(price: dict[str, Decimal]) -> Iterator[Line]:
    asked = key_requests()
    yield Line(
        "KMS",
        2 * price["key"] + asked * price["key_requests"],
        f"keys for cards and for notifications, {_count(asked)} requests",
    )
    reads = assumed.KEY_READERS * assumed.SECONDS_A_MONTH // 3600
    yield Line(
        "Secrets Manager",
        price["secret"] + reads * price["secret_requests"],
        f"the signing keys, {_count(reads)} reads",
    )


def _watching(
    calls: Decimal, requests: Decimal, orders: int, price: dict[str, Decimal]
) -> Iterator[Line]:
    steps = calls - requests
    logged = gigabytes(
        requests * assumed.GATEWAY_LOG_BYTES
        + steps * assumed.STEP_LOG_BYTES
        + orders * assumed.ORDER_LOG_BYTES
    )
    streams = len(BUSINESS_STREAMS) + len(SWEEP_STREAMS)
    alarms = alarm_count()
    yield Line(
        "CloudWatch",
        logged * (price["log_intake"] + price["log_month"])
        + alarms * price["alarm"]
        + streams * price["metric"]
        + price["composite_alarm"]
        + price["dashboard"],
        f"{alarms} alarms, {streams} metrics, a dashboard, {logged:.2f} GB of logs",
    )
    traced = calls * assumed.TRACE_PERCENT / 100
    yield Line("X-Ray", traced * price["traces"], f"{_count(traced)} traces")


def _count(number: Decimal | int) -> str:
    return f"{int(number):,}"
