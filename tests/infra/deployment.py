"""Runs the infrastructure program against stand-ins for AWS and keeps what it made."""

import asyncio
import json
import runpy
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.settings import get_root_resource

ROOT = Path(__file__).parents[2]
PROJECT = "acme-serverless-fitness-shop"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dev-acmeserverless:4f2a9c1"

ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{id}",
    "aws:lambda/alias:Alias": "arn:aws:lambda:{region}:{account}:function:{function}:{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:secretsmanager/secret:Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class Deployed:
    """One AWS resource: what the program asked for, and its ARN."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    id: str
    arn: str

    def __getitem__(self, key: str) -> Any:
        """Return one of the inputs."""
        return self.inputs[key]

    def document(self, key: str) -> dict[str, Any]:
        """Return an input that is JSON text."""
        parsed: dict[str, Any] = json.loads(self.inputs[key])
        return parsed


@dataclass
class Deployment:
    """Everything one run of the program made."""

    resources: list[Deployed] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def all(self, kind: str) -> dict[str, Deployed]:
        """Return the resources whose type ends in ``kind``, by their name in the program."""
        return {made.name: made for made in self.resources if made.type.endswith(f":{kind}")}

    def one(self, kind: str) -> Deployed:
        """Return the only resource whose type ends in ``kind``."""
        (made,) = self.all(kind).values()
        return made

    def by_arn(self, arn: str) -> Deployed:
        """Return the resource that has ``arn``."""
        (made,) = (made for made in self.resources if made.arn == arn)
        return made

    def function_of(self, arn: str) -> Deployed:
        """Return the function that an alias ``live`` calls."""
        alias = self.by_arn(arn)
        assert (alias.type, alias["name"]) == ("aws:lambda/alias:Alias", "live")
        return self.all("lambda/function:Function")[alias.name]

    def grants(self, role: str) -> Iterator[tuple[str, str]]:
        """Yield every action a role may do with the resource it may do it on."""
        for statement in self.all("RolePolicy")[role].document("policy")["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in statement["Action"]:
                yield from ((action, resource) for resource in statement["Resource"])


class AwsMocks(Mocks):
    """Answers what AWS would compute: ids, ARNs, addresses."""

    account = ACCOUNT

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def call(self, args: MockCallArgs) -> tuple[dict[str, str], list[tuple[str, str]]]:
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": self.account},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
        }
        return answers[args.token], []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        made_id, computed = self.make(args)
        if args.custom:
            self._deployment.resources.append(
                Deployed(args.typ, args.name, args.inputs, made_id, computed["arn"])
            )
        return made_id, {**computed, **args.inputs}

    def make(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Return the id of a new resource and what AWS would add to its inputs."""
        stack = pulumi.get_stack()
        name, made_id = args.inputs.get("name", args.name), f"{stack}-{args.name}-id"
        arn = ARNS.get(args.typ, "arn:other:{id}").format(
            region=REGION,
            account=self.account,
            name=name,
            id=made_id,
            function=args.inputs.get("functionName"),
        )
        return made_id, {
            "apiEndpoint": f"https://{made_id}.execute-api.{REGION}.amazonaws.com",
            "arn": arn,
            "executionArn": f"arn:aws:execute-api:{REGION}:{self.account}:{made_id}",
            "invokeArn": f"{arn}/invocations",
            "keyId": made_id,
            "name": name,
            "repositoryUrl": f"{self.account}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "version": "42",
            "url": f"https://sqs.{REGION}.amazonaws.com/{self.account}/{name}",
        }


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


TAGS = {"author": "eric", "feature": "acmeserverless", "team": "fitness", "version": "1.0.0"}


def deploy(stack: str = "dev", *, region: str = REGION, **config: Any) -> Deployment:
    """Return what the program makes for a stack; see :func:`deploy_with`."""
    return deploy_with(AwsMocks, stack, region=region, **config)


def deploy_with(
    mocks: Callable[[Deployment], Mocks], /, stack: str, *, region: str = REGION, **config: Any
) -> Deployment:
    """Return what the program makes for a stack, with the stand-ins that ``mocks`` returns.

    ``dynamodb`` and ``tags`` are what is below these keys of ``awsconfig``; all others are
    below ``generic``. What is set to ``None`` is left out.
    """
    dynamodb, tags = config.pop("dynamodb", {}), config.pop("tags", TAGS)
    generic = {"image": IMAGE, "stage": "dev", **config}
    generic = {key: value for key, value in generic.items() if value is not None}
    parts = {"dynamodb": dynamodb, "generic": generic, "tags": tags}
    values = {f"awsconfig:{key}": json.dumps(part) for key, part in parts.items() if part}
    values |= {"aws:region": region} if region else {}
    deployment = Deployment()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run_program() -> pulumi.Output[None]:
        runpy.run_path(str(ROOT / "infra" / "__main__.py"), run_name="shop")
        exported: dict[str, Any] = getattr(get_root_resource(), "outputs", {})
        return pulumi.Output.all(**exported).apply(deployment.outputs.update)

    def in_a_world_of_its_own() -> None:
        with _event_loops():
            pulumi.runtime.set_mocks(mocks(deployment), project=PROJECT, stack=stack, preview=False)
            pulumi.runtime.set_all_config(values)
            run_program()

    # Pulumi keeps its state in context variables, and a new thread begins without any.
    with ThreadPoolExecutor(1) as world, warnings.catch_warnings():
        # Of a resource nobody here uses, whenever its package is loaded.
        warnings.filterwarnings("ignore", "aws.lambda/microvmsimage", DeprecationWarning)
        world.submit(in_a_world_of_its_own).result()
    return deployment
