"""Calls to AWS services that speak JSON, without the weight of boto3.

boto3 and one client cost a cold start as much as everything else a worker imports. What the
shop needs of it is a signed POST (``app/aws/signature.py``) on a kept connection
(``app/aws/connections.py``) and a parsed answer, for DynamoDB, SQS and Secrets Manager.
``tests/app/aws/test_json_service.py`` compares requests, signatures and answers with boto3's.

``AWS_CLIENT=boto3`` makes :mod:`app.queues` and :mod:`app.security.signing_keys` use boto3
instead, for machines whose credentials come from a profile or a role.
"""

import asyncio
import json
import os
import random
import time
from binascii import crc32
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, Protocol

from app.aws.connections import AsyncConnections, NoAnswerError, TooManyCallsError
from app.aws.endpoints import certificates, endpoint_of
from app.aws.errors import NO_ANSWER, TOO_MANY_CALLS, AwsCallError
from app.aws.signature import Credentials, environment_credentials, sign

#: Attempts for one call, the first included.
MAX_ATTEMPTS = 3
CONNECT_SECONDS = 1.0
#: The longest pause before the second attempt; it doubles, and the pause is drawn below it.
BACKOFF_SECONDS = 0.1
#: Kept connections to one service. More callers at once open connections that are not kept.
_KEPT_CONNECTIONS = 32
#: Calls of one service at once: more than the api has requests (``routers/overload.py``).
MOST_CALLS = 96


class Reply(NamedTuple):
    """What a service says to one request; ``content`` is empty if it is no JSON object."""

    status: int
    headers: Mapping[bytes, bytes]
    content: dict[str, Any]
    #: Whether the operation was done.
    is_done: bool


class Service(Protocol):
    """A service of AWS; parameters and answers are in the words of its API."""

    async def call(
        self, operation: str, parameters: Mapping[str, Any], *, seconds: float
    ) -> dict[str, Any]:
        """Return what an operation answers within ``seconds``, repeats included.

        Raises:
            AwsCallError: it was refused, or the time ran out; the operation may have been done.
        """


class JsonService:
    """One service at one endpoint; calls may be made side by side, in any event loop.

    ``target`` is the prefix of the service's operations, ``version`` that of its JSON
    protocol. ``has_query_errors`` services once spoke another protocol and still name errors
    in a header of that one when asked to (SQS). The answers of one that ``has_checksums`` are
    compared with them (DynamoDB).
    """

    def __init__(
        self,
        name: str,
        target: str,
        region: str,
        *,
        endpoint: str,
        version: str = "1.1",
        has_query_errors: bool = False,
        has_checksums: bool = False,
        find_credentials: Callable[[], Credentials | None] = environment_credentials,
        connect_seconds: float = CONNECT_SECONDS,
        most_calls: int = MOST_CALLS,
    ) -> None:
        """Prepare the connections; nothing is opened yet."""
        self._name, self._target, self._region = name, target, region
        self._has_checksums, self._find_credentials = has_checksums, find_credentials
        self._connections = AsyncConnections(
            endpoint,
            certificates=certificates(),
            most_kept=_KEPT_CONNECTIONS,
            most_calls=most_calls,
            connect_seconds=connect_seconds,
        )
        self._headers = {
            "content-type": f"application/x-amz-json-{version}",
            "host": self._connections.host,
        }
        if has_query_errors:
            self._headers["x-amzn-query-mode"] = "true"

    async def call(
        self, operation: str, parameters: Mapping[str, Any], *, seconds: float
    ) -> dict[str, Any]:
        """Return what an operation answers within ``seconds``, repeats included.

        Repeats are those of the SDKs' "standard" mode: three attempts, exponential back-off
        with full jitter. A caller that gives up cancels the call, which then ends.

        Raises:
            AwsCallError: it was refused, or the time ran out; the operation may have been done.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                # An answer has all the time that is left: after a time-out for reading, the
                # operation has probably been done, and a repeat would do it twice.
                reply = await self.ask(operation, parameters, seconds=deadline - loop.time())
                if reply.is_done:
                    return reply.content
                raise _refusal(reply)
            except AwsCallError as failure:
                if attempt == MAX_ATTEMPTS or not failure.is_transient:
                    raise
                pause = random.random() * BACKOFF_SECONDS * 2 ** (attempt - 1)  # noqa: S311  # Jitter.
                if loop.time() + pause >= deadline:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError  # pragma: no cover  # The loop returns or raises.

    async def ask(self, operation: str, parameters: Mapping[str, Any], *, seconds: float) -> Reply:
        """Return what the service says to one request, whether it did the operation or not.

        Raises:
            AwsCallError: there are no credentials, or there was no answer within ``seconds``;
                the operation may have been done.
        """
        if seconds <= 0:
            raise AwsCallError(NO_ANSWER, 0)
        body = json.dumps(parameters).encode()
        headers = self.signed_headers(operation, body)
        try:
            answer = await self._connections.post(headers, body, seconds=seconds)
        except TooManyCallsError as failure:
            raise AwsCallError(TOO_MANY_CALLS, 0) from failure
        except NoAnswerError as failure:
            raise AwsCallError(NO_ANSWER, 0) from failure
        status, found, data, ends_with_connection = answer
        checksum = found.get(b"x-amz-crc32") if self._has_checksums else None
        if checksum is not None and checksum != b"%d" % crc32(data):
            # It was changed on its way.
            raise AwsCallError(NO_ANSWER, 0)
        try:
            content = json.loads(data or b"{}")
        except ValueError:
            content = None
        is_object = isinstance(content, dict)
        if status == 200 and ends_with_connection and not (data and is_object):
            # The end of its connection has cut it off.
            raise AwsCallError(NO_ANSWER, 0)
        return Reply(status, found, content if is_object else {}, status == 200 and is_object)

    def close_kept_connections(self) -> None:
        """Let the next calls open connections: an answer was that of another call."""
        self._connections.close_kept()

    def signed_headers(self, operation: str, body: bytes) -> dict[str, str]:
        """Return the headers of the request for ``operation``, signed as of now.

        Raises:
            AwsCallError: there are no credentials, or some that cannot be sent.
        """
        credentials = self._find_credentials()
        if credentials is None:
            raise AwsCallError("MissingAuthenticationToken", 0)
        if not credentials.fits_headers:
            raise AwsCallError("InvalidClientTokenId", 0)
        headers = {**self._headers, "x-amz-target": f"{self._target}.{operation}"}
        trace = os.environ.get("_X_AMZN_TRACE_ID")
        if trace and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            # Carries a trace on, and lets AWS stop functions that call each other in circles.
            headers["x-amzn-trace-id"] = trace
        return sign(
            headers,
            body,
            path=self._connections.path,
            service=self._name,
            region=self._region,
            credentials=credentials,
            now=time.gmtime(),
        )


def _refusal(reply: Reply) -> AwsCallError:
    named = reply.headers.get(b"x-amzn-query-error", b"").decode("latin-1").partition(";")[0]
    named = named or str(reply.content.get("__type") or reply.content.get("code") or "")
    code = named.rpartition("#")[2].partition(":")[0]
    return AwsCallError(code or f"HTTP{reply.status}", reply.status)


def sqs(region: str) -> JsonService:
    """Return this process's client of SQS."""
    return _sqs(region, endpoint_of("sqs", region))


def secrets_manager(region: str) -> JsonService:
    """Return this process's client of Secrets Manager."""
    return _secrets_manager(region, endpoint_of("secretsmanager", region))


@cache
def _sqs(region: str, endpoint: str) -> JsonService:
    return JsonService(
        "sqs", "AmazonSQS", region, endpoint=endpoint, version="1.0", has_query_errors=True
    )


@cache
def _secrets_manager(region: str, endpoint: str) -> JsonService:
    return JsonService("secretsmanager", "secretsmanager", region, endpoint=endpoint)
