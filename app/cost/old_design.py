"""The same month in the design this shop comes from, had it worked.

What is known of it: one function for each route and event; all users, products, carts and
orders each under one partition key and found with filters, so that every read reads what is
there up to the 1 MB of one answer; a login reads every user; the shipment worker sleeps until
the parcel is delivered. Nothing watched it, nothing was backed up, nothing encrypted with a key
of its own. Its pages came from somewhere else; they are reckoned as if they were these.
"""

from collections.abc import Iterator
from decimal import Decimal

from app.cost import assumptions as assumed
from app.cost.assumptions import Demand
from app.cost.journeys import Amounts
from app.cost.model import Line, gigabytes, idle_polls, pages, table_bytes
from app.cost.prices import PriceList

#: What one query reads at most, in read units of 4 KB that may lag (half a unit each).
LARGEST_READ = Decimal(1_048_576) / 4096 / 2
#: A parcel takes 5 to 119 seconds, and the function waits for it with 128 MB.
SLEEP_GB_SECONDS = Decimal(62) / 8
#: An item of each kind, as it was stored: with everything in it.
ITEM_BYTES = 1000
PRODUCTS = 100

_LOGIN_READS, _CART_READS, _ORDER_READS = 1, 5, 5


def old_shop(demand: Demand, used: Amounts, prices: PriceList) -> Iterator[Line]:
    """Yield the lines of a month's bill; ``used`` is what this shop's journeys use."""
    one = prices.one
    orders = demand.orders * assumed.MONTHS_KEPT
    users = orders // assumed.ORDERS_PER_USER
    carts = demand.orders * demand.carts
    reads = (
        # Four reads of products for each visit.
        4 * demand.orders * demand.visits * _query(PRODUCTS)
        + carts * (_LOGIN_READS * _query(users) + _CART_READS * _query(users))
        # Its list, and each change of its state, looks for the order among all of them.
        + demand.orders * _ORDER_READS * _query(orders)
    )
    # Two products into a cart; an order is put once and changed three times. Without indexes.
    writes = Decimal(carts * 2 + demand.orders * 4)
    sleeping = demand.orders * SLEEP_GB_SECONDS
    calls = used["function_calls"]

    yield Line(
        "Lambda",
        calls * one["function_calls"] + (used["gb_seconds"] / 4 + sleeping) * one["gb_seconds"],
        f"{int(sleeping):,} GB-seconds asleep beside a parcel",
    )
    yield Line(
        "DynamoDB",
        reads * one["read_units"] + writes * one["write_units"],
        f"{int(reads):,} read units: every read reads all there is",
    )
    size = gigabytes(table_bytes(demand) // 2)
    yield Line("DynamoDB storage", size * one["table_month"], "without backups or indexes")
    requests = used["queue_requests"] + idle_polls()
    yield Line("SQS", requests * one["queue_requests"], "the same four queues are polled")
    yield Line("API Gateway", used["http_requests"] * one["http_requests"], "the same calls")
    visits = demand.orders * demand.visits
    yield from pages(visits, used["http_requests"], one)
    logged = gigabytes(calls * assumed.LOG_BYTES_PER_CALL)
    yield Line("CloudWatch", logged * (one["log_intake"] + one["log_month"]), "logs, kept for ever")


def _query(items: int) -> Decimal:
    """Return the read units of a query over a partition of ``items``."""
    blocks = -(-items * ITEM_BYTES // 4096)
    return min(LARGEST_READ, max(Decimal(1), Decimal(blocks)) / 2)
