"""What a stack would be made of, from the infrastructure program itself."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from infra.components.permissions import items_of
from infra.verify.sources.aws_clients import SourceUnreachableError

#: Longer than Pulumi's libraries take to load on the slowest of machines.
_GRAPH_SECONDS = 120


@dataclass(frozen=True)
class Resource:
    """One AWS resource: ``kind`` is its Pulumi type, ``inputs`` what the program asks for."""

    kind: str
    name: str
    arn: str
    inputs: Mapping[str, Any]

    def document(self, key: str) -> list[dict[str, Any]]:
        """Return the statements of a policy that is an input."""
        statements: list[dict[str, Any]] = json.loads(self.inputs[key])["Statement"]
        return statements


class Graph:
    """All resources of a stack."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        """Hold ``resources``."""
        self.resources = resources
        self._by_arn = {resource.arn: resource for resource in resources}

    def all(self, kind: str) -> list[Resource]:
        """Return the resources whose type ends in ``kind``, such as ``sqs/queue:Queue``."""
        return [resource for resource in self.resources if resource.kind.endswith(f":{kind}")]

    def by_arn(self, arn: str) -> Resource | None:
        """Return the resource an ARN names, or None for one that is not of this stack."""
        return self._by_arn.get(arn) if arn else None

    def function_of(self, arn: str) -> Resource | None:
        """Return the function behind an ARN of its own or of an alias."""
        found = self.by_arn(arn)
        if found is None or found.kind != "aws:lambda/alias:Alias":
            return found
        wanted = found.inputs["functionName"]
        functions = self.all("lambda/function:Function")
        return next((function for function in functions if function.inputs["name"] == wanted), None)

    def grants(self) -> Iterator[tuple[str, str, str]]:
        """Yield role, action and resource of everything that is allowed, by program names."""
        roles = {role.inputs["name"]: role.name for role in self.all("iam/role:Role")}
        for policy in self.all("iam/rolePolicy:RolePolicy"):
            role = roles.get(policy.inputs["role"], policy.inputs["role"])
            for statement in policy.document("policy"):
                actions = as_list(statement.get("Action", "*"))
                places = as_list(statement.get("Resource", "*"))
                for action, arn, items in product(actions, places, items_of(statement)):
                    yield role, action, f"{self.describe_arn(arn)} {items}".rstrip()

    def describe_arn(self, arn: str) -> str:
        """Return what an ARN names, in the program's words, as they are in every stack."""
        plain, _, index = arn.removesuffix(":*").partition("/index/")
        found = self.by_arn(plain)
        if found is None:
            return arn
        return f"{found.kind.rpartition(':')[2]} {found.name}" + (f" {index}" if index else "")


def as_list(value: str | list[str]) -> list[str]:
    """Return what a policy may say as one text or as several."""
    return [value] if isinstance(value, str) else value


def read_graph(root: Path, stack: str = "") -> Graph:
    """Run the program of the tree in ``root`` without AWS, for ``stack`` or for the sample.

    Raises:
        SourceUnreachableError: there is no program, or it refuses what the stack is told.
    """
    command = [
        sys.executable,
        "-m",
        "infra.components.resource_graph",
        *(["--stack", stack] if stack else []),
    ]
    try:
        done = subprocess.run(  # noqa: S603  # Our own module.
            command, cwd=root, capture_output=True, text=True, timeout=_GRAPH_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        why = f"the stack's graph cannot be made: {type(failure).__name__}"
        raise SourceUnreachableError(why) from failure
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SourceUnreachableError(f"the stack's graph cannot be made: {last}")
    return Graph(
        [
            Resource(resource["type"], resource["name"], resource["arn"], resource["inputs"])
            for resource in json.loads(done.stdout)["resources"]
        ]
    )
