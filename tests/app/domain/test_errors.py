"""Business errors: one root, and a place in the family that decides their HTTP status."""

import inspect

import pytest

from app.domain import errors
from app.domain.errors import NotFoundError, ShopError

ERRORS = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if error.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_a_shop_error_and_named_like_one(error: type[Exception]) -> None:
    assert issubclass(error, ShopError)
    assert error.__name__.endswith("Error")
    assert "a text for the caller" in str(error("a text for the caller"))


def test_too_many_attempts_say_when_the_next_one_is_allowed() -> None:
    error = errors.TooManyAttemptsError(30)

    assert error.retry_after_seconds == 30
    assert str(error) == "too many attempts; try again in 30 s"


def test_what_is_not_found_can_be_caught_by_one_name() -> None:
    named = {error for error in ERRORS if error.__name__.endswith("NotFoundError")}

    assert len(named) == 4
    assert all(issubclass(error, NotFoundError) for error in named - {NotFoundError})


def test_an_error_of_the_shop_is_no_error_of_python() -> None:
    """pydantic would turn a ValueError into one of its own, with the value in it."""
    assert not any(issubclass(error, ValueError | LookupError | OSError) for error in ERRORS)
