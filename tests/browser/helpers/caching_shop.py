"""A shop whose files browsers may use again without asking, if their requests say so.

A page has some forty files, and asking for each of them again is a sixth of the work of
opening it. Profiles that are about something else are spared that: their requests carry
:data:`HEADER` (``new_context(..., reuses_files=True)``). All other answers stay as they are.
Passwords are hashed with hardly any work: the first login of a seeded user is the last slow one.

``python -m tests.browser.helpers.caching_shop run`` is ``acme-shop run`` but for that.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

MODULE = "tests.browser.helpers.caching_shop"
ARGV = (sys.executable, "-m", MODULE, "run")
HEADER = "X-Reuses-Files"

_REUSED = [b"cache-control", b"max-age=3600"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def with_reused_files(app: App) -> App:
    """Return ``app`` with files that stay fresh for an hour, for those who ask for that."""
    wanted = HEADER.lower().encode()

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def send_fresh(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    _REUSED if name.lower() == b"cache-control" else [name, value]
                    for name, value in message["headers"]
                ]
            await send(message)

        is_file = scope["type"] == "http" and scope["path"].startswith("/static/")
        if is_file and any(name == wanted for name, _ in scope["headers"]):
            await app(scope, receive, send_fresh)
        else:
            await app(scope, receive, send)

    return answer


def _serve() -> None:
    """Be the process of the API."""
    # Whoever wants the header needs no shop.
    from infra.local import api_server  # noqa: PLC0415
    from tests.support import password_work  # noqa: PLC0415

    password_work.use(*password_work.LEAST)
    del sys.argv[1]
    api_server.app = with_reused_files(api_server.app)  # type: ignore[attr-defined, assignment]
    api_server.main()


def _run() -> None:
    """Be the command, whose API is started from this module."""
    from infra.cli.main import main  # noqa: PLC0415
    from infra.local import supervisor  # noqa: PLC0415
    from infra.local.environment import python  # noqa: PLC0415

    def started_here(module: str, *arguments: str) -> tuple[str, ...]:
        if module == "infra.local.api_server":
            return python(MODULE, "serve", *arguments)
        return python(module, *arguments)

    supervisor.python = started_here  # type: ignore[attr-defined]
    main()


if __name__ == "__main__":
    _serve() if sys.argv[1] == "serve" else _run()
