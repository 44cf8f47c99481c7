"""Every place in the shop's code that calls AWS, read from the code itself.

A place is (file, function, call): a function of the shop that calls a method of the table or
of the queues, or fetches the signing keys. A walk over names, from the functions a handler
starts with, finds those a handler can reach.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
#: The shop's own code, and not the test that runs it.
_SHOP = tuple(f"{ROOT}/{each}/" for each in ("app", "routers", "workers"))
_TABLE_FILE = "app/store/table.py"
_KEYS_FILE = "app/signing_keys.py"
_READ = ("app/services/*.py", "app/store/*.py", _KEYS_FILE, "workers/*.py", "routers/*.py")
#: Where handlers begin: everything in these files.
_ROOTS = ("workers/*.py", "routers/*.py")

#: Calls that are made side by side, in tasks of their own, and by whom.
_SIDE_BY_SIDE = {
    "query": ("app/store/pages.py", "read_page"),
    "get": ("routers/system.py", "get_readiness"),
    "check": ("routers/system.py", "get_readiness"),
}

#: How the keys are fetched: boto3 blocks, so it goes through a thread.
_FETCH = "in_thread"

Site = tuple[str, str, str]


@dataclass
class _Module:
    """The functions of one file and what its names stand for."""

    path: str
    functions: dict[str, ast.AST] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)


def _file_of(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _parse(path: Path) -> _Module:
    module = _Module(str(path.relative_to(ROOT)))
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name, inner = alias.asname or alias.name, f"{node.module}.{alias.name}"
                if (ROOT / _file_of(inner)).exists():
                    module.modules[name] = _file_of(inner)
                else:
                    module.names[name] = (_file_of(node.module), alias.name)
    return module


@lru_cache(maxsize=1)
def _modules() -> dict[str, _Module]:
    paths = sorted(path for pattern in _READ for path in ROOT.glob(pattern))
    modules = [_parse(path) for path in paths]
    return {each.path: each for each in modules if each.path != _TABLE_FILE}


@lru_cache(maxsize=1)
def _calls() -> dict[str, frozenset[str]]:
    """Return the methods that call AWS, by what their owner is called."""
    table = ast.parse((ROOT / _TABLE_FILE).read_text())
    queues = ast.parse((ROOT / "app/queues.py").read_text())
    return {"table": _methods(table, "Table"), "queues": _methods(queues, "Queues")}


def _methods(tree: ast.Module, name: str) -> frozenset[str]:
    [owner] = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name]
    return frozenset(
        each.name
        for each in owner.body
        if isinstance(each, ast.AsyncFunctionDef) and not each.name.startswith("_")
    )


def _sites_in(module: _Module, function: str) -> Iterator[Site]:
    for node in ast.walk(module.functions[function]):
        if isinstance(node, ast.Attribute):
            owner = getattr(node.value, "id", getattr(node.value, "attr", "")).lstrip("_")
            if node.attr in _calls().get(owner, ()):
                yield module.path, function, node.attr
        elif isinstance(node, ast.Name) and node.id == _FETCH:
            yield module.path, function, _FETCH


def _reached_from(module: _Module, function: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module.functions[function]):
        if isinstance(node, ast.Name):
            if node.id in module.functions:
                yield module.path, node.id
            elif node.id in module.names:
                yield module.names[node.id]
        elif isinstance(node, ast.Attribute):
            owner = getattr(node.value, "id", "")
            if owner in module.modules:
                yield module.modules[owner], node.attr
            elif node.attr in module.functions:
                yield module.path, node.attr


def reachable_sites() -> frozenset[Site]:
    """Return the places a handler can come to."""
    modules = _modules()
    waiting = [
        (path, function)
        for path, module in modules.items()
        for function in module.functions
        if any(Path(path).match(pattern) for pattern in _ROOTS)
    ]
    seen: set[tuple[str, str]] = set()
    found: set[Site] = set()
    while waiting:
        place = waiting.pop()
        path, function = place
        if place in seen or path not in modules or function not in modules[path].functions:
            continue
        seen.add(place)
        found.update(_sites_in(modules[path], function))
        waiting += _reached_from(modules[path], function)
    return frozenset(found)


def client_calls() -> frozenset[str]:
    """Return the calls of the DynamoDB client that the table handle makes."""
    tree = ast.parse((ROOT / _TABLE_FILE).read_text())
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "_client"
    )


def _frames() -> Iterable[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def running_site() -> Site:
    """Return the place whose call is being made, looked up on the stack."""
    method = ""
    for frame in _frames():
        name = frame.f_code.co_qualname
        file = frame.f_code.co_filename
        if name.startswith(("Table.", "FakeQueues.")):
            method = name.split(".")[1]
        elif file.endswith(_KEYS_FILE):
            return _KEYS_FILE, frame.f_code.co_name, _FETCH
        elif not file.startswith(_SHOP) or file.endswith(("store/table.py", "app/patience.py")):
            continue
        else:
            return str(Path(file).relative_to(ROOT)), frame.f_code.co_name, method
    return (*_SIDE_BY_SIDE[method], method)
