"""What the commands say of a local shop whose disk is full."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from app.store.table import get_table
from infra.cli import dead_letters, order, queues, sweep
from infra.cli.incomplete import IncompleteError
from infra.cli.order_evidence import gather
from infra.cli.queue_client import DataUnsavedError
from infra.cli.stacks import StackConnection
from infra.local.emulator_requests import refuse
from infra.orders.explanation import explain
from tests.infra.cli.helpers.dead_letters import NOW, new_order


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackConnection]:
    """The connection to a shop whose emulator reads and saves nothing."""
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(refuse(keep, "No space left on device"))
    start, body = sent

    class Emulator(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"EventSourceMappings": []}')

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(start["status"])
            for name, value in start["headers"]:
                self.send_header(name.decode(), value.decode())
            self.end_headers()
            self.wfile.write(body["body"])

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Emulator)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    # Its clients wait before they try again.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    connection = StackConnection("local", "eu-west-1", {}, f"http://127.0.0.1:{server.server_port}")
    vars(connection)["table"] = get_table()
    for command in (dead_letters, order, queues, sweep):
        monkeypatch.setattr(command, "connect", lambda *_: connection)
    yield connection
    server.shutdown()
    server.server_close()


def test_a_full_disk_is_named_as_the_cause_and_no_restart_is_advised(
    shop: str, full: StackConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order(age=timedelta(hours=1))
    commands: list[Callable[[], None]] = [
        partial(order.command, order_id),
        partial(dead_letters.command, ""),
        queues.command,
        sweep.command,
    ]

    for command in commands:
        with pytest.raises((DataUnsavedError, IncompleteError), match="No space left on device"):
            command()
    printed = capsys.readouterr().out
    found = asyncio.run(gather(full, order_id, now=NOW))
    (told,) = explain(found, now=NOW)

    assert "message   not known: the data cannot be saved" in printed
    assert found.messages is None
    assert told.why.startswith("The shop cannot save its data (No space left on device), so no")
    assert told.next_step.startswith("Make room on the disk of ")
    assert "so do not start it again" in told.next_step
    assert "Ctrl-C" not in printed
