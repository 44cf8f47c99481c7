"""Kept connections: used again, replaced when the other side has closed them, and over TLS."""

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Protocol

import botocore
import pytest

from app.http_connections import Connections


class _Server(ThreadingHTTPServer):
    """Echoes what is posted; closes connections after an answer without saying so, if told to."""

    daemon_threads = True

    def __init__(self) -> None:
        self.connections = 0
        self.closes = False
        self.says_close = False
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that do not trust the certificate hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Path", self.path)
        self.send_header("Content-Length", str(len(body)))
        if self.server.says_close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or self.server.closes


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as serving:
        Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield serving
        serving.shutdown()


class Connect(Protocol):
    """Makes connections to the server."""

    def __call__(self, certificates: Path | None = None) -> Connections:
        """Return connections, over TLS if there is a file of trusted certificates."""


@pytest.fixture
def connect(server: _Server) -> Connect:
    def _connect(certificates: Path | None = None) -> Connections:
        scheme = "http" if certificates is None else "https"
        return Connections(
            f"{scheme}://127.0.0.1:{server.server_port}",
            certificates=str(certificates),
            most_kept=1,
            connect_seconds=5,
        )

    return _connect


def test_an_answer_is_whole_and_the_next_call_uses_its_connection(
    server: _Server, connect: Connect
) -> None:
    connections = connect()

    for body in (b"", b"one", b"x" * 300_000):
        answer = connections.post("/a", body, {"X-Any": "1"}, seconds=5)
        assert (answer.status, answer.headers["x-path"], answer.data) == (200, "/a", body)
    assert server.connections == 1


@pytest.mark.parametrize("says_close", [False, True])
def test_a_connection_that_was_closed_in_between_is_not_used(
    server: _Server, connect: Connect, *, says_close: bool
) -> None:
    server.closes, server.says_close = not says_close, says_close
    connections = connect()

    for _ in range(3):
        assert connections.post("/", b"a", {}, seconds=5).data == b"a"
        for kept in connections._kept:
            # Ends with the other side's end.
            assert kept.sock.recv(1) == b""


def test_callers_at_once_have_connections_of_their_own(connect: Connect) -> None:
    connections = connect()
    first, second = connections._take(), connections._take()

    for connection in (first, second):
        connection.request("POST", "/", b"a")
        connection.getresponse().read()
        connections._keep(connection)

    # No more are kept than there may be.
    assert connections._kept == [first]
    assert second.sock is None


def test_over_tls_only_a_host_whose_certificate_is_trusted_is_told_anything(
    server: _Server, connect: Connect, certificate: tuple[Path, Path]
) -> None:
    trusted, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)

    connections = connect(trusted)
    for _ in range(2):
        assert connections.post("/", b"a", {}, seconds=5).data == b"a"
    assert server.connections == 1
    authorities = Path(botocore.__file__).with_name("cacert.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(authorities).post("/", b"a", {}, seconds=5)
