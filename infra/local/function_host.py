"""One worker's own process: answers the emulator's calls with the real Lambda handler.

``python -m infra.local.function_host <function> <socket> [collector]``. MiniStack posts the
event and expects the handler's answer; what the two agree on is in its ``lambda_svc.py`` ("proxy
mode"). Several calls run side by side, each in a thread, where Lambda would use as many
environments: module-level state of a handler is shared by them here.
"""

import asyncio
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from app.domain.errors import ShopError
from infra.local.parent_watchdog import end_with_parent
from infra.local.serving import serve
from infra.local.traces.messages import MessageReporter
from infra.topology import FUNCTIONS, Function

Message = MutableMapping[str, Any]
Handler = Callable[[Any, "LambdaContext"], Any]

#: More than all mappings of one function may have in flight.
_THREADS = 64


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda tells a handler about the call."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    memory_limit_in_mb: str
    deadline_ms: int
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = ""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the handler may still take."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class FunctionHost:
    """The ASGI application around one handler."""

    def __init__(
        self, function: Function, handler: Handler, reporter: MessageReporter | None = None
    ) -> None:
        """Run ``handler`` with the limits of ``function``; tell ``reporter`` what it is sent."""
        self._function = function
        self._handler = handler
        self._reporter = reporter
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=function.name)

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer GET with the function's name and POST with the handler's answer."""
        if scope["method"] == "POST":
            body = await _read(receive)
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            status, answer = await self._invoke(body, headers)
        else:
            status, answer = 200, json.dumps({"function": self._function.name})
        payload = answer.encode()
        head = [(b"content-type", b"application/json")]
        head.append((b"content-length", str(len(payload)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": payload})

    async def _invoke(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        seconds = self._function.timeout_seconds
        now_ms = int(time.time() * 1000)
        context = LambdaContext(
            aws_request_id=headers.get("x-amzn-lambda-request-id") or str(uuid4()),
            invoked_function_arn=headers.get("x-amzn-lambda-function-arn", ""),
            function_name=headers.get("x-amzn-lambda-function-name", self._function.name),
            memory_limit_in_mb=str(self._function.memory_mb),
            deadline_ms=int(headers.get("x-amzn-lambda-deadline-ms") or now_ms + seconds * 1000),
        )
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._threads, self._run, body, context)
        try:
            return 200, await asyncio.wait_for(call, context.get_remaining_time_in_millis() / 1000)
        except TimeoutError:
            # The thread goes on: only a whole process can be ended, and others share it.
            text = f"Task timed out after {seconds}.00 seconds"
            sys.stderr.write(f"{context.aws_request_id} {text}\n")
            return _failure("Sandbox.Timedout", text)
        except Exception as failure:  # noqa: BLE001  # Whatever a handler raises is its answer.
            if isinstance(failure, ShopError):
                # An expected error: its text says what is wrong, and a traceback would hide it.
                sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
            else:
                traceback.print_exception(failure)
            return _failure(type(failure).__name__, str(failure))

    def _run(self, body: bytes, context: LambdaContext) -> str:
        event = json.loads(body)
        try:
            return json.dumps(self._handler(event, context))
        finally:
            if self._reporter:
                self._reporter.report(event)


async def _read(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _failure(kind: str, text: str) -> tuple[int, str]:
    return 500, json.dumps({"errorMessage": text, "errorType": kind})


def import_handler(function: Function) -> Handler:
    """Return the handler of a function; like Lambda, the topology names it by its dotted path."""
    module, _, name = function.handler.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler


def main() -> None:
    """Serve the function that is named on the socket whose descriptor is given."""
    end_with_parent()
    function = next(function for function in FUNCTIONS if function.name == sys.argv[1])
    reporter = MessageReporter(sys.argv[3]) if sys.argv[3:] else None
    host = FunctionHost(function, import_handler(function), reporter)
    serve(host, int(sys.argv[2]), drain_seconds=function.timeout_seconds)
    os._exit(0)  # Without waiting for a handler that is past its time-out.


if __name__ == "__main__":
    main()
