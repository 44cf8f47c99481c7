"""Every key of a stack's file is refused in the shop's words, which say what is wanted."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app.field_errors import IS_WRONG, describe
from infra.components.stack_config import Canary, DynamoDB, Generic, RestoreFrom, Tags

#: Wrong for one key or another, as YAML has it.
WRONG: list[Any] = [
    *(None, "", "x", "x" * 300, "<x>", "-1", "2026-13-01T00:00:00Z", "2026-11-23T09:00:00"),
    *(0, -1, 1.5, 1e300, 10**50, float("nan"), True, [], [1], {}, {"a": 1}),
]


@pytest.mark.parametrize(
    ("model", "key"),
    [
        (model, field.alias)
        for model in (Generic, Canary, DynamoDB, RestoreFrom, Tags)
        for field in model.model_fields.values()
    ],
)
def test_a_key_is_refused_in_words_of_the_shop(model: type[BaseModel], key: str) -> None:
    refused = 0
    for wrong in WRONG:
        try:
            model.model_validate({key: wrong})
        except ValidationError as failure:
            for error in failure.errors():
                if error["loc"][:1] == (key,):
                    refused += 1
                    assert describe(error) != IS_WRONG, (wrong, error)
                    assert describe(error).startswith(("must ", "is ")), (wrong, error)

    assert refused
