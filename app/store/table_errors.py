"""What the errors of the DynamoDB client mean; those not named here pass through."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydynox.exceptions import (
    AccessDeniedException,
    ConditionalCheckFailedException,
    ConnectionException,
    CredentialsException,
    ProvisionedThroughputExceededException,
    PydynoxException,
    ResourceNotFoundException,
    TransactionCanceledException,
    ValidationException,
)

from app.aws_refusals import report
from app.domain.errors import StoreMisconfiguredError, StoreUnavailableError

Item = dict[str, Any]


class ConditionFailedError(Exception):
    """The condition of a write did not hold; ``item`` is the stored item, if there is one."""

    def __init__(self, item: Item | None) -> None:
        """Keep the stored item."""
        super().__init__("the condition of a write did not hold")
        self.item = item


class ItemTooLargeError(Exception):
    """An item would exceed DynamoDB's limit of 400 KB; nothing was written."""


class WrongOperandError(Exception):
    """An update adds to an attribute that is no number: it was damaged. Nothing was written."""


#: What words of AWS's texts say of an invalid call.
_INVALID: dict[str, type[Exception]] = {
    "size": ItemTooLargeError,
    "incorrect data type": WrongOperandError,
}

#: Errors that no repeat cures, by class and AWS's code.
_PERMANENT: dict[type[PydynoxException], str] = {
    AccessDeniedException: "AccessDeniedException",
    CredentialsException: "UnrecognizedClientException",
    ResourceNotFoundException: "ResourceNotFoundException",
}
#: The others of that kind come without a class; these words of AWS's texts tell them.
_PERMANENT_WORDS = {
    "credentials have expired": "ExpiredTokenException",
    "kms": "KMSAccessDeniedException",
    "signature": "InvalidSignatureException",
    "authentication token": "MissingAuthenticationTokenException",
    "authorization header": "IncompleteSignatureException",
    "needs a subscription": "OptInRequired",
}


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise the store's errors for those of the client in the block, a call of ``operation``.

    Raises:
        ConditionFailedError: the condition of a write did not hold.
        ItemTooLargeError: an item would exceed 400 KB.
        WrongOperandError: a number would be added to what is none.
        StoreUnavailableError: the table does not answer, or is busy.
        StoreMisconfiguredError: AWS refuses the call until an operator changes something.
    """
    try:
        yield
    except ConditionalCheckFailedException as failure:
        raise ConditionFailedError(getattr(failure, "item", None)) from failure
    except TransactionCanceledException as failure:
        # pydynox gives the reasons only as text; throttling and conflicts may be retried.
        if "ConditionalCheckFailed" in str(failure):
            raise ConditionFailedError(None) from failure
        raise StoreUnavailableError("the store is busy") from failure
    except ValidationException as failure:
        if error := next((_INVALID[words] for words in _INVALID if words in str(failure)), None):
            raise error from failure
        raise
    except (ConnectionException, ProvisionedThroughputExceededException) as failure:
        raise StoreUnavailableError from failure
    except PydynoxException as failure:
        if code := _permanent_code(failure):
            text = "the shop has no access to its store"
            raise report(StoreMisconfiguredError(text, code=code, operation=operation)) from failure
        if is_transient(failure):
            raise StoreUnavailableError from failure
        raise


def _permanent_code(failure: PydynoxException) -> str | None:
    """Return AWS's code of an error that no repeat cures; None for any other."""
    code = _PERMANENT.get(type(failure))
    if code is None and type(failure) is not PydynoxException:
        return None
    text = str(failure).lower()
    return next((known for words, known in _PERMANENT_WORDS.items() if words in text), code)


def is_transient(failure: PydynoxException) -> bool:
    """Tell whether a retry may succeed: no connection, throttling, conflict, 500 or 503.

    pydynox has no class for DynamoDB's 500, its 503 and transaction conflicts.
    """
    if type(failure) is PydynoxException:
        return _permanent_code(failure) is None
    return isinstance(failure, ConnectionException | ProvisionedThroughputExceededException)
