"""Calls to AWS services that speak JSON, without the weight of boto3.

boto3 and one client cost a cold start as much as everything else a worker imports. What the
shop needs of it are two operations of SQS and one of Secrets Manager: a signed POST and a
parsed answer. The signature is botocore's own (``SigV4Auth``), connections are the standard
library's (``app/http_connections.py``), retries follow the "standard" mode of the AWS SDKs:
three attempts, exponential back-off with full jitter, for the same errors.
``tests/app/test_aws_json.py`` compares requests, signatures and answers with boto3's.

Credentials come from the environment, where Lambda puts them. ``AWS_CLIENT=boto3`` makes
:mod:`app.queues` and :mod:`app.security.signing_keys` use boto3 instead, for machines whose
credentials come from a profile or a role.
"""

import json
import logging
import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from app.http_connections import FAILURES, Connections

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

#: Attempts for one call, the first included.
MAX_ATTEMPTS = 3
CONNECT_SECONDS = 1.0
#: The longest pause before the second attempt; it doubles, and the pause is drawn below it.
BACKOFF_SECONDS = 0.1
#: Kept connections to one service. More callers at once open connections that are not kept.
CONNECTIONS = 32

# The SDKs' shared lists: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
_TRANSIENT_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

#: What repeating cannot cure: the function may not do this, or what it calls is not there.
PERMANENT_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidSignatureException",
        "KmsAccessDenied",
        "KmsDisabled",
        "KmsInvalidState",
        "KmsNotFound",
        "KmsOptInRequired",
        "KMS.DisabledException",
        "KMS.NotFoundException",
        "MissingAuthenticationToken",
        "OptInRequired",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class AwsCallError(Exception):
    """AWS refused a call, or did not answer; ``code`` is AWS's own word for why."""

    def __init__(self, code: str, status: int) -> None:
        """Keep the code and the HTTP status (0 when there was no answer)."""
        super().__init__(f"{code} ({status})")
        self.code, self.status = code, status

    @property
    def is_permanent(self) -> bool:
        """Whether a repeat is refused like this one until an operator changes something."""
        return self.code in PERMANENT_CODES


class _Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None


def _credentials() -> _Credentials:
    """Return the credentials in the environment.

    Raises:
        AwsCallError: there are none.
    """
    try:
        return _Credentials(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN") or None,
        )
    except KeyError:
        raise AwsCallError("MissingAuthenticationToken", 0) from None


def _certificates() -> str:
    """Return the file with the certificates AWS is checked by; boto3 uses the same ones."""
    return os.environ.get("AWS_CA_BUNDLE") or str(Path(botocore.__file__).parent / "cacert.pem")


@dataclass(frozen=True)
class JsonService:
    """One service at one endpoint; safe to share between threads.

    ``target`` is the prefix of the service's operations, ``version`` that of its JSON
    protocol. ``has_query_errors`` services once spoke another protocol and still name errors
    in a header of that one when asked to (SQS).
    """

    name: str
    target: str
    endpoint: str
    region: str
    version: str = "1.1"
    has_query_errors: bool = False
    _connections: Connections = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the connections; nothing is opened yet."""
        # At DEBUG botocore writes down what it signs, the session's token included.
        logging.getLogger("botocore").setLevel(logging.WARNING)
        connections = Connections(
            self.endpoint,
            certificates=_certificates(),
            most_kept=CONNECTIONS,
            connect_seconds=CONNECT_SECONDS,
        )
        object.__setattr__(self, "_connections", connections)

    def call(self, operation: str, parameters: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        """Return what an operation answers; blocks for up to ``seconds``, repeats included.

        Raises:
            AwsCallError: it was refused, or the time ran out; the operation may have been done.
        """
        deadline = time.monotonic() + seconds
        body = json.dumps(parameters).encode()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._attempt(operation, body, deadline=deadline)
            except AwsCallError as failure:
                if attempt == MAX_ATTEMPTS or not _is_transient(failure):
                    raise
                pause = random.random() * BACKOFF_SECONDS * 2 ** (attempt - 1)  # noqa: S311  # Jitter.
                if time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
        raise AssertionError  # pragma: no cover  # The loop returns or raises.

    def _attempt(self, operation: str, body: bytes, *, deadline: float) -> dict[str, Any]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise AwsCallError("RequestTimeout", 0)
        request = self.signed_request(operation, body)
        # An answer has all the time that is left: after a time-out for reading, the operation
        # has probably been done, and a repeat would do it twice.
        try:
            answer = self._connections.post(
                f"{urlsplit(self.endpoint).path}/",
                body,
                dict(request.headers.items()),
                seconds=seconds,
            )
        except FAILURES as failure:
            raise AwsCallError("RequestTimeout", 0) from failure
        return self._answer(*answer)

    def signed_request(self, operation: str, body: bytes) -> AWSRequest:
        """Return the request that asks for ``operation``, signed as of now."""
        headers = {
            "X-Amz-Target": f"{self.target}.{operation}",
            "Content-Type": f"application/x-amz-json-{self.version}",
        }
        if self.has_query_errors:
            headers["x-amzn-query-mode"] = "true"
        trace = os.environ.get("_X_AMZN_TRACE_ID")
        if trace and os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
            # Carries a trace on, and lets AWS stop functions that call each other in circles.
            headers["X-Amzn-Trace-Id"] = trace
        request = AWSRequest("POST", f"{self.endpoint}/", headers=headers, data=body)
        # All a signature needs of botocore's own credentials, whose import is what costs.
        credentials = cast("ReadOnlyCredentials", _credentials())
        SigV4Auth(credentials, self.name, self.region).add_auth(request)
        return request

    @staticmethod
    def _answer(status: int, headers: Any, data: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(data or b"{}")
        except ValueError:
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        named = headers.get("x-amzn-query-error", "").partition(";")[0]
        if not named and isinstance(answer, dict):
            named = str(answer.get("__type") or answer.get("code") or "")
        code = named.rpartition("#")[2].partition(":")[0]
        raise AwsCallError(code or f"HTTP{status}", status)


def _is_transient(failure: AwsCallError) -> bool:
    return failure.status in _TRANSIENT_STATUSES or failure.code in _TRANSIENT_CODES


def endpoint_of(service: str, region: str) -> str:
    """Return where a service is called: the SDKs' variables first, else AWS itself."""
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        if url := os.environ.get(variable, ""):
            return url.rstrip("/")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


_services: dict[tuple[str, ...], JsonService] = {}
_services_lock = threading.Lock()


def sqs(region: str) -> JsonService:
    """Return this process's client of SQS."""
    return _shared("sqs", "AmazonSQS", region, version="1.0", has_query_errors=True)


def secrets_manager(region: str) -> JsonService:
    """Return this process's client of Secrets Manager."""
    return _shared("secretsmanager", "secretsmanager", region)


def _shared(name: str, target: str, region: str, **protocol: Any) -> JsonService:
    endpoint = endpoint_of(name, region)
    with _services_lock:
        key = (name, endpoint, region)
        if key not in _services:
            _services[key] = JsonService(name, target, endpoint, region, **protocol)
        return _services[key]
