"""Time-outs, retries and credentials of boto3. Importing this imports botocore."""

import logging
from functools import lru_cache

from botocore.config import Config
from botocore.session import Session

from app.aws_signature import Credentials


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
