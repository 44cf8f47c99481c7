"""Calls to AWS services that speak JSON, without the weight of boto3.

boto3 and one client cost a cold start as much as everything else a worker imports. What the
shop needs of it are two operations of SQS and one of Secrets Manager: a signed POST and a
parsed answer (``app/aws_signature.py``). Connections are the standard library's
(``app/http_connections.py``), retries follow the "standard" mode of the AWS SDKs: three
attempts, exponential back-off with full jitter, for the same errors.
``tests/app/test_aws_json.py`` compares requests, signatures and answers with boto3's.

Credentials come from the environment, where Lambda puts them. ``AWS_CLIENT=boto3`` makes
:mod:`app.queues` and :mod:`app.security.signing_keys` use boto3 instead, for machines whose
credentials come from a profile or a role.
"""

import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.aws_endpoints import certificates, endpoint_of
from app.aws_errors import NO_ANSWER, AwsCallError
from app.aws_signature import environment_credentials, sign
from app.http_connections import FAILURES, Connections

#: Attempts for one call, the first included.
MAX_ATTEMPTS = 3
CONNECT_SECONDS = 1.0
#: The longest pause before the second attempt; it doubles, and the pause is drawn below it.
BACKOFF_SECONDS = 0.1
#: Kept connections to one service. More callers at once open connections that are not kept.
CONNECTIONS = 32


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
        connections = Connections(
            self.endpoint,
            certificates=certificates(),
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
                if attempt == MAX_ATTEMPTS or not failure.is_transient:
                    raise
                pause = random.random() * BACKOFF_SECONDS * 2 ** (attempt - 1)  # noqa: S311  # Jitter.
                if time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
        raise AssertionError  # pragma: no cover  # The loop returns or raises.

    def _attempt(self, operation: str, body: bytes, *, deadline: float) -> dict[str, Any]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise AwsCallError(NO_ANSWER, 0)
        headers = self.signed_headers(operation, body)
        # An answer has all the time that is left: after a time-out for reading, the operation
        # has probably been done, and a repeat would do it twice.
        try:
            answer = self._connections.post(self._path, body, headers, seconds=seconds)
        except FAILURES as failure:
            raise AwsCallError(NO_ANSWER, 0) from failure
        return self._answer(*answer)

    @property
    def _path(self) -> str:
        return f"{urlsplit(self.endpoint).path}/"

    def signed_headers(self, operation: str, body: bytes) -> dict[str, str]:
        """Return the headers of the request for ``operation``, signed as of now.

        Raises:
            AwsCallError: there are no credentials in the environment.
        """
        credentials = environment_credentials()
        if credentials is None:
            raise AwsCallError("MissingAuthenticationToken", 0)
        headers = {
            "content-type": f"application/x-amz-json-{self.version}",
            "host": urlsplit(self.endpoint).netloc,
            "x-amz-target": f"{self.target}.{operation}",
        }
        if self.has_query_errors:
            headers["x-amzn-query-mode"] = "true"
        trace = os.environ.get("_X_AMZN_TRACE_ID")
        if trace and os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
            # Carries a trace on, and lets AWS stop functions that call each other in circles.
            headers["x-amzn-trace-id"] = trace
        return sign(
            headers,
            body,
            path=self._path,
            service=self.name,
            region=self.region,
            credentials=credentials,
            now=time.gmtime(),
        )

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
