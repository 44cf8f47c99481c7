"""Which releases the functions of a stack run, and whether one of them is half out."""

from collections.abc import Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from infra.cli.stacks import StackConnection
from infra.orders.facts import FunctionRelease
from infra.topology import FUNCTIONS, MAPPINGS, function_name
from infra.verify.sources.aliases import find_routing, get_release

#: The functions that an order passes.
_PASSED = tuple(
    function.name
    for function in FUNCTIONS
    if function.name in {"api", *(mapping.function for mapping in MAPPINGS)}
)


def running_releases(
    connection: StackConnection, missing: list[str]
) -> tuple[FunctionRelease, ...]:
    """Return what runs behind the alias ``live`` of each function that has one.

    What does not answer is entered in ``missing``. The shop of ``make run`` has no such alias.
    """
    if connection.endpoint_url is not None:
        return ()
    try:
        return tuple(_found(connection, _PASSED))
    except (BotoCoreError, ClientError):
        missing.append("the releases of the functions do not answer")
        return ()


def _found(connection: StackConnection, functions: Iterable[str]) -> Iterator[FunctionRelease]:
    client = connection.functions
    for function in functions:
        name = function_name(connection.name, function)
        if not (routing := find_routing(client, name)):
            continue
        stable = get_release(client, name, routing.stable)
        canary = get_release(client, name, routing.canary) if routing.canary else None
        yield FunctionRelease(function, stable, canary, round(routing.weight * 100))
