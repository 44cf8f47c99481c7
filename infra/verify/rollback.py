"""Taking a release back, or letting it have all calls: the aliases of the functions.

A release of the shop is one version of every function. During a canary the alias ``live``
sends a share of the calls to the new version; taking it back ends that share. A release that
already has all calls is taken back by pointing the alias at the newest older version of
another release. Both can be repeated: what is done already is left alone.

This is the quick way, at once and without a deployment. What a stack's file says about a
canary should follow, for the next deployment goes by the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from app.domain.errors import ShopError
from app.settings import TableLayout
from infra.topology import FUNCTIONS, function_name
from infra.verify.sources.aliases import (
    Routing,
    find_routing,
    get_release,
    get_setting,
    list_older_versions,
    point_alias,
)

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class RollbackError(ShopError):
    """Some function still runs what it should not; the text names each and says why."""


@dataclass(frozen=True)
class Change:
    """What became of one function; ``before`` equals ``after`` when nothing was to do."""

    function: str
    before: str
    after: str

    @property
    def is_done(self) -> bool:
        """Whether the alias had to be changed."""
        return self.before != self.after


def roll_back(client: "LambdaClient", stack: str, *, release: str | None = None) -> list[Change]:
    """Take the newest release away from every function; return what was changed.

    Without ``release`` only a canary is ended. With it (the setting ``VERSION``) a function
    whose alias leads to that release altogether is sent back to the one before.

    Raises:
        RollbackError: it did not work for some function; the others are rolled back.
    """

    def older(routing: Routing) -> str:
        if release is None or get_release(client, routing.function, routing.stable) != release:
            return routing.stable
        for version in list_older_versions(client, routing.function, routing.stable):
            if get_release(client, routing.function, version) != release:
                _check_layout(client, routing, version)
                return version
        raise RollbackError("there is no version of another release")

    return _for_each_function(client, stack, older)


def _check_layout(client: "LambdaClient", routing: Routing, version: str) -> None:
    """See that an older version reads what the live one writes (app/DECISIONS.md, 21).

    Raises:
        RollbackError: it knows nothing of layouts, and the table has the present one.
    """
    layouts = {
        number: get_setting(client, routing.function, number, "TABLE_LAYOUT")
        for number in (routing.stable, version)
    }
    if layouts[routing.stable] == TableLayout.CURRENT and layouts[version] is None:
        raise RollbackError(
            f"version {version} cannot read orders of the table's present layout; "
            "mend it with a new release"
        )


def promote(client: "LambdaClient", stack: str) -> list[Change]:
    """Give the canary of every function all calls; return what was changed.

    Raises:
        RollbackError: it did not work for some function; the others are promoted.
    """
    return _for_each_function(client, stack, lambda routing: routing.newest)


def _for_each_function(
    client: "LambdaClient", stack: str, choose: Callable[[Routing], str]
) -> list[Change]:
    """Point every alias at the version ``choose`` names; go on where one fails."""
    changes, failures = [], []
    for function in FUNCTIONS:
        try:
            changes.append(_switch_alias(client, function_name(stack, function.name), choose))
        except ClientError as failure:
            failures.append(f"{function.name}: {failure.response['Error']['Code']}")
        except (BotoCoreError, RollbackError) as failure:
            reason = str(failure) if isinstance(failure, RollbackError) else type(failure).__name__
            failures.append(f"{function.name}: {reason}")
    if failures:
        raise RollbackError(f"not everything could be switched: {'; '.join(failures)}")
    return changes


def _switch_alias(
    client: "LambdaClient", function: str, choose: Callable[[Routing], str]
) -> Change:
    routing = find_routing(client, function)
    if routing is None:
        raise RollbackError("it has no alias to switch")
    version = choose(routing)
    if routing.canary is None and version == routing.stable:
        return Change(function, version, version)
    after = point_alias(client, routing, version=version)
    return Change(function, _described(routing), _described(after))


def _described(routing: Routing) -> str:
    if routing.canary is None:
        return routing.stable
    return f"{routing.stable}, {routing.weight:.0%} to {routing.canary}"
