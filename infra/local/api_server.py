"""The API's own process: ``python -m infra.local.api_server <socket>``."""

import sys

from app.main import app
from infra.local.compression import compressed
from infra.local.parent_watchdog import end_with_parent
from infra.local.serving import serve
from infra.topology import FUNCTIONS


def main() -> None:
    """Serve the API on the socket whose descriptor is given."""
    end_with_parent()
    timeout = next(function.timeout_seconds for function in FUNCTIONS if function.name == "api")
    serve(compressed(app), int(sys.argv[1]), drain_seconds=timeout, access_log=True)


if __name__ == "__main__":
    main()
