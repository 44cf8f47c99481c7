"""Requests as boto3 would send them, to compare with the shop's own."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import patch

import boto3
import botocore.auth
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

REGION = "eu-west-1"
#: When all requests are signed.
NOW = time.struct_time((2026, 11, 29, 12, 30, 1, 6, 333, 0))
_SAME_FOR_BOTOCORE = datetime(*NOW[:6])  # noqa: DTZ001  # As botocore's own clock.
#: Headers that AWS does not need.
_OF_BOTO3_ONLY = ("user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "content-length")


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


class PlainBoto3:
    """boto3 with an answer put in its way; keeps the request it would have sent."""

    def __init__(self, *services: str) -> None:
        """Make clients of some services, with the credentials of the environment."""
        once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
        session = boto3.Session()  # The default one keeps the credentials of earlier tests.
        self._clients: dict[str, Any] = {
            # The choice of services is the caller's.
            name: session.client(name, region_name=REGION, config=once)  # type: ignore[call-overload]
            for name in services
        }
        for name, client in self._clients.items():
            client.meta.events.register(f"before-send.{name}", self._before_send)
        self.request: Any = None
        self._given: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")

    def _before_send(self, request: Any, **_: Any) -> AWSResponse:
        self.request = request
        status, headers, body = self._given
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Raw(body))

    def call(
        self, service: str, operation: str, parameters: Any, given: tuple[int, Any, bytes]
    ) -> dict[str, Any]:
        """Return what boto3 makes of the answer ``given``: status, headers and body."""
        self._given = given
        client = self._clients[service]
        with patch.object(botocore.auth, "get_current_datetime", lambda: _SAME_FOR_BOTOCORE):
            answer: dict[str, Any] = client._make_api_call(operation, parameters)
        answer.pop("ResponseMetadata")
        return answer

    def headers(self) -> dict[str, str]:
        """Return the headers of the last request, as far as they matter, and its host."""
        found = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in self.request.headers.items()
        }
        found["host"] = self.request.url.split("/")[2]
        return {name: value for name, value in found.items() if name not in _OF_BOTO3_ONLY}
