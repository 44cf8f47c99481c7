"""Business metrics, as CloudWatch reads them from a function's output.

A line in embedded metric format costs no call: CloudWatch makes the metrics of it. Outside of
Lambda nothing reads such lines, so none is written.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime

NAMESPACE = "AcmeShop"
#: Tells the metrics of one function of one stack from those of others.
DIMENSION = "FunctionName"

#: What a sweep tells: work left for lack of time (0 or 1), orders that could not be pushed,
#: orders that could not be read, and the age of the oldest order that is still open.
SWEEP_INCOMPLETE = "SweepIncomplete"
SWEEP_FAILED = "SweepFailed"
SWEEP_UNREADABLE = "SweepUnreadable"
OLDEST_OPEN_ORDER = "OldestOpenOrderSeconds"
#: The age of the oldest order that waits for its payment, and how many orders the sweeper had to
#: finish: settle, time out, or ask for the shipment of.
OLDEST_PENDING_ORDER = "OldestPendingOrderSeconds"
SWEEP_FINISHES = "SweepFinishes"

#: Messages of a batch that failed; Lambda counts none of them as an error.
FAILED_RECORDS = "FailedRecords"

#: Business metrics, one event each: orders by the state they reached, with the seconds since
#: they were placed; answers that could not wait for the payment.
#: A line about a declined order has its reason as the property ``Reason``.
ORDERS_PLACED = "OrdersPlaced"
ORDERS_PAID = "OrdersPaid"
ORDERS_DECLINED = "OrdersDeclined"
ORDERS_DELIVERED = "OrdersDelivered"
TIME_TO_PAID = "TimeToPaidSeconds"
TIME_TO_DELIVERED = "TimeToDeliveredSeconds"
PAYMENT_WAITS_RUN_OUT = "PaymentWaitsRunOut"

#: Logins, refused requests (401, 403), throttled attempts (429): ``app/security_log.py``.
LOGINS = "Logins"
REFUSALS = "Refusals"
THROTTLES = "ThrottledAttempts"

#: CloudWatch bills each pair of a metric and a function that emits it.
BUSINESS_STREAMS = (
    ("api", ORDERS_PLACED),
    ("api", PAYMENT_WAITS_RUN_OUT),
    ("api", LOGINS),
    ("api", REFUSALS),
    ("api", THROTTLES),
    ("payment", ORDERS_DECLINED),
    # The sweeper declines what was never decided.
    ("order", ORDERS_DECLINED),
    ("order", ORDERS_PAID),
    ("order", TIME_TO_PAID),
    ("order", ORDERS_DELIVERED),
    ("order", TIME_TO_DELIVERED),
    ("order", SWEEP_FINISHES),
)
SWEEP_STREAMS = (
    SWEEP_INCOMPLETE,
    SWEEP_FAILED,
    SWEEP_UNREADABLE,
    OLDEST_OPEN_ORDER,
    OLDEST_PENDING_ORDER,
)

#: Items of the table that could not be read (``app/store/unreadable_items.py``).
UNREADABLE_ITEMS = "UnreadableItems"

#: Calls that AWS refused for a reason that a repeat does not cure (``app/aws/refusals.py``).
PERMANENT_AWS_ERRORS = "PermanentAwsErrors"


def emit_metrics(values: Mapping[str, float], *, now: datetime, **properties: str) -> None:
    """Write metrics of this function: name and value; names end in their unit if they have one.

    ``properties`` stand beside them in the log, as the version does: they can be asked for there,
    and make no metrics of their own, which would be billed for each value.
    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    if not function:
        return
    line = {
        "_aws": {
            "Timestamp": int(now.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [[DIMENSION]],
                    "Metrics": [{"Name": name, "Unit": _unit(name)} for name in values],
                }
            ],
        },
        DIMENSION: function,
        "Version": os.environ.get("VERSION", ""),
        **properties,
        **values,
    }
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _unit(name: str) -> str:
    return "Seconds" if name.endswith("Seconds") else "Count"
