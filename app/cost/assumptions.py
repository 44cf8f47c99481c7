"""What cannot be metered, said once, with a reason each."""

from dataclasses import dataclass
from decimal import Decimal

#: Days a month is reckoned with.
DAYS = 30
SECONDS_A_MONTH = DAYS * 24 * 60 * 60

#: Long polls that Lambda keeps open for each queue, whether or not there is anything in it.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS_PER_QUEUE = 5
#: The longest a poll can wait (SQS).
POLL_SECONDS = 20
#: How long SQS goes on with a data key before it asks KMS again (its default).
DATA_KEY_SECONDS = 300
#: What CloudWatch bills beside the text of a log line, and what one call writes at least.
#: START, END and REPORT lines of Lambda, and a line of the shop.
LOG_BYTES_PER_CALL = 600
#: An order with three lines, as the table keeps it, with the copy in its one full index.
ORDER_BYTES = 2 * 1500
#: A user with credentials, a cart, and their entries in indexes.
USER_BYTES = 2000
#: One of so many orders comes from somebody new.
ORDERS_PER_USER = 3
#: How long orders have been kept when the month is reckoned: storage grows, and the first
#: year is what somebody decides about.
MONTHS_KEPT = 12
#: The first view of the storefront without pictures, which a test holds below 100 kB, and the
#: pictures that browsers keep for a day.
PAGE_BYTES = 60_000
PICTURE_BYTES = 180_000
FILES_PER_VISIT = 40
#: Answers of the API to one journey.
ANSWER_BYTES_PER_CALL = 2500
#: The image, compressed, and how many releases of it are kept.
IMAGE_BYTES = 150_000_000
IMAGES_KEPT = 10
#: A process of the api lives for hours and asks for the signing keys once an hour.
KEY_READERS = 3

GIGABYTE = Decimal(1_000_000_000)


@dataclass(frozen=True)
class Demand:
    """How much is asked of the shop; ``visits`` and ``carts`` are per order."""

    orders_per_day: int
    visits: int = 20
    carts: int = 3

    @property
    def orders(self) -> int:
        """Return how many orders a month has."""
        return self.orders_per_day * DAYS


def in_words(demand: Demand) -> list[str]:
    """Return what is assumed, for people."""
    return [
        (
            f"A month has {DAYS} days. Of {demand.visits} visits {demand.carts} fill a cart "
            "and one becomes an order."
        ),
        (
            "What a visit, a cart and an order use is metered (infra/journeys.json, checked by a "
            "test); how long functions run is processor time plus 5 ms for each call to AWS."
        ),
        (
            f"Lambda keeps {POLLERS_PER_QUEUE} polls of {POLL_SECONDS} s open for each of its "
            "queues, day and night: a shop without orders pays for that too."
        ),
        (
            f"Orders are kept for {MONTHS_KEPT} months, one of {ORDERS_PER_USER} comes from "
            "somebody new; everything is backed up continuously."
        ),
        (
            f"A visit loads {(PAGE_BYTES + PICTURE_BYTES) // 1000} kB of pages and pictures once "
            f"a day; a function call logs {LOG_BYTES_PER_CALL} bytes."
        ),
        "List prices: no free tier, no savings plan, no taxes, no support.",
    ]
