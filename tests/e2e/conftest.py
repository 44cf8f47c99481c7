"""Whole shops as a newcomer starts them: real processes, real queues, real deliveries."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client, HTTPTransport, Request, Response

from tests.e2e.helpers.running_shop import running_shop
from tests.infra.local.helpers.shop_process import ShopProcess, running
from tests.support.documented import undeclared

_ANSWER_SECONDS = 30


def check_documented(answer: Response) -> None:
    """Fail for an answer that the API document does not declare."""
    answer.read()
    assert undeclared(answer) is None


DOCUMENTED = {"response": [check_documented]}


@pytest.fixture(scope="package")
def enforced_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("enforced")


@pytest.fixture(scope="package")
def enforced_url(enforced_dir: Path) -> Iterator[str]:
    """The address of a shop as `make run` starts it."""
    with running_shop(enforced_dir) as url:
        yield url


@pytest.fixture(scope="package")
def open_shop_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    """A shop for old clients: no tokens, the old shop's card rules, ten seconds for a payment."""
    folder = tmp_path_factory.mktemp("open-process")
    (folder / "project").mkdir()
    with running(
        folder / "project",
        folder / "data",
        AUTH_MODE="0",
        CARD_RULES="classic",
        SHOP_DELIVERY_SECONDS="0-1",
        SHOP_PAYMENT_WAIT_SECONDS="10",
    ) as shop:
        yield shop


@pytest.fixture(scope="package")
def open_url(open_shop_process: ShopProcess) -> str:
    return open_shop_process.url


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
        base_url=enforced_url,
        timeout=_ANSWER_SECONDS,
        transport=RetryingTransport(),
        event_hooks=DOCUMENTED,
    ) as client:
        yield client


@pytest.fixture
def open_shop(open_url: str) -> Iterator[Client]:
    with Client(
        base_url=open_url,
        timeout=_ANSWER_SECONDS,
        transport=RetryingTransport(),
        event_hooks=DOCUMENTED,
    ) as client:
        yield client
