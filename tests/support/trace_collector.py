"""A collector of OpenTelemetry's traces: takes OTLP over HTTP, and reads it as published.

What it gets is parsed by the published protobuf messages, so a form that a real collector would
not understand fails a test.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.tracing import get_exporter

#: How long tests wait for an export; busy machines stop for longer than a call of a function waits.
PATIENT_SECONDS = 30.0

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def parse(body: bytes) -> ExportTraceServiceRequest:
    """Return an export as protobuf; unknown fields and wrong types are errors.

    OTLP writes ids in hexadecimal where protobuf's own JSON form has base64.
    """
    export = ExportTraceServiceRequest()
    json_format.Parse(json.dumps(_with_base64(json.loads(body))), export)
    return export


def _with_base64(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(bytes.fromhex(part)).decode() if name in _IDS else _with_base64(part)
        for name, part in value.items()
    }


def plain(value: Any) -> Any:
    """Return an attribute's value as Python has it."""
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return tuple(plain(part) for part in found.values) if kind == "array_value" else found


class ReceivedSpan:
    """A span as the collector understood it."""

    def __init__(self, span: Any, resource: dict[str, Any]) -> None:
        self.name = span.name
        self.kind = span.kind
        self.trace_id = span.trace_id.hex()
        self.span_id = span.span_id.hex()
        self.parent_id = span.parent_span_id.hex() or None
        self.attributes = {attribute.key: plain(attribute.value) for attribute in span.attributes}
        self.links = [(link.trace_id.hex(), link.span_id.hex()) for link in span.links]
        self.seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
        self.is_error = span.status.code == 2
        self.resource = resource


class Collector:
    """What was sent; ``status`` is how the next requests are answered, after ``hang`` if set."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        #: While it is set, requests wait with their answers.
        self.hang = threading.Event()
        self.go_on = threading.Event()
        #: Whether the connection is cut without a word after each answer.
        self.cuts = False
        self.arrived = threading.Event()

    @property
    def spans(self) -> list[ReceivedSpan]:
        found = []
        for body in self.bodies:
            for group in parse(body).resource_spans:
                resource = {
                    attribute.key: plain(attribute.value) for attribute in group.resource.attributes
                }
                found += [
                    ReceivedSpan(span, resource)
                    for scope in group.scope_spans
                    for span in scope.spans
                ]
        return found


def flush() -> None:
    """Have this process send its spans."""
    if exporter := get_exporter():
        exporter.flush(PATIENT_SECONDS)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Have a collector at ``url`` until the end of the block; this process is patient with it."""
    collector = Collector()

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if collector.hang.is_set():
                collector.go_on.wait(20)
            collector.bodies.append(body)
            collector.headers.append({k.lower(): v for k, v in self.headers.items()})
            collector.paths.append(self.path)
            collector.arrived.set()
            self.send_response(collector.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            self.close_connection = collector.cuts

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # Clients that gave up have closed their connection.

    server = Server(("127.0.0.1", 0), Requests)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_port}"
    try:
        with patch("app.otlp.FLUSH_SECONDS", PATIENT_SECONDS):
            yield collector
    finally:
        collector.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
