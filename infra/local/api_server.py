"""The API's own process: ``python -m infra.local.api_server <socket>``."""

import sys

from infra import topology
from infra.local.loading import load
from infra.local.parent_watchdog import end_with_parent
from infra.local.serving import serve

APPLICATION = "app.main:app"


def main() -> None:
    """Serve the API on the socket whose descriptor is given."""
    end_with_parent()
    timeout = next(each.timeout_seconds for each in topology.FUNCTIONS if each.name == "api")
    serve(load(APPLICATION), int(sys.argv[1]), drain_seconds=timeout, access_log=True)


if __name__ == "__main__":
    main()
