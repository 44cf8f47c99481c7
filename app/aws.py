"""How boto3 clients of the shop behave. Importing this imports botocore."""

import logging
from functools import lru_cache

from botocore.config import Config


@lru_cache(maxsize=1)
def client_config() -> Config:
    """Return short time-outs, so that a stalled service is noticed within a function's own."""
    # At DEBUG botocore writes whole requests down, and one kind of ours carries a card.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
