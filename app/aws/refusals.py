"""Errors of AWS that no repeat cures: told to the operators, answered with 503.

Permissions, credentials, keys of KMS, or the table or queue itself are missing. Customers are
asked to come back, as after any outage: what they sent may have been stored. Of the table those
whose code the shop does not know are told as well (``app/store/table_errors.py``).
"""

import logging
import sys
from datetime import UTC, datetime

from app.aws.errors import PERMANENT_CODES, AwsCallError
from app.domain.errors import ServiceMisconfiguredError
from app.metrics import PERMANENT_AWS_ERRORS, emit_metrics

log = logging.getLogger("shop.aws")

#: Errors of botocore that are raised before a call, by class.
_WITHOUT_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError"})


def call_failures() -> tuple[type[Exception], ...]:
    """Return the classes of what clients of AWS raise, for an ``except``.

    botocore's are among them where it is loaded; importing it is no part of a failure.
    """
    if loaded := sys.modules.get("botocore.exceptions"):
        return AwsCallError, loaded.BotoCoreError, loaded.ClientError
    return (AwsCallError,)


def permanent_code(failure: Exception) -> str | None:
    """Return AWS's code of an error that no repeat cures; None for any other.

    ``failure`` is an ``AwsCallError`` or an error of botocore.
    """
    if isinstance(failure, AwsCallError):
        return failure.code if failure.is_permanent else None
    if (name := type(failure).__name__) in _WITHOUT_CREDENTIALS:
        return name
    # Errors of connections have a response too, which is None.
    response = getattr(failure, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", ""))
    return code if code in PERMANENT_CODES else None


def report(error: ServiceMisconfiguredError) -> ServiceMisconfiguredError:
    """Tell the operators of ``error``, by log and metric, and return it.

    AWS's own text is left out: it names accounts, roles and keys.
    """
    log.error("aws.refused operation=%s code=%s", error.operation, error.code)
    emit_metrics({PERMANENT_AWS_ERRORS: 1}, now=datetime.now(UTC))
    return error
