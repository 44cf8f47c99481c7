"""Releases: who calls what is live, how few try what is new, and the way back."""

from typing import Any

import pytest

from infra.components.resource_graph import Deployment, PlannedResource
from infra.topology import FUNCTIONS
from tests.infra.components.deployment import deploy

#: What was live before; stand-ins publish everything as version 42.
STABLE = {"api": 41, "order": 17, "payment": "17", "shipment": 9}


def aliases(deployment: Deployment) -> dict[str, PlannedResource]:
    """Return the functions' aliases."""
    return deployment.all("lambda/alias:Alias")


def shares(alias: PlannedResource) -> Any:
    """Return how many calls of an alias go to which version besides its own."""
    return (alias.inputs.get("routingConfig") or {}).get("additionalVersionWeights", {})


def test_every_deployment_of_a_function_can_be_gone_back_to(deployment: Deployment) -> None:
    for function in deployment.all("lambda/function:Function").values():
        assert function["publish"] is True


def test_every_function_has_one_live_version(deployment: Deployment) -> None:
    names = {function.name for function in FUNCTIONS}

    assert {name for name in aliases(deployment) if name in names} == names
    for alias in aliases(deployment).values():
        assert (alias["name"], alias["functionVersion"]) == ("live", "42")
        assert shares(alias) == {}


def test_nothing_calls_a_function_past_its_live_version(deployment: Deployment) -> None:
    live = {alias.arn for alias in aliases(deployment).values()}
    called = [
        deployment.one("Integration")["integrationUri"].removesuffix("/invocations"),
        deployment.one("Schedule")["target"]["arn"],
        *(mapping["functionName"] for mapping in deployment.all("EventSourceMapping").values()),
        *(
            resource
            for role in deployment.all("RolePolicy")
            for action, resource in deployment.grants(role)
            if action == "lambda:InvokeFunction"
        ),
    ]

    assert set(called) <= live


def test_a_canary_gets_its_share_and_no_more() -> None:
    canary = aliases(deploy(canary={"percent": 10, "stable": STABLE}))

    for name, version in STABLE.items():
        assert canary[name]["functionVersion"] == str(version)
        assert shares(canary[name]) == {"42": 0.1}


def test_a_release_is_taken_back_by_a_share_of_nothing() -> None:
    taken_back = aliases(deploy(canary={"percent": 0, "stable": STABLE}))

    for name, version in STABLE.items():
        assert taken_back[name]["functionVersion"] == str(version)
        assert shares(taken_back[name]) == {}


@pytest.mark.parametrize("percent", [0, 10, 100])
def test_a_function_that_did_not_change_stays_as_it_is(percent: int) -> None:
    stable = STABLE | {"order": "42"}

    order = aliases(deploy(canary={"percent": percent, "stable": stable}))["order"]

    assert (order["functionVersion"], shares(order)) == ("42", {})
