"""boto3 clients for an emulator."""

import os
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.session import Session as CoreSession

from infra.local.environment import CREDENTIALS


class Clients:
    """Makes boto3 clients of one emulator; nothing of the user's AWS setup is read."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        """Use the emulator at ``endpoint_url``, which need not be up yet."""
        self._session = Session(
            CREDENTIALS["AWS_ACCESS_KEY_ID"],
            CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
            # Session variables that ignore the environment: the user's AWS_PROFILE, which may
            # be missing or wrong, is not read.
            botocore_session=CoreSession(
                session_vars={
                    "profile": (None, None, None, None),
                    "config_file": (None, None, os.devnull, None),
                    "credentials_file": (None, None, os.devnull, None),
                }
            ),
        )
        self._endpoint_url = endpoint_url
        self._config = Config(
            proxies={}, connect_timeout=5, read_timeout=20, retries={"max_attempts": 2}
        )
        self._made: dict[str, Any] = {}

    def __call__(self, service: Any) -> Any:
        """Return the client for one service; its type is the caller's annotation."""
        if service not in self._made:
            self._made[service] = self._session.client(
                service, endpoint_url=self._endpoint_url, config=self._config, verify=False
            )
        return self._made[service]
