"""Time-outs and retries of the shop's boto3 clients. Importing this imports botocore."""

import logging
from functools import lru_cache

from botocore.config import Config


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
