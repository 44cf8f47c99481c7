"""A meter between the shop and the emulator: it forwards every call and counts its units.

The emulator is right about what writes and single reads consume, its indexes included. What a
query or a batch reads it does not know, so that is computed from the sizes of the items as
DynamoDB's documentation describes.
"""

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from infra.cost.units import Units
from infra.item_sizes import item_size

_READ_BLOCK = 4096
_TIMEOUT_SECONDS = 30

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_HOP_HEADERS = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def _read_units(size_bytes: int, *, is_consistent: bool) -> float:
    return max(1, math.ceil(size_bytes / _READ_BLOCK)) * (1.0 if is_consistent else 0.5)


def meter_call(operation: str, asked: dict[str, Any], answer: dict[str, Any]) -> Units:
    """Return what one call (``DynamoDB_20120810.Query``) to the emulator used."""
    service, _, name = operation.partition(".")
    if service == "AmazonSQS":
        return Units(queue_requests=1)
    if name == "Query":
        size = sum(map(item_size, answer.get("Items", [])))
        return Units(read_units=_read_units(size, is_consistent=asked.get("ConsistentRead", False)))
    if name == "BatchGetItem":
        return Units(read_units=sum(_batch_units(asked, answer)))
    consumed = answer.get("ConsumedCapacity") or {}
    several = consumed if isinstance(consumed, list) else [consumed]
    total = sum(table.get("CapacityUnits", 0.0) for table in several)
    return Units(write_units=total) if name in _WRITES else Units(read_units=total)


def _batch_units(asked: dict[str, Any], answer: dict[str, Any]) -> Iterator[float]:
    """Yield the units of each item of a batch; one that is not there is read too."""
    for table, request in asked["RequestItems"].items():
        is_consistent = request.get("ConsistentRead", False)
        found = answer.get("Responses", {}).get(table, [])
        for item in found:
            yield _read_units(item_size(item), is_consistent=is_consistent)
        for _ in range(len(request["Keys"]) - len(found)):
            yield _read_units(0, is_consistent=is_consistent)


@dataclass(frozen=True)
class Reading:
    """What a meter has counted: units, calls, and the processor time of the meter itself."""

    units: Units = field(default_factory=Units)
    calls: int = 0
    cpu_seconds: float = 0.0


class Meter:
    """What has been used since the last look; ``url`` is where clients are to go."""

    def __init__(self, url: str) -> None:
        """Count from zero."""
        self.url = url
        self._lock = threading.Lock()
        self._reading = Reading()

    def add(self, units: Units, *, cpu_seconds: float) -> None:
        """Count one more call."""
        with self._lock:
            so_far = self._reading
            self._reading = Reading(
                so_far.units + units, so_far.calls + 1, so_far.cpu_seconds + cpu_seconds
            )

    def take(self) -> Reading:
        """Return what was counted so far, and start again from zero."""
        with self._lock:
            taken, self._reading = self._reading, Reading()
            return taken


@contextmanager
def metering(endpoint_url: str) -> Iterator[Meter]:
    """Have a meter in front of the emulator at ``endpoint_url`` until the end of the block."""
    address = urlsplit(endpoint_url)

    class Forwarding(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # The name is http.server's.
            begun = time.thread_time()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = self.headers.get("X-Amz-Target", "")
            asked = json.loads(body or b"{}")
            if operation.startswith("DynamoDB"):
                body = json.dumps({**asked, "ReturnConsumedCapacity": "INDEXES"}).encode()
            connection = HTTPConnection(
                address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS
            )
            try:
                connection.request("POST", self.path, body, self._passed_on())
                answer = connection.getresponse()
                said = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {*_HOP_HEADERS, "x-amz-crc32"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            units = meter_call(operation, asked, json.loads(said or b"{}"))
            # Counted before the answer is sent, so that its reader finds it counted.
            meter.add(units, cpu_seconds=time.thread_time() - begun)
            self.wfile.write(said)

        def _passed_on(self) -> dict[str, str]:
            kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_HEADERS}
            return {**kept, "Host": address.netloc}

        def log_message(self, *_: Any) -> None:
            """Keep quiet: requests can carry a card."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarding)
    server.daemon_threads = True
    meter = Meter(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield meter
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
