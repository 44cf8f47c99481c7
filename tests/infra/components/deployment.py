"""What the infrastructure program makes for stacks like the ones in tests."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pulumi.runtime import Mocks
from pulumi.runtime.proto.source_pb2 import StackTrace

from infra.components.alarms import Alarm, Alarms
from infra.components.resource_graph import ACCOUNT, REGION, AwsMocks, Deployment, run_program
from infra.components.static_site import PublishedFile, published_files

ROOT = Path(__file__).parents[3]
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dev-acmeserverless:4f2a9c1"
TAGS = {"author": "eric", "feature": "acmeserverless", "team": "fitness", "version": "1.0.0"}


def deploy(
    stack: str = "dev",
    *,
    region: str = REGION,
    all_pages: bool = False,
    all_alarms: bool = False,
    **config: Any,
) -> Deployment:
    """Return what the program makes for a stack; see :func:`deploy_with`.

    It is made once for each configuration, and tests only look at it. More than half of what a
    stack has are its pages, and a third of the rest its alarms; all of them are there only with
    ``all_pages`` and ``all_alarms``.
    """
    described = json.dumps(config, sort_keys=True)
    return _deployed(stack, region, described, all_pages=all_pages, all_alarms=all_alarms)


@cache
def _deployed(
    stack: str, region: str, config: str, *, all_pages: bool, all_alarms: bool
) -> Deployment:
    with (
        nullcontext() if all_pages else a_few_pages(),
        nullcontext() if all_alarms else a_few_alarms(),
    ):
        return deploy_with(AwsMocks, stack, region=region, **json.loads(config))


def a_few_pages() -> AbstractContextManager[Any]:
    """Let stacks that are made in the block have four pages only."""

    def few() -> Iterator[PublishedFile]:
        return islice(published_files(), 4)

    return patch("infra.components.static_site.published_files", few)


def a_few_alarms() -> AbstractContextManager[Any]:
    """Let stacks that are made in the block have two alarms only, and one that ends a release."""

    def few(*args: Any, definitions: Sequence[Alarm], **rest: Any) -> Alarms:
        ending = [definition for definition in definitions if definition.ends_release]
        return Alarms(*args, definitions=[*definitions[:2], *ending[:1]], **rest)

    return patch("infra.components.alarms.Alarms", few)


def no_stack_traces() -> AbstractContextManager[Any]:
    """Make resources in the block without a note on where in the program each is made."""
    return patch("pulumi.runtime.resource._get_stack_trace", StackTrace)


def deploy_with(
    mocks: Callable[[Deployment], Mocks], /, stack: str, *, region: str = REGION, **config: Any
) -> Deployment:
    """Return what the program makes for a stack, with the stand-ins that ``mocks`` returns.

    ``dynamodb`` and ``tags`` are what is below these keys of ``awsconfig``; all others are
    below ``generic``. What is set to ``None`` is left out. ``outputs_before`` are the outputs
    of the stack's last deployment, ``live_settings`` the environment of its functions.
    """
    before = {name: config.pop(name, {}) for name in ("outputs_before", "live_settings")}
    dynamodb, tags = config.pop("dynamodb", {}), config.pop("tags", TAGS)
    generic = {"image": IMAGE, "stage": "dev", **config}
    generic = {key: value for key, value in generic.items() if value is not None}
    parts = {"dynamodb": dynamodb, "generic": generic, "tags": tags}
    values = {f"awsconfig:{key}": json.dumps(part) for key, part in parts.items() if part}
    values |= {"aws:region": region} if region else {}
    with no_stack_traces():
        return run_program(stack, values, mocks, **before)
