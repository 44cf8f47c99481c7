"""A DynamoDB client whose calls fail before they work, and the failures to give it."""

from typing import Any

from app.aws.errors import NO_ANSWER
from app.store.dynamodb import DynamoDBError
from app.store.table import Table

#: The answer of the call is lost; whether it was made is unknown.
LOST = (
    DynamoDBError(NO_ANSWER, 0),
    DynamoDBError("InternalServerError", 500),
    DynamoDBError(NO_ANSWER, 0),
)
#: The call is throttled, so it was not made.
BUSY = tuple(DynamoDBError("ProvisionedThroughputExceededException") for _ in range(3))


class Flaky:
    """A DynamoDB client whose calls fail one after the other before they work."""

    def __init__(self, client: Any, *failures: Exception, works_first: bool = False) -> None:
        self._client = client
        self._failures = list(failures)
        self._works_first = works_first
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name == "query":
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if not self._failures:
                return await method(*args, **kwargs)
            if self._works_first:
                await method(*args, **kwargs)
            raise self._failures.pop(0)

        return call


def flaky(table: Table, *failures: Exception, works_first: bool = False) -> Flaky:
    client = Flaky(table._client, *failures, works_first=works_first)
    table._client = client  # type: ignore[assignment]
    return client
