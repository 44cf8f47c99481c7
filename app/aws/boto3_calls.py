"""Calls, time-outs, retries and credentials of boto3. Importing this imports botocore."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.session import Session

from app.aws.errors import NO_ANSWER, AwsCallError
from app.aws.signature import Credentials
from app.deadlines import run_in_thread

# boto3's default session is not thread-safe: it must not make two clients at once.
_making = threading.Lock()


@lru_cache(maxsize=1)
def client_config() -> Config:
    """Return time-outs of 1 s to connect and 2 s to read, with three attempts."""
    # At DEBUG botocore logs whole requests, and payment requests carry a card.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )


class Boto3Service:
    """A service that boto3 calls, in a thread each: what ``AWS_CLIENT=boto3`` asks for."""

    def __init__(self, get_client: Callable[[], Any]) -> None:
        """Call through a client that ``get_client`` makes or knows."""
        self._get_client = get_client

    async def call(
        self, operation: str, parameters: Mapping[str, Any], *, seconds: float
    ) -> dict[str, Any]:
        """Return what an operation answers within ``seconds``.

        The thread of a call that missed them goes on, and its result is dropped.

        Raises:
            AwsCallError: the time ran out, or no thread is free.
            BotoCoreError, ClientError: boto3 says so.
        """
        silent = AwsCallError(NO_ANSWER, 0)
        try:
            async with asyncio.timeout(seconds):
                return await run_in_thread(
                    partial(self._blocking_call, operation, parameters), error=silent
                )
        except TimeoutError as failure:
            raise silent from failure

    def _blocking_call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        with _making:
            client = self._get_client()
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer


@lru_cache(maxsize=1)
def _session() -> Session:
    return Session()


def chain_credentials() -> Credentials | None:
    """Return the credentials of a profile, a role or wherever else boto3 looks; None without any.

    Those that end are renewed, for which this may wait for another host.
    """
    found = _session().get_credentials()
    if found is None:
        return None
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)
