"""What the walk over the shop's code could not see, and which is therefore forbidden.

The walk (``call_sites.py``) knows the table and the queues by their names, and everything else that
reaches AWS by the files it is in. So both may have no other name, and nothing else may reach
AWS from another file.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tests.simulation.crash_points.call_sites import TOOLS, Code, Module, owner_of

_PORTS = frozenset({"table", "queues"})
_MAKERS = frozenset({"get_table", "get_queues", "open_table", "SQSQueues"})
_TYPES = frozenset({"Table", "Queues", "SQSQueues", "TableDep", "QueuesDep"})
#: What these do with their arguments cannot be read from the code.
_OPAQUE = frozenset({"getattr", "vars", "methodcaller", "attrgetter", "eval", "exec"})

#: What reaches AWS or any other host, and who may name it.
_LIBRARIES = frozenset(
    {
        *("aiohttp", "boto3", "botocore", "http", "httpx", "requests", "sentry_sdk"),
        *("socket", "urllib3"),
    }
)
_CLIENTS = frozenset(
    {
        *("AsyncConnections", "Boto3Service", "DynamoDBClient", "JsonService", "client_config"),
        *("chain_credentials", "get_client", "get_service"),
        *("open_table", "secrets_client", "secrets_manager", "sqs", "urlopen"),
    }
)
_MAY_REACH = frozenset(
    {
        "app/aws/connections.py",
        "app/aws/boto3_calls.py",
        "app/aws/json_service.py",
        "app/queues.py",
        "app/security/key_rotation.py",
        "app/security/signing_keys.py",
        # These tell of spans and errors, and change nothing.
        "app/otlp.py",
        "app/sentry.py",
        "app/store/dynamodb.py",
        "app/store/table.py",
        # Tells of the calls that the table makes.
        "app/store/traced_client.py",
    }
)
#: Parts of those libraries that make no calls.
_HARMLESS = frozenset({"botocore.exceptions", "http.HTTPStatus"})


def complaints(files: Mapping[str, str]) -> Iterator[str]:
    """Yield everything that is hidden in the shop's code."""
    code = Code(files)
    for path, module in code.modules.items():
        for line, what in (*_outside(module), *_unplaced(code, path)):
            yield f"{path}:{line}: {what}"
    seen: set[ast.AST] = set()
    for module, node in code.reachable:
        if node not in seen:
            seen.add(node)
            yield from (f"{module.path}:{line}: {what}" for line, what in _renamed(node))


def _unplaced(code: Code, path: str) -> Iterator[tuple[int, str]]:
    for (line, _), site in code.sites[path].items():
        if site[1] == "<module>":
            yield line, f"{site[2]}: is called outside of a function"


@lru_cache(maxsize=1_000)
def _outside(module: Module) -> list[tuple[int, str]]:
    """Return what reaches another host, or a tool, and imports that hide names."""
    return list(_reaching_out(module))


def _reaching_out(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        for line, name in _imported(node):
            if f"{name.replace('.', '/')}/".startswith(TOOLS):
                yield line, f"{name}: a tool is no part of a handler"
            is_call = name.split(".")[0] in _LIBRARIES or name.split(".")[-1] in _CLIENTS
            is_harmless = any(name.startswith(pattern) for pattern in _HARMLESS)
            if is_call and not is_harmless and module.path not in _MAY_REACH:
                yield line, f"{name}: only {', '.join(sorted(_MAY_REACH))} may reach AWS"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in {"app", "routers", "workers"}:
                    yield node.lineno, f"import {alias.name}: names are followed from 'from'"
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in _CLIENTS | {"import_module"}
            and module.path not in _MAY_REACH
        ):
            yield node.lineno, f"{node.attr}: only named files may reach AWS"


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@lru_cache(maxsize=10_000)
def _renamed(function: ast.AST) -> list[tuple[int, str]]:
    """Return other names of the table and the queues in a function or class."""
    return list(_renaming(function))


def _renaming(function: ast.AST) -> Iterator[tuple[int, str]]:
    for parent in ast.walk(function):
        if isinstance(parent, ast.arg | ast.AnnAssign):
            name = parent.arg if isinstance(parent, ast.arg) else owner_of(parent.target)
            types = _named_in(parent.annotation)
            if types & _TYPES and name.lstrip("_") not in _PORTS and "Callable" not in types:
                yield parent.lineno, f"{name}: another name for the table or the queues"
        for child in ast.iter_child_nodes(parent):
            if (
                isinstance(child, ast.expr)
                and _is_port(child)
                and not _is_plain(parent, child, function)
            ):
                yield child.lineno, f"{ast.unparse(parent)}: hides the table or the queues"


def _named_in(annotation: ast.expr | None) -> set[str]:
    if annotation is None:
        return set()
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    return {owner_of(node) for node in ast.walk(annotation) if isinstance(node, ast.expr)}


def _is_port(node: ast.expr) -> bool:
    """Return whether something is the table or the queues, or makes one of them."""
    if isinstance(node, ast.Call):
        return owner_of(node.func) in _MAKERS
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        return owner_of(node) in _PORTS
    return False


def _is_plain(parent: ast.AST, child: ast.AST, function: ast.AST) -> bool:
    """Return whether what is done with a port keeps its name: it is asked, or passed on."""
    match parent:
        case ast.Attribute():
            return not isinstance(child, ast.Call)
        case ast.Call():
            is_inline = isinstance(parent.func, ast.Lambda)
            return not is_inline and owner_of(parent.func) not in _OPAQUE
        case ast.keyword():
            return parent.arg is not None and parent.arg.lstrip("_") in _PORTS
        case ast.Assign(targets=[target]):
            return owner_of(target) in _PORTS
        case ast.Return():
            name = str(getattr(function, "name", ""))
            return name.removeprefix("get").removeprefix("open").lstrip("_") in _PORTS or (
                isinstance(function, ast.ClassDef)
            )
        case _:
            return False
