"""Importing FastAPI without building the models that it describes API documents with.

They are a tenth of a start's processor time, and no request but the one for the document uses them.
https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict


@contextmanager
def models_deferred() -> Iterator[None]:
    """Let pydantic build the models that the block defines when they are first used."""
    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**{**before, "defer_build": True})
    try:
        yield
    finally:
        BaseModel.model_config = before
