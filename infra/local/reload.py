"""Watches the shop's code and tells which processes a change concerns."""

from collections.abc import AsyncIterator
from importlib.util import cache_from_source
from pathlib import Path

from watchfiles import PythonFilter, awatch

from infra.local.environment import PROJECT

# By the import rules: workers do not import routers, the API does not import workers.
_FOLDERS = {
    "app": frozenset({"api", "worker"}),
    "routers": {"api"},
    "workers": {"worker"},
    "infra": frozenset(),
}

#: The kind of a change that takes effect only when the whole shop is started again.
SHOP = "shop"
_DEFINITIONS = (Path("infra/topology.py"), Path("app/store/schema.py"), Path("infra/local"))


async def code_changes(project: Path = PROJECT) -> AsyncIterator[frozenset[str]]:
    """Yield the kinds of process ("api", "worker", "shop") whenever their code has changed."""
    folders = [project / name for name in _FOLDERS if (project / name).is_dir()]
    async for changes in awatch(
        *folders, watch_filter=PythonFilter(), step=50, debounce=400, raise_interrupt=False
    ):
        paths = {Path(path).relative_to(project) for _, path in changes}
        for path in paths:
            _forget_bytecode(project / path)
        kinds = frozenset().union(*(_FOLDERS[path.parts[0]] for path in paths))
        if any(path.is_relative_to(folder) for path in paths for folder in _DEFINITIONS):
            kinds |= {SHOP}
        yield kinds


def _forget_bytecode(path: Path) -> None:
    """Remove the bytecode of a source file that has changed.

    Python compares time (in seconds) and size of the source with its bytecode: the second of
    two changes within one second would not be loaded.
    """
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
