"""An AWS that refuses every call with one of its codes, spoken as DynamoDB, SQS and others do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

#: Part of every text: names that no log and no answer may show.
PRIVATE = "arn:aws:iam::123456789012:role/secret-role"


@contextmanager
def refusing_aws(
    code: str, *, status: int = 400, text: str = "no", content: str | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield its address, and the operations it was asked for.

    It says ``content``, whatever that is, in place of an error of AWS if there is some.
    """
    asked: list[str] = []

    class Refusal(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["X-Amz-Target"].rpartition(".")[2])
            error = json.dumps({"__type": f"service#{code}", "message": f"{text} {PRIVATE}"})
            body = (error if content is None else content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
