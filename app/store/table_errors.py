"""What the errors of the DynamoDB client mean; only invalid calls pass through."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.aws.refusals import report
from app.domain.errors import StoreMisconfiguredError, StoreUnavailableError
from app.store.dynamodb import DynamoDBError

Item = dict[str, Any]


class ConditionFailedError(Exception):
    """The condition of a write did not hold; ``item`` is the stored item, if there is one."""

    def __init__(self, item: Item | None) -> None:
        """Keep the stored item."""
        super().__init__("the condition of a write did not hold")
        self.item = item


class ItemTooLargeError(Exception):
    """An item would exceed DynamoDB's limit of 400 KB; nothing was written."""


#: What words of AWS's texts say of an invalid call.
_INVALID: dict[str, type[Exception]] = {
    "size": ItemTooLargeError,
}


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise the store's errors for those of the client in the block, a call of ``operation``.

    Raises:
        ConditionFailedError: the condition of a write did not hold.
        ItemTooLargeError: an item would exceed 400 KB.
        StoreUnavailableError: the table does not answer, or is busy.
        StoreMisconfiguredError: AWS refuses the call until an operator changes something, or
            with a code that the shop does not know; so does what stands before AWS.
        DynamoDBError: the call is invalid, which is the shop's own fault.
    """
    try:
        yield
    except DynamoDBError as failure:
        if (meaning := _meaning(failure, operation)) is None:
            raise
        raise meaning from failure


def _meaning(failure: DynamoDBError, operation: str) -> Exception | None:
    if failure.code == "ConditionalCheckFailedException":
        return ConditionFailedError(failure.item)
    if failure.code == "TransactionCanceledException":
        # Throttling and conflicts may be tried again.
        if "ConditionalCheckFailed" in failure.reasons:
            return ConditionFailedError(None)
        return StoreUnavailableError("the store is busy")
    if failure.code == "ValidationException":
        error = next((_INVALID[words] for words in _INVALID if words in failure.text), None)
        return error() if error else None
    if is_transient(failure):
        return StoreUnavailableError()
    # An unknown error may be transient or permanent: operators are told at once, and what was
    # sent may have been stored, so customers are asked to try again.
    text, code = StoreUnavailableError.text, failure.code
    if failure.is_permanent:
        text = "the shop has no access to its store"
        # A key that the table is encrypted with is named only in the text.
        code = "KMSAccessDeniedException" if "kms" in failure.text.lower() else code
    return report(StoreMisconfiguredError(text, code=code, operation=operation))


def is_transient(failure: DynamoDBError) -> bool:
    """Tell whether a retry may succeed: no answer, throttling, conflict, 500 or 503."""
    return (
        (failure.status == 0 and not failure.is_permanent)
        or failure.is_transient
        or failure.code == "TransactionConflictException"
    )
