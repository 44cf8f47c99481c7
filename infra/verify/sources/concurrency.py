"""Whether workers can run while calls of the api wait for what they decide."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.topology import (
    FUNCTIONS,
    UNRESERVED_CONCURRENCY,
    function_name,
    reserved_concurrency,
)
from infra.verify.evidence import Finding

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

RULE = "concurrency"


def concurrency_findings(client: "LambdaClient", stack: str) -> Iterator[Finding]:
    """Yield functions without concurrency of their own, and an account whose limit is too low.

    How many calls the api handles at once is the stack's decision, but it has to have a cap.
    """
    needed = 0
    for function in FUNCTIONS:
        found = client.get_function_concurrency(FunctionName=function_name(stack, function.name))
        reserved = found.get("ReservedConcurrentExecutions", 0)
        wanted = reserved_concurrency(function.name, api_concurrency=max(1, reserved))
        needed += max(reserved, wanted)
        if reserved < wanted:
            message = f"reserves {reserved} concurrent executions, {wanted} are needed"
            yield Finding(RULE, f"function {function.name}", message)
    limit = client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < needed + UNRESERVED_CONCURRENCY:
        message = (
            f"the limit is {limit} concurrent executions; the stack needs {needed}, and AWS keeps"
            f" {UNRESERVED_CONCURRENCY} free"
        )
        yield Finding(RULE, "account", message)
