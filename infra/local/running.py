"""Finds the shop that runs on this machine, for the other commands."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.data_folder import data_path, is_locked
from infra.local.environment import aws_environment
from infra.local.errors import NotRunningError


@dataclass(frozen=True)
class RunningShop:
    """How to reach a running shop; ``environment`` holds the settings of its stack.

    ``worker_urls`` is where each worker's process answers.
    """

    pid: int
    url: str
    endpoint_url: str
    environment: dict[str, str]
    worker_urls: dict[str, str] = field(default_factory=dict)


def running_shop(data_dir: Path | None = None) -> RunningShop:
    """Return the shop that is ready on a data folder, by default that of ``SHOP_DATA_DIR``.

    Raises:
        NotRunningError: no shop runs on it, or it is not ready yet.
    """
    path = data_path() if data_dir is None else data_dir
    try:
        facts = json.loads((path / "shop.json").read_text(encoding="utf-8"))
        shop = RunningShop(**facts)
    except (OSError, ValueError, TypeError):
        shop = None
    # A shop that was killed leaves its file, but not its lock.
    is_there = is_locked(path)
    if shop is None and is_there:
        raise NotRunningError(
            f"The shop on {path} is still starting, or the disk has no room for it to say where it "
            "is reached. Ask again in some seconds; if that is not enough, make room: it then goes "
            "on by itself."
        )
    if shop is None or not is_there:
        raise NotRunningError(f"No shop is running on {path}; start one with `make run`.")
    return shop


def apply_environment(data_dir: Path | None = None) -> RunningShop:
    """Set this process's environment to that of the running shop, and return the shop.

    Raises:
        NotRunningError: no shop is running.
    """
    shop = running_shop(data_dir)
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(shop.environment)
    os.environ.update(aws_environment(shop.endpoint_url, shop.environment["REGION"]))
    return shop
