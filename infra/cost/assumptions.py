"""The assumptions behind a month's bill: what cannot be metered, each with its reason."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.errors import SettingsError

#: Days of a month.
DAYS = 30
SECONDS_A_MONTH = DAYS * 24 * 60 * 60

#: Long polls that Lambda keeps open for each queue, whether or not there is anything in it.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS_PER_QUEUE = 5
#: The longest a poll can wait (SQS).
POLL_SECONDS = 20
#: How long SQS and DynamoDB go on with a data key before they ask KMS again (their default).
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
DATA_KEY_SECONDS = 300
#: What CloudWatch bills beside the text of a line.
LINE_BYTES = 26
#: The gateway's line for a request, weighed by a test, and a worker's for a step of an order.
#: Lambda's own lines are off, and the api writes none for reads.
GATEWAY_LOG_BYTES, STEP_LOG_BYTES = 300 + LINE_BYTES, 300 + LINE_BYTES
#: A line with metrics, weighed by a test.
METRIC_LOG_BYTES = 420 + LINE_BYTES
#: Beside its workers' steps: the api tells that it took an order and what it answered; metrics
#: tell that it is placed, paid and delivered.
ORDER_LOG_BYTES = 2 * STEP_LOG_BYTES + 3 * METRIC_LOG_BYTES
#: How many of a hundred calls are traced.
TRACE_PERCENT = 5
#: What the sweeper takes when there is little to do: two queries of each partition of open orders,
#: one time after the other, all partitions at once, and a cold start now and then.
SWEEP_SECONDS = Decimal("0.1")
#: An order and the decision about its payment, and an order's keys in two indexes, with the 100
#: bytes that DynamoDB bills beside every item and entry. A test weighs items.
ORDER_BYTES, ORDER_INDEX_BYTES = 1300, 450
#: A user, the name's lock and a cart, and their entries in indexes, reckoned likewise.
USER_BYTES, USER_INDEX_BYTES = 1200, 600
#: One of so many orders comes from a new user.
ORDERS_PER_USER = 3
#: How long orders have been kept in the month that is priced: storage grows, and the first
#: year is what a budget is made for.
MONTHS_KEPT = 12
#: The storefront's code and the pictures of a first view and three products, compressed as they
#: travel; seen in a browser, weighed by a test. Browsers keep them for the rest of a visit.
PAGE_BYTES = 50_000
PICTURE_BYTES = 20_000
FILES_PER_VISIT = 40
#: Headers of an answer, compressed as HTTP/2 does; bills count them too.
HEADER_BYTES = 500
#: One of this many files is not in CloudFront's cache.
FILES_PER_MISS = 20
#: Answers of the API to one call, on average: the catalog has 3.4 kB, the others less.
ANSWER_BYTES_PER_CALL = 2500
#: The image, compressed, and how many releases of it are kept.
IMAGE_BYTES = 150_000_000
IMAGES_KEPT = 10
#: Rules of the firewall, where a stack has one: a test counts them.
FIREWALL_RULES = 2
#: A process of the api lives for hours and asks for the signing keys once an hour.
KEY_READERS = 3

GIGABYTE = Decimal(1_000_000_000)


@dataclass(frozen=True)
class Demand:
    """How much is asked of the shop; ``visits`` and ``carts`` are per order.

    ``waf`` is whether AWS WAF looks at every request, as a stack can have it.

    Raises:
        SettingsError: more carts are filled than there are visits.
    """

    orders_per_day: int
    visits: int = 20
    carts: int = 3
    waf: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.carts > self.visits:
            raise SettingsError(
                f"{self.carts} carts cannot be filled in {self.visits} visits "
                "(--carts-per-order, --visits-per-order)"
            )

    @property
    def orders(self) -> int:
        """Return how many orders a month has."""
        return self.orders_per_day * DAYS


def bytes_per_visit() -> int:
    """Return what a visit loads beside the answers of the API."""
    return PAGE_BYTES + PICTURE_BYTES + FILES_PER_VISIT * HEADER_BYTES


def describe_assumptions(demand: Demand) -> list[str]:
    """Return what is assumed, for people."""
    return [
        (
            f"Assumed: a month has {DAYS} days. Of {demand.visits} visits {demand.carts} fill a "
            "cart and one becomes an order."
        ),
        (
            "Metered: read and write units, requests and calls of a visit, a cart and an order of "
            "two lines that is shipped home (infra/cost/journeys.json, checked by a test). A "
            "worker gets each message by itself, as in a shop with few orders: ten at once take "
            "2.4 requests to SQS for an order instead of 15. How long functions run is processor "
            "time, metered, plus 5 ms for each call to AWS, assumed. All orders are paid and "
            "shipped; one that is declined takes less, the two write units that count it included."
        ),
        (
            f"Assumed: Lambda keeps {POLLERS_PER_QUEUE} polls of {POLL_SECONDS} s open for each "
            "of its queues, day and night: a shop without orders pays for that too."
        ),
        (
            f"Assumed: orders are kept for {MONTHS_KEPT} months, one of {ORDERS_PER_USER} comes "
            f"from a new user; an order takes {ORDER_BYTES:,} bytes and {ORDER_INDEX_BYTES:,} "
            "in indexes (weighed)."
        ),
        (
            f"Weighed: a visit loads {FILES_PER_VISIT} files, {bytes_per_visit() // 1000} kB "
            f"with their headers. Assumed: an answer of the API has {ANSWER_BYTES_PER_CALL:,} "
            f"bytes; a request logs {GATEWAY_LOG_BYTES} and a step of an order "
            f"{STEP_LOG_BYTES}, {TRACE_PERCENT} % of all calls are traced. All data leaves "
            "through CloudFront."
        ),
        (
            f"Assumed: KMS is asked again every {DATA_KEY_SECONDS} s for each role and queue; "
            f"{IMAGES_KEPT} images of {IMAGE_BYTES // 1_000_000} MB are kept."
        ),
        (
            "List prices of the first step, however much is used: no free tier, no savings plan, "
            "no discount for volume, no taxes, no support. Keys in their first year."
        ),
    ]
