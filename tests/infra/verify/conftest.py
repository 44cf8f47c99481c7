"""The shop of this tree, as a process: one for all gates that ask a shop that runs."""

from collections.abc import Iterator

import pytest

from tests.infra.local.helpers.shop_process import ShopProcess, running


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    folder = tmp_path_factory.mktemp("gates")
    (folder / "project").mkdir()
    with running(folder / "project", folder / "data") as shop:
        yield shop
