"""The API's own process: ``python -m app.local.api_server <socket>``."""

import sys

from app.local.lifeline import end_with_parent
from app.local.loading import load
from app.local.serving import serve
from infra import topology as stack

APPLICATION = "app.main:app"


def main() -> None:
    """Serve the API on the socket whose descriptor is given."""
    end_with_parent()
    timeout = next(each.timeout_seconds for each in stack.FUNCTIONS if each.name == "api")
    serve(load(APPLICATION), int(sys.argv[1]), drain_seconds=timeout, access_log=True)


if __name__ == "__main__":
    main()
