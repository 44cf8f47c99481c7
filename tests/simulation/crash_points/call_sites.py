"""Every place in the shop's code that calls AWS, read from the code itself.

A place is (file, function, call, number): the first, second, ... mention of a method of the
table or of the queues in a function of the shop, or of what fetches or rotates the signing
keys. A walk over names, from the functions a handler starts with, finds those a handler can
reach. What the walk cannot see is forbidden (``hidden_calls.py``).
"""

import ast
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

ROOT = Path(__file__).parents[3]

TABLE_FILE, QUEUES_FILE = "app/store/table.py", "app/queues.py"
_KEYS_FILE, _ROTATION_FILE = "app/security/signing_keys.py", "app/security/key_rotation.py"

#: Not read: tools for people and for the build. No handler imports them, which is checked too.
TOOLS = ("infra/",)
#: Not read: the modules that make the calls; their callers are the call sites.
_PORTS = (
    *(TABLE_FILE, QUEUES_FILE),
    *("app/aws/connections.py", "app/aws/boto3_calls.py", "app/aws/json_service.py"),
    *("app/store/dynamodb.py", "app/store/traced_client.py"),
)
#: Where handlers begin: everything in these files.
_ROOTS = ("workers/", "routers/", "app/main.py")
#: Passed through on the way from a place to its call.
_BETWEEN = (TABLE_FILE, QUEUES_FILE, "app/deadlines.py")

#: Calls that are made side by side, in tasks of their own, and by whom.
_SIDE_BY_SIDE = {
    "query": ("app/store/pagination.py", "read_page"),
    "get": ("routers/system.py", "get_readiness"),
    "check": ("routers/system.py", "get_readiness"),
}

#: What fetches the keys.
_FETCH = "fetch_secret"

Site = tuple[str, str, str, int]
Spot = tuple[int, int]
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = _Function | ast.ClassDef


class _Import(NamedTuple):
    """What ``from module import name`` brings: another module's file, or a name of a file."""

    as_module: str
    file: str
    name: str


def owner_of(node: ast.expr) -> str:
    """Return what the thing before a dot is called, whatever stands before it."""
    return str(getattr(node, "id", getattr(node, "attr", ""))).lstrip("_")


class Module:
    """The functions and classes of one file, what it imports by which name, and its places."""

    def __init__(self, path: str, text: str) -> None:
        """Read one file."""
        self.path = path
        self.tree = ast.parse(text)
        self.defined: dict[str, list[_Named]] = {}
        self._imported: dict[str, _Import] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, _Named):
                self.defined.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self._imported[alias.asname or alias.name] = _Import(
                        _file_of(f"{node.module}.{alias.name}"), _file_of(node.module), alias.name
                    )

    def sites(self, methods: Mapping[str, frozenset[str]]) -> dict[Spot, Site]:
        """Return the places, by line and column; each counts in the innermost function."""
        found: list[tuple[Spot, str, str]] = []

        def visit(node: ast.AST, function: str) -> None:
            if isinstance(node, _Named):
                function = f"{function}.{node.name}" if function else node.name
            if isinstance(node, ast.Attribute | ast.Name) and (call := self._call(node, methods)):
                found.append(((node.lineno, node.col_offset), function or "<module>", call))
            for child in ast.iter_child_nodes(node):
                visit(child, function)

        visit(self.tree, "")
        counts: Counter[tuple[str, str]] = Counter()
        sites: dict[Spot, Site] = {}
        for spot, function, call in sorted(found):
            sites[spot] = (self.path, function, call, counts[function, call])
            counts[function, call] += 1
        return sites

    def _call(
        self, node: ast.Attribute | ast.Name, methods: Mapping[str, frozenset[str]]
    ) -> str | None:
        if isinstance(node, ast.Name):
            is_fetch = node.id == _FETCH and self.path not in _BETWEEN
            return _FETCH if is_fetch else None
        owner = owner_of(node.value)
        if node.attr in methods.get(owner, ()):
            return node.attr
        is_rotation = self.path == _ROTATION_FILE and owner == "client"
        return node.attr if is_rotation and node.attr != "exceptions" else None

    def reached_from(self, node: ast.AST, files: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the functions and classes that a function names; ``files`` are all there are."""
        for owner, name in _mentions(node):
            imported = self._imported.get(name if owner is None else owner)
            is_module = imported is not None and imported.as_module in files
            if imported and is_module and owner is not None:
                yield imported.as_module, name
            elif name in self.defined:
                yield self.path, name
            elif imported and not is_module and owner is None:
                yield imported.file, imported.name


# The same code is looked at with a change here or there, so what one file says is kept.


@lru_cache(maxsize=1_000)
def _read_module(path: str, text: str) -> Module:
    return Module(path, text)


@lru_cache(maxsize=1_000)
def _sites_of(module: Module, methods: tuple[tuple[str, frozenset[str]], ...]) -> dict[Spot, Site]:
    return module.sites(dict(methods))


@lru_cache(maxsize=10_000)
def _mentions(function: ast.AST) -> list[tuple[str | None, str]]:
    """Return the names in a function, those behind a dot with what stands before it."""
    found: list[tuple[str | None, str]] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            found.append((None, node.id))
        elif isinstance(node, ast.Attribute):
            found.append((getattr(node.value, "id", ""), node.attr))
    return found


@lru_cache(maxsize=10_000)
def _spots(function: ast.AST) -> list[Spot]:
    """Return where there are names in a function."""
    return [
        (node.lineno, node.col_offset)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute | ast.Name)
    ]


def _file_of(module: str) -> str:
    return module.replace(".", "/") + ".py"


class Code:
    """The shop's code: texts by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Read the code."""
        self._files = frozenset(files)
        self.modules = {
            path: _read_module(path, text)
            for path, text in sorted(files.items())
            if path not in _PORTS
        }
        self._methods = (
            ("table", _methods(files[TABLE_FILE], "Table")),
            ("queues", _methods(files[QUEUES_FILE], "SQSQueues")),
        )

    @cached_property
    def sites(self) -> dict[str, dict[Spot, Site]]:
        """Every place there is, by file, line and column."""
        return {path: _sites_of(module, self._methods) for path, module in self.modules.items()}

    @cached_property
    def reachable(self) -> list[tuple[Module, ast.AST]]:
        """The functions and classes that a handler can come to."""
        waiting = [
            (path, name)
            for path, module in self.modules.items()
            if path.startswith(_ROOTS)
            for name in module.defined
        ]
        seen: set[tuple[str, str]] = set()
        found: list[tuple[Module, ast.AST]] = []
        while waiting:
            path, name = place = waiting.pop()
            module = self.modules.get(path)
            if place in seen or module is None:
                continue
            seen.add(place)
            for node in module.defined.get(name, ()):
                found.append((module, node))
                waiting += module.reached_from(node, self._files)
        return found

    @cached_property
    def reachable_sites(self) -> frozenset[Site]:
        """The places a handler can come to."""
        spots = (
            (module.path, spot) for module, function in self.reachable for spot in _spots(function)
        )
        return frozenset(self.sites[path][spot] for path, spot in spots if spot in self.sites[path])

    def site_within(self, path: str, begin: Spot, end: Spot, call: str) -> Site | None:
        """Return the place of a call in a piece of text: the first one, which is outermost."""
        within = [
            site
            for spot, site in self.sites.get(path, {}).items()
            if begin <= spot < end and site[2] == call
        ]
        return within[0] if within else None

    def only_site(self, path: str, function: str, call: str) -> Site:
        """Return the one place of a call in a function.

        Raises:
            ValueError: there are several, and nothing tells which one it was.
        """
        [site] = [site for site in self.sites[path].values() if site[:3] == (path, function, call)]
        return site


@lru_cache(maxsize=10)
def _methods(text: str, name: str) -> frozenset[str]:
    [owner] = [
        statement
        for statement in ast.parse(text).body
        if isinstance(statement, ast.ClassDef) and statement.name == name
    ]
    return frozenset(
        member.name
        for member in owner.body
        if isinstance(member, ast.AsyncFunctionDef) and not member.name.startswith("_")
    )


def shop_files() -> dict[str, str]:
    """Return the texts of all the code that handlers are made of."""
    paths = (
        path for folder in ("app", "routers", "workers") for path in ROOT.glob(f"{folder}/**/*.py")
    )
    texts = {str(path.relative_to(ROOT)): path for path in paths}
    return {name: path.read_text() for name, path in texts.items() if not name.startswith(TOOLS)}


@lru_cache(maxsize=1)
def the_code() -> Code:
    """Return the shop's code as it is."""
    return Code(shop_files())


def client_calls() -> frozenset[str]:
    """Return the calls of the DynamoDB client that the table handle makes."""
    tree = ast.parse((ROOT / TABLE_FILE).read_text())
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "_client"
    )


def running_site() -> Site:
    """Return the place whose call is being made, looked up on the stack."""
    method, frame = "", sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        name, path = code.co_qualname, _path_of(code)
        if name.startswith(("Table.", "SQSQueues.", "FakeSecrets.")):
            method = name.split(".")[1]
        elif path and path not in _BETWEEN:
            call = _FETCH if path == _KEYS_FILE else method
            return _site_of(code, frame.f_lasti, call)
        frame = frame.f_back  # type: ignore[assignment]
    return the_code().only_site(*_SIDE_BY_SIDE[method], method)


@lru_cache(maxsize=500)
def _path_of(code: CodeType) -> str:
    """Return the file of a function of the shop; empty for other functions."""
    path = Path(code.co_filename)
    if not path.is_absolute():
        path = ROOT / path
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
    return name if name.startswith(("app/", "routers/", "workers/")) else ""


@lru_cache(maxsize=500)
def _site_of(code: CodeType, instruction: int, call: str) -> Site:
    line, last_line, column, last_column = list(code.co_positions())[instruction // 2]
    path = _path_of(code)
    begin, end = (line or 0, column or 0), (last_line or 0, last_column or 0)
    # A call that the walk did not find gets a number that is in no list.
    return the_code().site_within(path, begin, end, call) or (path, code.co_name, call, -1)
