"""The API's own process: ``python -m infra.local.api_server <socket> [collector]``.

With the address of the local collector of traces it has ``/dev/orders``, too.
"""

import sys

from starlette.types import ASGIApp

from app.main import app
from infra.local.compression import compressed
from infra.local.http_protocol import ShopProtocol
from infra.local.parent_watchdog import end_with_parent
from infra.local.serving import serve
from infra.topology import FUNCTIONS


def main() -> None:
    """Serve the API on the socket whose descriptor is given."""
    end_with_parent()
    timeout = next(function.timeout_seconds for function in FUNCTIONS if function.name == "api")
    serve(
        compressed(_served(sys.argv[2:])),
        int(sys.argv[1]),
        drain_seconds=timeout,
        access_log=True,
        protocol=ShopProtocol,
    )


def _served(collectors: list[str]) -> ASGIApp:
    if not collectors:
        return app
    from infra.local.traces.pages import DevPages  # noqa: PLC0415  # Few shops are without it.

    return DevPages(app, *collectors)


if __name__ == "__main__":
    main()
