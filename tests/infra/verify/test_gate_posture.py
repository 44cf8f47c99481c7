"""Gate posture: the real stack keeps to every rule, and each rule sees what breaks it."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.verify.gates import posture
from infra.verify.gates.posture import RECORDED_FILE, build_evidence, collect
from infra.verify.sources.aws_clients import SourceUnreachableError
from infra.verify.sources.graph import Graph, Resource, read_graph
from infra.verify.target import Target

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORDED = json.loads((ROOT / RECORDED_FILE).read_text(encoding="utf-8"))

Inputs = dict[str, Any]


def target(root: Path = ROOT, *, stage: str = "source", stack: str = "local") -> Target:
    return Target(stage, is_local=False, url="", region="", stack=stack, root=root, since=NOW)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The graph of the sample stack, from the program itself."""
    return read_graph(ROOT)


def changed(graph: Graph, kind: str, name: str, change: Callable[[Inputs], None]) -> Graph:
    """Return a graph in which one resource's inputs are different."""
    resources = []
    for resource in graph.resources:
        inputs = deepcopy(dict(resource.inputs))
        if resource.kind.endswith(kind) and resource.name == name:
            change(inputs)
        resources.append(Resource(resource.kind, resource.name, resource.arn, inputs))
    assert resources != list(graph.resources), f"there is no {kind} {name} to change"
    return Graph(resources)


def without(graph: Graph, kind: str, name: str) -> Graph:
    left = [it for it in graph.resources if not (it.kind.endswith(kind) and it.name == name)]
    assert len(left) == len(graph.resources) - 1
    return Graph(left)


def found(graph: Graph, recorded: dict[str, list[str]] | None = None) -> set[tuple[str, str]]:
    evidence = build_evidence("a test", NOW, graph, RECORDED if recorded is None else recorded)
    return {(finding.rule, finding.subject) for finding in evidence.findings}


def allowing(action: str, resource: str = "arn:aws:s3:::b") -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        document = json.loads(inputs["policy"])
        document["Statement"].append(
            {"Effect": "Allow", "Action": action, "Resource": resource, "Principal": "*"}
        )
        inputs["policy"] = json.dumps(document)

    return change


def opening(key: str, principal: object, **condition: object) -> Callable[[Inputs], None]:
    """Return what lets a principal in, through the policy in an input."""

    def change(inputs: Inputs) -> None:
        document = json.loads(inputs.get(key) or '{"Statement": []}')
        statement = {"Effect": "Allow", "Action": "x:Y", "Principal": principal}
        document["Statement"].append(statement | ({"Condition": condition} if condition else {}))
        inputs[key] = json.dumps(document)

    return change


def redriving(**values: object) -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        inputs["redrivePolicy"] = json.dumps(json.loads(inputs["redrivePolicy"]) | values)

    return change


def setting(**values: object) -> Callable[[Inputs], None]:
    return lambda inputs: inputs.update(values)


def dropping(key: str) -> Callable[[Inputs], None]:
    return lambda inputs: inputs.__delitem__(key)


@pytest.fixture
def read_once(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """Let the gate have the graph that was read; return of which tree and stack it asked."""
    asked: list[tuple[Path, str]] = []

    def read(root: Path, stack: str) -> Graph:
        asked.append((root, stack))
        return graph

    monkeypatch.setattr(posture, "read_graph", read)
    return asked


async def test_the_real_stack_keeps_to_every_rule(read_once: list[tuple[Path, str]]) -> None:
    evidence = await collect(target())

    assert read_once == [(ROOT, "")]

    assert evidence.unreachable is None
    assert evidence.findings == ()
    assert (evidence.measurements[0].value or 0) > 50


QUEUE, TABLE, POLICY = "queue:Queue", "table:Table", "rolePolicy:RolePolicy"
CASES = [
    ("wildcard", "role api", POLICY, "api", allowing("dynamodb:*", "arn:x")),
    ("wildcard", "role order", POLICY, "order", allowing("sqs:SendMessage", "*")),
    ("public", "bucket pages", "PublicAccessBlock", "pages", setting(blockPublicPolicy=False)),
    ("public", "bucketpolicy pages", "BucketPolicy", "pages", allowing("s3:GetObject")),
    ("public", "role api", ":Role", "api", opening("assumeRolePolicy", {"AWS": ["*"]})),
    ("public", "queue payment-error", QUEUE, "payment-error", opening("policy", "*")),
    (
        "public",
        "key cards",
        ":Key",
        "cards",
        opening("policy", {"AWS": "*"}, Bool={"aws:SecureTransport": "true"}),
    ),
    ("public", "permission gateway", "permission:Permission", "gateway", setting(principal="*")),
    (
        "public",
        "function api",
        "function:Function",
        "api",
        setting(environment={"variables": {"TRUSTED_PROXIES": "1"}}),
    ),
    ("permission", "role api", ":Role", "api", setting(managedPolicyArns=["arn:aws:iam::x"])),
    ("permission", "role order", POLICY, "api", setting(role="sample-acmeserverless-lambda-order")),
    ("recovery", "table table", TABLE, "table", dropping("pointInTimeRecovery")),
    ("recovery", "table table", TABLE, "table", setting(deletionProtectionEnabled=False)),
    ("recovery", "secret signing-keys", ":Secret", "signing-keys", setting(recoveryWindowInDays=0)),
    ("dead-letters", "queue payment-request", QUEUE, "payment-request", dropping("redrivePolicy")),
    (
        "dead-letters",
        "queue payment-request",
        QUEUE,
        "payment-request",
        redriving(maxReceiveCount=1),
    ),
    (
        "retention",
        "queue payment-error",
        QUEUE,
        "payment-error",
        setting(messageRetentionSeconds=60),
    ),
    ("retention", "function order", ":LogGroup", "order", dropping("retentionInDays")),
    (
        "visibility",
        "queue shipment-request",
        QUEUE,
        "shipment-request",
        setting(visibilityTimeoutSeconds=30),
    ),
    (
        "encryption",
        "queue shipment-error",
        QUEUE,
        "shipment-error",
        dropping("sqsManagedSseEnabled"),
    ),
    ("encryption", "topic notices", ":Topic", "notices", dropping("kmsMasterKeyId")),
    ("alarm", "alarm api-5xx", ":MetricAlarm", "api-5xx", setting(alarmActions=[])),
]


@pytest.mark.parametrize(("rule", "subject", "kind", "name", "change"), CASES)
def test_each_rule_finds_what_breaks_it(
    graph: Graph, rule: str, subject: str, kind: str, name: str, change: Callable[[Inputs], None]
) -> None:
    findings = found(changed(graph, kind, name, change))

    assert (rule, subject) in findings
    # A permission too many breaks two rules; everything else breaks one.
    assert {violated for violated, _ in findings} <= {rule, "permission"}


@pytest.mark.parametrize(
    ("rule", "subject", "kind", "name"),
    [
        ("public", "bucket pages", ":BucketPublicAccessBlock", "pages"),
        ("encryption", "bucket pages", ":BucketServerSideEncryptionConfiguration", "pages"),
        ("alarm", "queue payment-error", ":MetricAlarm", "payment-error-letters"),
        ("retention", "function api", ":LogGroup", "api"),
        ("visibility", "mapping payment-request", "queue:Queue", "payment-request"),
    ],
)
def test_each_rule_misses_what_is_not_there(
    graph: Graph, rule: str, subject: str, kind: str, name: str
) -> None:
    assert (rule, subject) in found(without(graph, kind, name))


def test_a_function_with_an_open_address_is_public(graph: Graph) -> None:
    url = Resource("aws:lambda/functionUrl:FunctionUrl", "api", "", {"authorizationType": "NONE"})

    assert found(Graph([*graph.resources, url])) == {("public", "function URL api")}


@pytest.mark.parametrize("kind", ["rolePolicyAttachment:RolePolicyAttachment", "policy:Policy"])
def test_permissions_that_are_not_compared_with_calls_are_found(graph: Graph, kind: str) -> None:
    more = Resource(f"aws:iam/{kind}", "admin", "", {"policyArn": "arn:aws:iam::aws:policy/Admin"})

    subject = f"{kind.rpartition(':')[2].lower()} admin"
    assert found(Graph([*graph.resources, more])) == {("permission", subject)}


def test_a_principal_named_by_a_condition_is_not_public(graph: Graph) -> None:
    named = opening("policy", "*", StringEquals={"aws:SourceAccount": "123456789012"})

    assert found(changed(graph, QUEUE, "payment-error", named)) == set()


def test_roles_are_compared_with_what_they_did_both_ways(graph: Graph) -> None:
    recorded = deepcopy(RECORDED)
    recorded["payment"].remove("dynamodb:PutItem Table table PAYMENT#*")
    recorded["order"].append("sqs:SendMessage Queue payment-request")

    evidence = build_evidence("a test", NOW, graph, recorded)

    assert {(finding.subject, finding.message) for finding in evidence.findings} == {
        ("role payment", "never needed: dynamodb:PutItem Table table PAYMENT#*"),
        ("role order", "needed, not given: sqs:SendMessage Queue payment-request"),
    }


async def test_a_stack_without_a_file_is_not_known() -> None:
    evidence = await collect(target(stage="preview", stack="nowhere"))

    assert evidence.findings == ()
    assert evidence.unreachable
    assert "Pulumi.nowhere.yaml" in evidence.unreachable


def test_a_program_that_refuses_its_configuration_is_not_known(tmp_path: Path) -> None:
    for folder in ("app", "infra"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    shutil.copytree(ROOT / "infra", tmp_path / "copy", ignore=shutil.ignore_patterns("image"))
    (tmp_path / "infra").unlink()
    (tmp_path / "copy").rename(tmp_path / "infra")
    sample = tmp_path / "infra" / "Pulumi.sample.yaml"
    sample.write_text(sample.read_text().replace('authMode: "1"', 'authMode: "0"'))

    with pytest.raises(SourceUnreachableError, match="cannot be made"):
        read_graph(tmp_path)


async def test_without_recorded_calls_roles_are_not_known(
    tmp_path: Path, read_once: list[tuple[Path, str]]
) -> None:
    evidence = await collect(target(tmp_path))

    assert read_once == [(tmp_path, "")]
    assert evidence.unreachable == "recorded_calls.json cannot be read"
