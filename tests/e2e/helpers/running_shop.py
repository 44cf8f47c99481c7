"""Running a whole shop as a newcomer starts it, and who is in it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND = Path(sys.executable).parent / "acme-shop"
RUN = (str(COMMAND), "run")

#: The user whose id the README's walk-through uses.
ERIC = "5c393a111d41c892ce243829"
PASSWORD = "vmware1!"

_READY = re.compile(r"^Shop ready: (http://\S+)$")
_START_SECONDS = 60
_STOP_SECONDS = 30


@contextmanager
def running_shop(data_dir: Path, *, argv: Sequence[str] = RUN, **settings: str) -> Iterator[str]:
    """Run a shop until the end of the block; its address is what is yielded."""
    environment = {
        **os.environ,
        "PORT": "0",
        "SHOP_DATA_DIR": str(data_dir),
        "SHOP_DELIVERY_SECONDS": "1-2",
        # A machine that is busy takes longer to pay than an answer usually waits.
        "SHOP_PAYMENT_WAIT_SECONDS": "10",
        **settings,
    }
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    address: list[str] = []
    is_ready = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if found := _READY.match(line.rstrip()):
                address.append(found[1])
                is_ready.set()
        is_ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        is_ready.wait(_START_SECONDS)
        assert address, "".join(lines)
        yield address[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)
        reader.join(5)
        assert process.stdout is not None
        process.stdout.close()
