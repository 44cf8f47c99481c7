"""Which versions of the functions get calls: the alias ``live`` and its weights."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.topology import LIVE_ALIAS

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef


@dataclass(frozen=True)
class Routing:
    """Where the alias of one function leads.

    ``stable`` gets all calls but a share of ``weight`` (0 to 1), which ``canary`` gets.
    ``revision`` guards a change against one that came first.
    """

    function: str
    stable: str
    canary: str | None
    weight: float
    revision: str

    @property
    def newest(self) -> str:
        """Return the version that was deployed last."""
        return self.canary or self.stable


def find_routing(client: "LambdaClient", function: str) -> Routing | None:
    """Return the routing of a function by its AWS name, or None if it has no such alias."""
    try:
        alias = client.get_alias(FunctionName=function, Name=LIVE_ALIAS)
    except client.exceptions.ResourceNotFoundException:
        return None
    return _routing(function, alias)


def point_alias(client: "LambdaClient", routing: Routing, *, version: str) -> Routing:
    """Send every call to ``version`` and return the routing that is now in force.

    Raises:
        ClientError: AWS refuses; ``PreconditionFailedException`` when the alias was changed
            since ``routing`` was read.
    """
    alias = client.update_alias(
        FunctionName=routing.function,
        Name=LIVE_ALIAS,
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": {}},
        RevisionId=routing.revision,
    )
    return _routing(routing.function, alias)


def get_release(client: "LambdaClient", function: str, version: str) -> str:
    """Return the release (setting ``VERSION``) that a version of a function runs."""
    return get_setting(client, function, version, "VERSION") or ""


def get_setting(client: "LambdaClient", function: str, version: str, name: str) -> str | None:
    """Return an environment variable of a version of a function, or None if it has no such."""
    found = client.get_function_configuration(FunctionName=function, Qualifier=version)
    return found.get("Environment", {}).get("Variables", {}).get(name)


def list_older_versions(client: "LambdaClient", function: str, version: str) -> list[str]:
    """Return the published versions older than ``version``, newest first."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    numbers = {
        int(version["Version"])
        for page in pages
        for version in page["Versions"]
        if version["Version"].isdecimal()
    }
    return [str(number) for number in sorted(numbers, reverse=True) if number < int(version)]


def _routing(function: str, alias: "AliasConfigurationResponseTypeDef") -> Routing:
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    canary, weight = next(iter(weights.items()), (None, 0.0))
    return Routing(function, alias["FunctionVersion"], canary, weight, alias["RevisionId"])
