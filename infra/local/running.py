"""Finding the shop that runs on this machine, for the other commands."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from infra.local.data_folder import data_path, is_locked
from infra.local.environment import aws_environment
from infra.local.errors import NotRunningError


@dataclass(frozen=True)
class RunningShop:
    """Where a running shop is reached; ``environment`` holds the settings of its stack."""

    pid: int
    url: str
    endpoint_url: str
    environment: dict[str, str]


def running_shop(data_dir: Path | None = None) -> RunningShop:
    """Return the shop that is ready on a data folder, by default on the usual one.

    Raises:
        NotRunningError: there is none, or it is not ready yet.
    """
    path = data_path() if data_dir is None else data_dir
    try:
        facts = json.loads((path / "shop.json").read_text(encoding="utf-8"))
        shop = RunningShop(**facts)
    except (OSError, ValueError, TypeError):
        shop = None
    # The file of a shop that was killed is still there; its lock is not.
    if shop is None or not is_locked(path):
        raise NotRunningError(f"No shop is running on {path}; start one with `make run`.")
    return shop


def apply_environment(data_dir: Path | None = None) -> RunningShop:
    """Make this process speak to the running shop and return it.

    Raises:
        NotRunningError: there is none.
    """
    shop = running_shop(data_dir)
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(shop.environment)
    os.environ.update(aws_environment(shop.endpoint_url, shop.environment["REGION"]))
    return shop
