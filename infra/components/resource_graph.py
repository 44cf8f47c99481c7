"""``python -m infra.components.resource_graph``: what the program would make, as JSON.

AWS is not asked.

The program runs with stand-ins that answer what AWS would compute. Tests look at the result,
and ``acme-shop verify`` does, before anything is deployed.
"""

import argparse
import asyncio
import gc
import json
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pulumi
import yaml  # type: ignore[import-untyped]
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_root_resource

from infra.components.permissions import items_of
from infra.topology import LIVE_ALIAS

INFRA = Path(__file__).parents[1]
PROJECT = "acme-serverless-fitness-shop"
ACCOUNT = "123456789012"
REGION = "eu-west-1"

#: How AWS would name things; ARNs of other types are not looked at.
_ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{id}",
    "aws:lambda/alias:Alias": "arn:aws:lambda:{region}:{account}:function:{function}:{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:secretsmanager/secret:Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{bucket}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class PlannedResource:
    """One AWS resource: what the program asked for, and its ARN."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    id: str
    arn: str

    def __getitem__(self, key: str) -> Any:
        """Return one of the inputs."""
        return self.inputs[key]

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment of a function; a secret among it hides all of it."""
        environment = self.inputs["environment"]
        found: dict[str, str] = environment.get("value", environment)["variables"]
        return found

    def document(self, key: str) -> dict[str, Any]:
        """Return an input that is JSON text."""
        parsed: dict[str, Any] = json.loads(self.inputs[key])
        return parsed


@dataclass
class Deployment:
    """Everything one run of the program made.

    ``outputs_before`` are the outputs of the stack's last deployment, ``urns`` those of all
    resources and components, and ``protected`` those that Pulumi would refuse to delete.
    """

    resources: list[PlannedResource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    outputs_before: Mapping[str, Any] = field(default_factory=dict)
    #: The environment of each function that is live before.
    live_settings: Mapping[str, str] = field(default_factory=dict)
    urns: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)

    def all(self, kind: str) -> dict[str, PlannedResource]:
        """Return the resources whose type ends in ``kind``, by their name in the program."""
        return {made.name: made for made in self.resources if made.type.endswith(f":{kind}")}

    def one(self, kind: str) -> PlannedResource:
        """Return the only resource whose type ends in ``kind``."""
        (made,) = self.all(kind).values()
        return made

    def by_arn(self, arn: str) -> PlannedResource:
        """Return the resource that has ``arn``."""
        (made,) = (made for made in self.resources if made.arn == arn)
        return made

    def function_of(self, arn: str) -> PlannedResource:
        """Return the function that an alias ``live`` calls."""
        alias = self.by_arn(arn)
        if (alias.type, alias["name"]) != ("aws:lambda/alias:Alias", LIVE_ALIAS):
            raise ValueError(arn)
        return self.all("lambda/function:Function")[alias.name]

    def grants(self, role: str) -> Iterator[tuple[str, str]]:
        """Yield every action a role may do with the resource it may do it on.

        A table or an index has the partition keys behind it: ``arn:... ORDER#*``.
        """
        for statement in self.all("RolePolicy")[role].document("policy")["Statement"]:
            if statement["Effect"] != "Allow":
                raise ValueError(statement)
            for action, resource in product(statement["Action"], statement["Resource"]):
                for items in items_of(statement):
                    yield action, f"{resource} {items}".rstrip()


class AwsMocks(Mocks):
    """Answers what AWS would compute: ids, ARNs, addresses."""

    account = ACCOUNT

    def __init__(self, deployment: Deployment) -> None:
        """Write down in ``deployment`` what is made."""
        self._deployment = deployment

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer what the program asks of an account."""
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": self.account},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
            "aws:lambda/getFunction:getFunction": {
                "environment": {"variables": dict(self._deployment.live_settings)}
            },
            "pulumi:pulumi:readStackOutputs": {"outputs": dict(self._deployment.outputs_before)},
        }
        return answers[args.token], []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Make a resource and write it down, unless it only groups others."""
        made_id, computed = self.make(args)
        if args.custom:
            self._deployment.resources.append(
                PlannedResource(args.typ, args.name, args.inputs, made_id, computed["arn"])
            )
        return made_id, {**computed, **args.inputs}

    def make(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Return the id of a new resource and what AWS would add to its inputs."""
        stack = pulumi.get_stack()
        name, made_id = args.inputs.get("name", args.name), f"{stack}-{args.name}-id"
        arn = _ARNS.get(args.typ, "arn:other:{id}").format(
            region=REGION,
            account=self.account,
            name=name,
            id=made_id,
            bucket=args.inputs.get("bucket"),
            function=args.inputs.get("functionName"),
        )
        return made_id, {
            "apiEndpoint": f"https://{made_id}.execute-api.{REGION}.amazonaws.com",
            "arn": arn,
            "bucketRegionalDomainName": f"{args.inputs.get('bucket')}.s3.{REGION}.amazonaws.com",
            "domainName": f"{made_id}.cloudfront.net",
            "executionArn": f"arn:aws:execute-api:{REGION}:{self.account}:{made_id}",
            "invokeArn": f"{arn}/invocations",
            "keyId": made_id,
            "name": name,
            "result": f"random {made_id}",
            "repositoryUrl": f"{self.account}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "version": "42",
            "url": f"https://sqs.{REGION}.amazonaws.com/{self.account}/{name}",
        }


class _Monitor(MockMonitor):
    """Records what the mocks are not told: URNs, and which resources are protected."""

    def __init__(self, mocks: Mocks, deployment: Deployment) -> None:
        super().__init__(mocks)
        self._deployment = deployment

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # The name is Pulumi's.
        urn = self.make_urn(request.parent, request.type, request.name)
        self._deployment.urns.add(urn)
        if request.protect:
            self._deployment.protected.add(urn)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@contextmanager
def _event_loops() -> Iterator[None]:
    """Give this thread an event loop, and its helpers theirs, and close all of them.

    Pulumi makes one in every thread it meets and leaves it open, which is a warning, and
    warnings are errors here.
    """
    loops: list[asyncio.AbstractEventLoop] = []

    def begin() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    begin()
    try:
        with ThreadPoolExecutor(initializer=begin) as helpers:
            loops[0].set_default_executor(helpers)
            yield
    finally:
        for loop in loops:
            loop.close()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Leave what is made until the end of the block: all of it lives that long.

    The collector would take more than half of the time, looking at it again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def run_program(
    stack: str,
    values: Mapping[str, str],
    mocks: Callable[[Deployment], Mocks] = AwsMocks,
    *,
    outputs_before: Mapping[str, Any] | None = None,
    live_settings: Mapping[str, str] | None = None,
) -> Deployment:
    """Return what the program makes for a stack.

    ``values`` is the stack's configuration: text under ``namespace:key``, JSON for objects.
    ``outputs_before`` are the outputs of the stack's last deployment, none for a new stack, and
    ``live_settings`` the environment of the functions that are live.
    """
    deployment = Deployment(outputs_before=outputs_before or {}, live_settings=live_settings or {})

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> pulumi.Output[None]:
        runpy.run_path(str(INFRA / "__main__.py"), run_name="shop")
        exported: dict[str, Any] = getattr(get_root_resource(), "outputs", {})
        return pulumi.Output.all(**exported).apply(deployment.outputs.update)

    def run_isolated() -> None:
        with _event_loops():
            made = mocks(deployment)
            pulumi.runtime.set_mocks(
                made,
                project=PROJECT,
                stack=stack,
                preview=False,
                organization="organization",
                monitor=_Monitor(made, deployment),
            )
            pulumi.runtime.set_all_config(dict(values))
            run()

    # Pulumi keeps its state in context variables, and a new thread begins without any.
    with _no_garbage_collection(), ThreadPoolExecutor(1) as thread, warnings.catch_warnings():
        # Raised by resources the program does not use, as soon as their packages are loaded.
        unused = r"aws\.lambda/microvmsimage|aws\.s3/|s3\.Bucket\w+ has"
        warnings.filterwarnings("ignore", unused, DeprecationWarning)
        thread.submit(run_isolated).result()
    return deployment


def read_stack_file(path: Path) -> dict[str, str]:
    """Return the configuration in a ``Pulumi.<stack>.yaml``.

    Raises:
        OSError: there is no such file.
        ValueError: it is not YAML.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as failure:
        raise ValueError(f"{path.name} is not YAML: {failure}") from failure
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in content["config"].items()
    }


def main() -> None:
    """Print the graph of a stack, or of the sample."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.components.resource_graph", description=__doc__
    )
    parser.add_argument("--stack", help="read infra/Pulumi.<stack>.yaml instead of the sample")
    stack = parser.parse_args().stack
    try:
        values = read_stack_file(INFRA / f"Pulumi.{stack or 'sample'}.yaml")
    except (OSError, ValueError) as failure:
        parser.error(str(failure))
    generic = json.loads(values["awsconfig:generic"])
    if generic["image"] == "none":
        # A stack's first deployment makes half of it; what counts is all of it.
        generic["image"] = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{stack or 'sample'}:first"
        values["awsconfig:generic"] = json.dumps(generic)
    made = run_program(stack or "sample", values)
    graph = {"resources": [asdict(resource) for resource in made.resources]}
    # Files that are uploaded are objects; which they are is in their key.
    sys.stdout.write(json.dumps(graph, default=repr) + "\n")


if __name__ == "__main__":
    main()
