"""Imports without garbage collection and without building models."""

import gc

import pytest
from pydantic import BaseModel

from app.imports import collector_off, models_deferred


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_off_in_the_block_and_as_before_after_it(*, is_on: bool) -> None:
    was_on, frozen = gc.isenabled(), gc.get_freeze_count()
    try:
        gc.enable() if is_on else gc.disable()
        with collector_off():
            in_the_block = gc.isenabled()
        assert not in_the_block
        assert gc.isenabled() is is_on
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        gc.enable() if was_on else gc.disable()


def test_a_model_of_the_block_is_built_when_it_is_first_used() -> None:
    with models_deferred():

        class Deferred(BaseModel):
            number: int

    class Later(BaseModel):
        number: int

    assert (Deferred.__pydantic_complete__, Later.__pydantic_complete__) == (False, True)
    assert Deferred(number=1).model_dump() == {"number": 1}
    assert Deferred.__pydantic_complete__
