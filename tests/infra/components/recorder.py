"""A proxy in front of an AWS emulator that records who called what on which resource.

A request names its caller by access key, and the key's credential scope names the service;
the action is in a header or in the path, the resource in the body. That is all IAM looks at.
"""

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from infra.local.deploy_data import ACCOUNT
from infra.local.emulator_permissions import PARTS_OF_TRANSACTIONS, leading_keys

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
#: Batches of these services have none either.
_SINGLE = re.compile(r"(?P<single>(?:Send|Delete)Message|ChangeMessageVisibility)Batch")


@dataclass(frozen=True)
class Call:
    """One permission that a call needed; ``was_refused`` if the caller did not have it."""

    access_key: str
    action: str
    resource: str
    was_refused: bool


def _needed(
    scope: Mapping[str, str], target: str, path: str, body: Any
) -> Iterator[tuple[str, str]]:
    """Yield the actions and the resources IAM looks for in one request."""
    service, operation = scope["service"], target.rpartition(".")[2]
    prefix = f"arn:aws:{service}:{scope['region']}:{ACCOUNT}:"
    if service == "dynamodb":
        for action, table in _needed_of_table(operation, body):
            yield action, f"{prefix}table/{table}"
    elif service == "sqs":
        batch = _SINGLE.fullmatch(operation)
        yield batch["single"] if batch else operation, prefix + body["QueueUrl"].rpartition("/")[2]
    elif service == "secretsmanager":
        yield operation, body["SecretId"]
    elif service == "logs":
        # What a policy calls the streams of a group.
        yield operation, f"{prefix}log-group:{body['logGroupName']}:*"
    elif invoked := _INVOKE.fullmatch(path):
        yield "InvokeFunction", unquote(invoked["function"])
    else:
        yield operation or path, "?"


def _needed_of_table(operation: str, body: Any) -> Iterator[tuple[str, str]]:
    """Yield actions and tables, or indexes, with the items they name, of a call to DynamoDB."""
    named = list(leading_keys(body))
    for part, table, key in named:
        items = f"{key.partition('#')[0]}#*"
        yield PARTS_OF_TRANSACTIONS.get(part, operation), f"{table} {items}"
    if not named:
        yield operation, body["TableName"]


class Recorder:
    """Passes everything on to an emulator and keeps a list of calls; use it in a ``with``."""

    def __init__(self, endpoint_url: str) -> None:
        """Stand in front of the emulator at ``endpoint_url``."""
        self.emulator = urlsplit(endpoint_url)
        self.calls: list[Call] = []
        self._server = _Server(self)
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint_url(self) -> str:
        """Return the address of the door."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Open the door."""
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    def write_down(self, headers: Message, path: str, body: bytes, *, was_refused: bool) -> None:
        """Keep what one request needed permission for."""
        scope = _SCOPE.search(headers.get("Authorization", ""))
        assert scope, f"the request for {path} is not signed"
        target = headers.get("X-Amz-Target", "")
        content = json.loads(body or b"{}") if target else {}
        for action, resource in _needed(scope.groupdict(), target, urlsplit(path).path, content):
            self.calls.append(
                Call(scope["key"], f"{scope['service']}:{action}", resource, was_refused)
            )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        super().__init__(("127.0.0.1", 0), _Requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about processes that are killed in the middle of a request only."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Requests(BaseHTTPRequestHandler):
    """One connection of a client, and one to the emulator for it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Connect to the emulator."""
        super().setup()
        there = self.server.recorder.emulator
        self._emulator = HTTPConnection(there.hostname or "", there.port, timeout=30)

    def finish(self) -> None:
        """Leave both connections."""
        self._emulator.close()
        super().finish()

    def do_POST(self) -> None:
        """Pass a request on, write it down, and pass the answer back."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._emulator.request(self.command, self.path, body, dict(self.headers))
        answer = self._emulator.getresponse()
        content = answer.read()
        was_refused = answer.status >= 400 and b"AccessDenied" in content
        self.server.recorder.write_down(self.headers, self.path, body, was_refused=was_refused)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""
