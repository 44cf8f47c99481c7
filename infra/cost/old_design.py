"""The same month in the design this shop comes from, priced as if it had worked.

What is known of it: one function for each route and event; all users, products, carts and
orders each under one partition key and found with filters, so that every read reads what is
there up to the 1 MB of one answer; a login reads every user; the shipment worker sleeps until
the parcel is delivered. What is not known is reckoned in its favour (no alarms, no backups, no
keys of its own), or as if it were this shop's.
"""

from collections.abc import Iterator
from decimal import Decimal

from infra.cost import assumptions as assumed
from infra.cost.assumptions import Demand
from infra.cost.journeys import Amounts
from infra.cost.model import Line, gigabytes, idle_polls, pages, table_bytes
from infra.cost.prices import PriceList

#: What one query reads at most, in read units of 4 KB that may lag (half a unit each).
LARGEST_READ = Decimal(1_048_576) / 4096 / 2
#: A parcel takes 5 to 119 seconds and the function waits for it, in an eighth of a gigabyte.
SLEEP_SECONDS = 62
SLEEP_GB_SECONDS = Decimal(SLEEP_SECONDS) / 8
#: Go needs less memory and time; how much is not known, and a quarter is in its favour.
COMPUTING_PER_OURS = Decimal("0.25")
#: An item of each kind, as it was stored: with everything in it.
ITEM_BYTES = 1000
#: What a call logs: Lambda's START, END and REPORT, a line of its own and the gateway's.
_LOG_BYTES_PER_CALL = 600
#: As many as were there when this shop was metered, or the two could not be compared.
PRODUCTS = 8

#: Of a visit: the catalog and three products.
_PRODUCT_READS = 4
#: Of a cart: who it is; then two articles are added to what was read, and it is shown twice.
_LOGIN_READS, _CART_READS, _CART_WRITES = 1, 4, 2
#: Of an order: three changes of its state and its buyer's list; it is put, changed three times,
#: and its cart is emptied.
_ORDER_READS, _ORDER_WRITES = 4, 5


def old_shop(demand: Demand, used: Amounts, prices: PriceList) -> Iterator[Line]:
    """Yield the lines of a month's bill; ``used`` is what this shop's journeys use."""
    price = prices.per_unit
    visits, carts = demand.orders * demand.visits, demand.orders * demand.carts
    orders = demand.orders * assumed.MONTHS_KEPT
    users = orders // assumed.ORDERS_PER_USER
    reads = (
        visits * _PRODUCT_READS * _query(PRODUCTS)
        # As many carts as users: clearing one leaves it there, empty.
        + carts * (_LOGIN_READS + _CART_READS) * _query(users)
        + demand.orders * _ORDER_READS * _query(orders)
    )
    writes = Decimal(carts * _CART_WRITES + demand.orders * _ORDER_WRITES)
    sleeping = demand.orders * SLEEP_GB_SECONDS
    computing = used["gb_seconds"] * COMPUTING_PER_OURS
    calls = used["function_calls"]

    yield Line(
        "Lambda",
        calls * price["function_calls"] + (computing + sleeping) * price["gb_seconds"],
        f"{int(sleeping):,} GB-seconds of waiting for deliveries",
    )
    yield Line(
        "DynamoDB",
        reads * price["read_units"] + writes * price["write_units"],
        f"{int(reads):,} read units: every read reads all there is",
    )
    kept, _ = table_bytes(demand)
    yield Line(
        "DynamoDB storage", gigabytes(kept) * price["table_month"], "without backups or indexes"
    )
    requests = used["queue_requests"] + idle_polls()
    yield Line("SQS", requests * price["queue_requests"], "the same four queues are polled")
    yield Line("API Gateway", used["http_requests"] * price["http_requests"], "the same calls")
    yield from pages(visits, used["http_requests"], price)
    logged = gigabytes(calls * _LOG_BYTES_PER_CALL)
    yield Line(
        "CloudWatch",
        logged * (price["log_intake"] + assumed.MONTHS_KEPT * price["log_month"]),
        "logs, kept for ever",
    )


def describe_old_assumptions() -> list[str]:
    """Return what is assumed of the old design, for people."""
    return [
        (
            "Known: all users, products, carts and orders are each in one partition and found "
            f"with filters, so a read costs all there is, up to 1 MB ({LARGEST_READ:.0f} units); "
            "a login reads every user."
        ),
        (
            f"Assumed: a visit reads products {_PRODUCT_READS} times, a cart users "
            f"{_LOGIN_READS} and carts {_CART_READS} times, an order orders {_ORDER_READS} times; "
            f"an item has {ITEM_BYTES:,} bytes, the catalog {PRODUCTS} products (as when this "
            "shop was metered)."
        ),
        (
            f"Known: the shipment worker sleeps beside its parcel, {SLEEP_SECONDS} s on average. "
            "Assumed: with 128 MB, and as if its limit of 10 s did not end it."
        ),
        (
            f"Assumed: everything else computes for {COMPUTING_PER_OURS:.0%} of this shop's "
            "GB-seconds; as many calls, requests and empty polls; the same pages from the same "
            "place."
        ),
        (
            "Known: no secret, signing keys stood in the source. Assumed: no backups, no indexes, "
            "no keys of its own, no alarms, no schedule; an empty line is a part it does not "
            "have. The storage of its code is left out."
        ),
    ]


def _query(items: int) -> Decimal:
    """Return the read units of a query over a partition of ``items``."""
    blocks = -(-items * ITEM_BYTES // 4096)
    return min(LARGEST_READ, max(Decimal(1), Decimal(blocks)) / 2)
