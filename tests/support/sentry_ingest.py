"""A small Sentry: takes envelopes over HTTP, as its ingest endpoint does, and keeps them."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import app.sentry
from app import error_reports
from app.settings import get_settings

KEY = "0a1b2c3d"


@dataclass
class Ingest:
    """What was taken; ``status`` and ``headers`` are answered, or nothing while ``hangs``."""

    dsn: str = ""
    envelopes: list[bytes] = field(default_factory=list)
    asked: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events of all envelopes, each of which is one."""
        found = []
        for envelope in self.envelopes:
            head, item, payload = envelope.split(b"\n")[:3]
            assert json.loads(item)["type"] == "event"
            event = json.loads(payload)
            assert json.loads(head)["event_id"] == event["event_id"]
            found.append(event)
        return found

    def take(self) -> dict[str, Any]:
        """Return the only event there is, and forget it."""
        (event,) = self.events
        self.envelopes.clear()
        return event


@contextmanager
def ingesting() -> Iterator[Ingest]:
    """Serve on a free port of this machine."""
    ingest = Ingest()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ingest.asked += 1
            ingest.arrived.set()
            if ingest.hangs:
                ingest.released.wait(30)
                self.close_connection = True
                return
            if ingest.status == 200:
                assert self.path == "/api/7/envelope/"
                assert f"sentry_key={KEY}" in self.headers["X-Sentry-Auth"]
                ingest.envelopes.append(gzip.decompress(body))
            self.send_response(ingest.status)
            for name, value in ingest.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ingest.dsn = f"http://{KEY}@127.0.0.1:{server.server_port}/7"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield ingest
    finally:
        ingest.released.set()
        server.shutdown()
        server.server_close()
        serving.join()


@contextmanager
def reporting_to(dsn: str, monkeypatch: pytest.MonkeyPatch, **more: str) -> Iterator[None]:
    """Let this process report to ``dsn`` in the block, as a new one would."""
    for name, value in {"SENTRY_DSN": dsn, **more}.items():
        monkeypatch.setenv(name, value)
    _forget()
    try:
        error_reports.collect_errors()
        yield
    finally:
        error_reports.stop_collecting()
        monkeypatch.delenv("SENTRY_DSN")
        _forget()


def _forget() -> None:
    get_settings.cache_clear()
    app.sentry._client.cache_clear()
