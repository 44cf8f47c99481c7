"""The local shop's collector of traces: OTLP over HTTP in, the orders' spans out.

It listens on loopback in a thread of the shop's own process.
"""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local.sockets import listen, url_of
from infra.local.traces.store import TraceStore

#: An export is far smaller; nothing else may fill the memory.
_MAX_BODY = 4_000_000

#: Orders in the list; DynamoDB reads the items of as many in one call.
_LISTED = 100


class Collector:
    """A running collector; ``url`` is what ``OTEL_EXPORTER_OTLP_ENDPOINT`` says."""

    def __init__(self) -> None:
        """Begin to listen on a free port."""
        self.store = TraceStore()
        listener = listen()
        self.url = url_of(listener)
        self._server = _Server(listener, self.store)
        threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, store: TraceStore) -> None:
        super().__init__(listener.getsockname()[:2], _Requests, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.store = store

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a process that was stopped leaves half a request."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Take an export; one that cannot be read is 400."""
        store = self.server.store
        take = {"/v1/traces": store.add_spans, "/v1/logs": store.add_messages}.get(self.path)
        length = self.headers.get("Content-Length", "")
        if take is None or not length.isdecimal() or int(length) > _MAX_BODY:
            self.close_connection = True
            self._answer(404 if take is None else 413, {})
            return
        body = self.rfile.read(int(length))
        try:
            take(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._answer(400, {})
            return
        self._answer(200, {})

    def do_GET(self) -> None:
        """Answer ``/orders`` and ``/orders/<id>``; without content if nothing is new."""
        store = self.server.store
        address = urlsplit(self.path)
        version = store.version
        if parse_qs(address.query).get("version") == [str(version)]:
            self._answer(200, {"version": version})
        elif address.path == "/orders":
            self._answer(200, {"version": version, "orders": store.list_orders(_LISTED)})
        else:
            found = store.find_order(address.path.rpartition("/")[2])
            self._answer(404 if found is None else 200, {"version": version, **(found or {})})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # The base's name.
        """Log nothing."""
