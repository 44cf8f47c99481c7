"""``make load``: shoppers who check every answer, on a shop of its own or on yours.

Each has an account, fills a cart in two tabs, buys, repeats the order under its key, and
compares every answer with what must be true. Locust runs them and writes a report as HTML.
Ends with 0 for a shop without fault, 1 where an answer was wrong, 3 where nothing was bought;
Ctrl-C ends early with the same.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_READY = re.compile(r"^Shop ready: (http://\S+)$", re.MULTILINE)
_STOP_SECONDS = 30
#: New shoppers a second: 60 of them have arrived after 12 seconds.
_ARRIVALS = 5


@contextmanager
def own_shop() -> Iterator[str]:
    """Run a shop with data of its own; what is yielded is its address."""
    with tempfile.TemporaryDirectory(prefix="acme-shop-load-") as folder:
        environment = {
            **os.environ,
            "PORT": "0",
            "SHOP_DATA_DIR": f"{folder}/data",
            "SHOP_DELIVERY_SECONDS": "1-10",
            # All shoppers come from one address.
            "REGISTRATIONS": "100000",
        }
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli.main", "run"],
                cwd=_ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                # In a session of its own, so that Ctrl-C reaches the shoppers first.
                start_new_session=True,
            )
        try:
            yield _address(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return where a shop is, once it says so."""
    while process.poll() is None:
        if found := _READY.search(log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.1)
    raise SystemExit(f"The shop does not start:\n{log.read_text(encoding='utf-8')}")


def run_locust(python: Path, url: str, options: argparse.Namespace) -> int:
    """Let the shoppers in, and return the exit code that judges the shop."""
    options.report.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(python),
        *("-m", "locust", "--headless", "--locustfile", "infra/load/locustfile.py"),
        *("--host", url.rstrip("/"), "--users", str(options.users)),
        *("--spawn-rate", str(max(_ARRIVALS, options.users / 10))),
        *("--run-time", f"{options.seconds}s", "--stop-timeout", "30"),
        *(
            "--html",
            str(options.report),
            "--only-summary",
            "--loglevel",
            "WARNING",
        ),
    ]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "LOAD_SEED": str(options.seed)}
    process = subprocess.Popen(command, cwd=_ROOT, env=environment)  # noqa: S603 - no shell
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # Locust has got it, too: it stops the shoppers, and says what they found.
            continue
        print(f"Report: {options.report}")  # noqa: T201 - the end of a command
        return code


def main() -> int:
    """Run shoppers, and return what to exit with."""
    parser = argparse.ArgumentParser(
        prog="make load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=50, help="shoppers at a time (50)")
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument("--url", default="", help="a shop that runs; without it, one is started")
    parser.add_argument("--seed", type=int, default=0, help="which things the shoppers do (0)")
    parser.add_argument(
        "--report", type=Path, default=Path("build/load/report.html"), help="where it is written"
    )
    parser.add_argument("--python", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.users < 1 or options.seconds < 1:
        parser.error("users and seconds must be at least 1")
    if options.url:
        return run_locust(options.python, options.url, options)
    with own_shop() as url:
        return run_locust(options.python, url, options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped before the shoppers came.")
