"""AWS clients for the gates, and one error for every source that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import httpx
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import ShopError, StoreUnavailableError

#: Repeats what AWS throttles, and gives up soon enough for a person at a terminal.
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"total_max_attempts": 5, "mode": "standard"},
)


_SESSION_LOCK = Lock()


class SourceUnreachableError(ShopError):
    """A source gave no answer to judge by; the text says which and why, and no secret."""


def aws_client(service: Any, region: str) -> Any:
    """Return a boto3 client; the caller says which type it expects.

    Credentials and ``AWS_ENDPOINT_URL`` come from the environment, so that the same question
    is asked of AWS and of the emulator. All clients come from one session, which remembers
    the descriptions of the services; sessions are not safe on threads, hence the lock.
    """
    with _SESSION_LOCK:
        return _session().client(service, region_name=region, config=_CONFIG)


@cache
def _session() -> Session:
    return Session()


@contextmanager
def translate_errors(source: str) -> Iterator[None]:
    """Turn every failure to get an answer from ``source`` into one error.

    Only the kind of a failure is repeated: its text can hold addresses with credentials.

    Raises:
        SourceUnreachableError: it did not answer, or refused to.
    """
    try:
        yield
    except ClientError as failure:
        code = failure.response.get("Error", {}).get("Code", "unknown")
        raise SourceUnreachableError(f"{source} refuses: {code}") from failure
    except BotoCoreError as failure:
        kind = type(failure).__name__
        raise SourceUnreachableError(f"{source} does not answer: {kind}") from failure
    except StoreUnavailableError as failure:
        raise SourceUnreachableError(f"{source} does not answer: {failure}") from failure
    except httpx.HTTPStatusError as failure:
        status = failure.response.status_code
        raise SourceUnreachableError(f"{source} answers {status}") from failure
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        kind = type(failure).__name__
        raise SourceUnreachableError(f"{source} does not answer: {kind}") from failure
