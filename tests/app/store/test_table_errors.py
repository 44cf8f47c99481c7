"""What the errors of the DynamoDB client mean to the shop."""

import pytest

from app.aws.errors import NO_ANSWER
from app.domain.errors import ShopError, StoreMisconfiguredError, StoreUnavailableError
from app.store.dynamodb import DynamoDBError
from app.store.table_errors import (
    ConditionFailedError,
    ItemTooLargeError,
    is_transient,
    translated,
)


def _cancelled(*reasons: str) -> DynamoDBError:
    return DynamoDBError("TransactionCanceledException", reasons=reasons)


def _invalid(text: str) -> DynamoDBError:
    return DynamoDBError("ValidationException", text=text)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (DynamoDBError("ConditionalCheckFailedException"), ConditionFailedError),
        (_cancelled("None", "ConditionalCheckFailed"), ConditionFailedError),
        (_cancelled("TransactionConflict", "None"), StoreUnavailableError),
        (_invalid("Item size has exceeded the maximum"), ItemTooLargeError),
        (DynamoDBError(NO_ANSWER, 0), StoreUnavailableError),
        (DynamoDBError("ProvisionedThroughputExceededException"), StoreUnavailableError),
        (DynamoDBError("InternalServerError", 500), StoreUnavailableError),
        (DynamoDBError("AccessDeniedException"), StoreMisconfiguredError),
        (DynamoDBError("UnrecognizedClientException"), StoreMisconfiguredError),
        (DynamoDBError("ResourceNotFoundException"), StoreMisconfiguredError),
        (DynamoDBError("SomethingOfNextYear"), StoreMisconfiguredError),
        (
            DynamoDBError("AccessDeniedException", text="the KMS key is disabled"),
            StoreMisconfiguredError,
        ),
    ],
)
def test_an_error_is_raised_as_what_it_means(failure: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, translated("put_item"):
        raise failure

    assert type(caught.value) is expected
    assert caught.value.__cause__ is failure


def test_an_invalid_call_passes_through() -> None:
    failure = _invalid("an unused name")

    with pytest.raises(DynamoDBError) as caught, translated("put_item"):
        raise failure

    assert caught.value is failure


def test_the_code_and_the_operation_are_kept_and_nothing_else_of_aws_text() -> None:
    text = "User: arn:aws:iam::000000000000:role/x is not authorized"
    with pytest.raises(StoreMisconfiguredError) as caught, translated("get_item"):
        raise DynamoDBError("AccessDeniedException", text=text)

    assert (caught.value.code, caught.value.operation) == ("AccessDeniedException", "get_item")
    assert "arn:" not in str(caught.value)
    assert isinstance(caught.value, ShopError)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (DynamoDBError(NO_ANSWER, 0), True),
        (DynamoDBError("ProvisionedThroughputExceededException"), True),
        (DynamoDBError("InternalServerError", 500), True),
        (DynamoDBError("TransactionConflictException"), True),
        (DynamoDBError("MissingAuthenticationTokenException", 0), False),
        (DynamoDBError("AccessDeniedException", text="the KMS key is disabled"), False),
        (DynamoDBError("AccessDeniedException"), False),
        (_invalid("no"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(failure: DynamoDBError, *, expected: bool) -> None:
    assert is_transient(failure) is expected
