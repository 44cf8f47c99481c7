"""Fixtures of the local shop's tests: a project of stand-ins and a shop that runs on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.local.helpers.shop_process import ShopProcess, running
from tests.infra.local.helpers.stand_ins import make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    """One running shop for the tests of a module that leave it as they found it."""
    folder = tmp_path_factory.mktemp("shop")
    with running(make_project(folder / "project"), folder / "data") as shop:
        yield shop
