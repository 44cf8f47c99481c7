"""Every place in the shop's code that calls AWS, read from the code itself.

A place is (file, function, call, number): the first, second, ... mention of a method of the
table or of the queues in a function of the shop, or of what fetches or rotates the signing
keys. A walk over names, from the functions a handler starts with, finds those a handler can
reach. What the walk cannot see is forbidden (``hidden_calls.py``).
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[3]

TABLE_FILE, QUEUES_FILE = "app/store/table.py", "app/queues.py"
_KEYS_FILE, _ROTATION_FILE = "app/security/signing_keys.py", "app/security/key_rotation.py"

#: Not read: tools for people and for the build. No handler imports them, which is checked too.
TOOLS = ("infra/",)
#: Not read: the modules that make the calls; their callers are the call sites.
_PORTS = (
    *(TABLE_FILE, QUEUES_FILE),
    *("app/async_connections.py", "app/aws.py", "app/aws_json.py"),
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


def owner_of(node: ast.expr) -> str:
    """Return what the thing before a dot is called, whatever stands before it."""
    return str(getattr(node, "id", getattr(node, "attr", ""))).lstrip("_")


class Module:
    """The functions and classes of one file, what its names stand for, and its places."""

    def __init__(self, path: str, text: str, files: frozenset[str]) -> None:
        """Read one file; ``files`` are those that names can lead to."""
        self.path = path
        self.tree = ast.parse(text)
        self.defined: dict[str, list[_Named]] = {}
        self.modules: dict[str, str] = {}
        self.names: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, _Named):
                self.defined.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ImportFrom) and node.module:
                self._import(node, files)

    def _import(self, node: ast.ImportFrom, files: frozenset[str]) -> None:
        for alias in node.names:
            name, inner = alias.asname or alias.name, f"{node.module}.{alias.name}"
            if (file := _file_of(inner)) in files:
                self.modules[name] = file
            else:
                self.names[name] = (_file_of(node.module or ""), alias.name)

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

    def reached_from(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield the functions and classes that a function names."""
        for child in ast.walk(node):
            if isinstance(child, ast.Name):
                if child.id in self.defined:
                    yield self.path, child.id
                elif child.id in self.names:
                    yield self.names[child.id]
            elif isinstance(child, ast.Attribute):
                owner = getattr(child.value, "id", "")
                if owner in self.modules:
                    yield self.modules[owner], child.attr
                elif child.attr in self.defined:
                    yield self.path, child.attr


@lru_cache(maxsize=1_000)
def _read_module(path: str, text: str, files: frozenset[str]) -> Module:
    """Return one file, read once: the same code is looked at with a change here or there."""
    return Module(path, text, files)


def _file_of(module: str) -> str:
    return module.replace(".", "/") + ".py"


class Code:
    """The shop's code: texts by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Read the code."""
        names = frozenset(files)
        self.modules = {
            path: _read_module(path, text, names)
            for path, text in sorted(files.items())
            if path not in _PORTS
        }
        self._methods = {
            "table": _methods(ast.parse(files[TABLE_FILE]), "Table"),
            "queues": _methods(ast.parse(files[QUEUES_FILE]), "SQSQueues"),
        }

    @cached_property
    def sites(self) -> dict[str, dict[Spot, Site]]:
        """Every place there is, by file, line and column."""
        return {path: module.sites(self._methods) for path, module in self.modules.items()}

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
                waiting += module.reached_from(node)
        return found

    @cached_property
    def reachable_sites(self) -> frozenset[Site]:
        """The places a handler can come to."""
        spots = (
            (module.path, (node.lineno, node.col_offset))
            for module, function in self.reachable
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute | ast.Name)
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


def _methods(tree: ast.Module, name: str) -> frozenset[str]:
    [owner] = [
        statement
        for statement in tree.body
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
