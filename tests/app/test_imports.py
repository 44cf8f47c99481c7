"""Imports without garbage collection."""

import gc

import pytest

from app.imports import collector_off


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
