"""What the errors of the DynamoDB client mean to the shop."""

import pytest
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

from app.domain.errors import ShopError, StoreMisconfiguredError, StoreUnavailableError
from app.store.table_errors import (
    ConditionFailedError,
    ItemTooLargeError,
    is_transient,
    translated,
)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ConditionalCheckFailedException("no"), ConditionFailedError),
        (TransactionCanceledException("[None, ConditionalCheckFailed]"), ConditionFailedError),
        (TransactionCanceledException("[TransactionConflict, None]"), StoreUnavailableError),
        (ValidationException("Item size has exceeded the maximum"), ItemTooLargeError),
        (ConnectionException("reset"), StoreUnavailableError),
        (ProvisionedThroughputExceededException("slow down"), StoreUnavailableError),
        (PydynoxException("InternalServerError"), StoreUnavailableError),
        (AccessDeniedException("not authorized"), StoreMisconfiguredError),
        (CredentialsException("invalid"), StoreMisconfiguredError),
        (ResourceNotFoundException("no table"), StoreMisconfiguredError),
        (PydynoxException("the KMS key is disabled"), StoreMisconfiguredError),
    ],
)
def test_an_error_is_raised_as_what_it_means(failure: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, translated("put_item"):
        raise failure

    assert type(caught.value) is expected
    assert caught.value.__cause__ is failure


def test_what_is_not_known_passes_through() -> None:
    failure = ValidationException("an unused name")

    with pytest.raises(ValidationException) as caught, translated("put_item"):
        raise failure

    assert caught.value is failure


def test_the_code_and_the_operation_are_kept_and_nothing_else_of_aws_text() -> None:
    with pytest.raises(StoreMisconfiguredError) as caught, translated("get_item"):
        raise AccessDeniedException("User: arn:aws:iam::000000000000:role/x is not authorized")

    assert (caught.value.code, caught.value.operation) == ("AccessDeniedException", "get_item")
    assert "arn:" not in str(caught.value)
    assert isinstance(caught.value, ShopError)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ConnectionException("reset"), True),
        (ProvisionedThroughputExceededException("slow down"), True),
        (PydynoxException("InternalServerError"), True),
        (PydynoxException("the KMS key is disabled"), False),
        (AccessDeniedException("no"), False),
        (ValidationException("no"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(failure: PydynoxException, *, expected: bool) -> None:
    assert is_transient(failure) is expected
