"""Importing without garbage collection, and without building models that nobody asks for.

Almost nothing that an import makes is garbage, but the collector looks through all of it again
and again: a third of the CPU time of a cold start. What is there afterwards stays as long as
the process, so that the collector need not look at it later either.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_off() -> Iterator[None]:
    """Make the imports in the block without garbage collection, and leave them out of later ones.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def models_deferred() -> Iterator[None]:
    """Let pydantic build the models that the block defines when they are first used.

    For FastAPI: it describes API documents with models, a tenth of a start's CPU time, and no
    request but the one for the document uses them.
    https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
    """
    from pydantic import BaseModel, ConfigDict  # noqa: PLC0415 - not imported by workers

    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**{**before, "defer_build": True})
    try:
        yield
    finally:
        BaseModel.model_config = before
