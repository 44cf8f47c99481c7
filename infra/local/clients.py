"""AWS clients for an emulator, made by botocore."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from infra.local.environment import CREDENTIALS


class _Loader(Loader):
    """Loads the models of the services that are asked for, without a look at all others.

    Botocore looks twice into every folder of its 400 services before it loads one, which takes
    most of the time of the first client.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        """Return the services there are; a model that is missing is noticed when it is loaded."""
        return [path.name for path in (Path(botocore.__file__).parent / "data").iterdir()]


@cache
def _loader() -> _Loader:
    return _Loader()


class Clients:
    """Makes clients of one emulator; nothing of the user's AWS setup is read."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        """Use the emulator at ``endpoint_url``, which need not be up yet."""
        # Session variables that ignore the environment: the user's AWS_PROFILE, which may
        # be missing or wrong, is not read.
        self._session = Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        self._session.register_component("data_loader", _loader())
        self._session.set_credentials(
            CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        )
        self._region = region
        self._endpoint_url = endpoint_url
        self._config = Config(
            proxies={}, connect_timeout=5, read_timeout=20, retries={"max_attempts": 2}
        )
        self._made: dict[str, Any] = {}

    def __call__(self, service: Any) -> Any:
        """Return the client for one service; its type is the caller's annotation."""
        if service not in self._made:
            self._made[service] = self._session.create_client(
                service,
                region_name=self._region,
                endpoint_url=self._endpoint_url,
                config=self._config,
                verify=False,
            )
        return self._made[service]
