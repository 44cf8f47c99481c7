"""What the infrastructure program makes for stacks like the ones in tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi.runtime import Mocks

from infra.components.resource_graph import ACCOUNT, REGION, AwsMocks, Deployment, run_program

ROOT = Path(__file__).parents[3]
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dev-acmeserverless:4f2a9c1"
TAGS = {"author": "eric", "feature": "acmeserverless", "team": "fitness", "version": "1.0.0"}


def deploy(stack: str = "dev", *, region: str = REGION, **config: Any) -> Deployment:
    """Return what the program makes for a stack; see :func:`deploy_with`."""
    return deploy_with(AwsMocks, stack, region=region, **config)


def deploy_with(
    mocks: Callable[[Deployment], Mocks], /, stack: str, *, region: str = REGION, **config: Any
) -> Deployment:
    """Return what the program makes for a stack, with the stand-ins that ``mocks`` returns.

    ``dynamodb`` and ``tags`` are what is below these keys of ``awsconfig``; all others are
    below ``generic``. What is set to ``None`` is left out. ``outputs_before`` are the outputs
    of the stack's last deployment.
    """
    outputs_before = config.pop("outputs_before", {})
    dynamodb, tags = config.pop("dynamodb", {}), config.pop("tags", TAGS)
    generic = {"image": IMAGE, "stage": "dev", **config}
    generic = {key: value for key, value in generic.items() if value is not None}
    parts = {"dynamodb": dynamodb, "generic": generic, "tags": tags}
    values = {f"awsconfig:{key}": json.dumps(part) for key, part in parts.items() if part}
    values |= {"aws:region": region} if region else {}
    return run_program(stack, values, mocks, outputs_before=outputs_before)
