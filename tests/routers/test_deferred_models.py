"""Models that are built when they are first used."""

from pydantic import BaseModel

from routers.deferred_models import models_deferred


def test_a_model_of_the_block_is_built_when_it_is_first_used() -> None:
    with models_deferred():

        class Deferred(BaseModel):
            number: int

    class Later(BaseModel):
        number: int

    assert (Deferred.__pydantic_complete__, Later.__pydantic_complete__) == (False, True)
    assert Deferred(number=1).model_dump() == {"number": 1}
    assert Deferred.__pydantic_complete__
