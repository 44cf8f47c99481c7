"""Deployed stacks for the gates to look at."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.local.environment import REGION
from infra.topology import FUNCTIONS, function_name
from infra.verify.target import Target

ROOT = Path(__file__).parents[3]


def deployed(emulator: Emulator) -> str:
    """Deploy a whole stack whose functions do not run, and return its name."""
    stack = f"v{uuid4().hex[:12]}"
    urls = {function.name: "http://127.0.0.1:1" for function in FUNCTIONS}
    deploy(emulator.endpoint_url, stack=stack, function_urls=urls, clients=clients_of(emulator))
    return stack


def clients_of(emulator: Emulator) -> Clients:
    """Return what makes clients of an emulator."""
    return _clients(emulator.endpoint_url)


@cache
def _clients(endpoint_url: str) -> Clients:
    return Clients(endpoint_url, REGION)


def publish(functions: Any, stack: str, *, release: str, **settings: str) -> dict[str, str]:
    """Publish a version of every function that runs ``release``; return them by AWS name.

    ``settings`` are more variables of their environment.
    """
    versions = {}
    for function in FUNCTIONS:
        name = function_name(stack, function.name)
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {"VERSION": release, **settings}}
        )
        versions[name] = functions.publish_version(FunctionName=name)["Version"]
    return versions


def target_of(stack: str, *, stage: str = "live", url: str = "", is_local: bool = False) -> Target:
    """Return a target that was deployed half an hour ago."""
    return Target(
        stage=stage,
        is_local=is_local,
        url=url,
        region=REGION,
        stack=stack,
        root=ROOT,
        since=datetime.now(UTC) - timedelta(minutes=30),
    )
