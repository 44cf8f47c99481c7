"""Whole shops as a newcomer starts them: real processes, real queues, real deliveries."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx import Client, HTTPTransport, Request, Response

from tests.infra.local.helpers.shop_process import ShopProcess, running

ROOT = Path(__file__).parent.parent.parent
COMMAND = Path(sys.executable).parent / "acme-shop"

#: The user whose id the README's walk-through uses.
ERIC = "5c393a111d41c892ce243829"
PASSWORD = "vmware1!"

_READY = re.compile(r"^Shop ready: (http://\S+)$")
_START_SECONDS = 60
_STOP_SECONDS = 30
_ANSWER_SECONDS = 30


@contextmanager
def running_shop(data_dir: Path, **settings: str) -> Iterator[str]:
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
        [COMMAND, "run"],
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


@pytest.fixture(scope="package")
def enforced_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("enforced")


@pytest.fixture(scope="package")
def enforced_url(enforced_dir: Path) -> Iterator[str]:
    """The address of a shop as `make run` starts it."""
    with running_shop(enforced_dir) as url:
        yield url


@pytest.fixture(scope="package")
def open_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop for old clients: no tokens, the old shop's card rules."""
    folder = tmp_path_factory.mktemp("open")
    with running_shop(folder, AUTH_MODE="0", CARD_RULES="classic") as url:
        yield url


@pytest.fixture(scope="package")
def open_shop_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    """A shop in open mode that waits up to ten seconds for a payment."""
    folder = tmp_path_factory.mktemp("open-process")
    (folder / "project").mkdir()
    with running(
        folder / "project",
        folder / "data",
        AUTH_MODE="0",
        SHOP_DELIVERY_SECONDS="0-1",
        SHOP_PAYMENT_WAIT_SECONDS="10",
    ) as shop:
        yield shop


class RetryingTransport(HTTPTransport):
    """Repeats a request that is answered with 503 and Retry-After, for half a minute.

    On a machine that other tests keep busy a call to AWS may miss its deadline.
    """

    def handle_request(self, request: Request) -> Response:
        answer = super().handle_request(request)
        end = time.monotonic() + _ANSWER_SECONDS
        while answer.status_code == 503 and "Retry-After" in answer.headers:
            if time.monotonic() > end:
                break
            answer.close()
            time.sleep(float(answer.headers["Retry-After"]))
            answer = super().handle_request(request)
        return answer


@pytest.fixture
def shop(enforced_url: str) -> Iterator[Client]:
    with Client(
        base_url=enforced_url, timeout=_ANSWER_SECONDS, transport=RetryingTransport()
    ) as client:
        yield client


@pytest.fixture
def open_shop(open_url: str) -> Iterator[Client]:
    with Client(
        base_url=open_url, timeout=_ANSWER_SECONDS, transport=RetryingTransport()
    ) as client:
        yield client
