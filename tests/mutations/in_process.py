"""Planting a bug in this process, without starting another: schedules run by the thousand.

The changed file is compiled and the code of its functions is put into the functions that are
there, so modules that imported them by name run the changed code too. ``SHOP_MUTATION=<name>``
or ``--mutant <name>`` applies one to a whole run of schedules.
"""

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutations.schedules import FOR_OTHER_SHIPPERS, MUTATIONS

#: The environment variable that names a mutation.
VARIABLE = "SHOP_MUTATION"


@contextmanager
def applied(name: str) -> Iterator[None]:
    """Change the shop for a while.

    Raises:
        ValueError: the text to be replaced is not there exactly once.
    """
    mutation = {**MUTATIONS, **FOR_OTHER_SHIPPERS}[name]
    module = importlib.import_module(mutation.path.removesuffix(".py").replace("/", "."))
    changed = compile(mutation.changed_text(), mutation.path, "exec")
    undo = _swap_constants(module, changed) if mutation.is_constant else _swap(module, changed)
    try:
        yield
    finally:
        for act in reversed(undo):
            act()


def _swap(module: ModuleType, changed: CodeType) -> list[Any]:
    codes = dict(_codes(changed))
    undo = []
    for function in _functions(module):
        old = function.__code__
        new = codes[function.__qualname__]
        if old.co_code != new.co_code or old.co_consts != new.co_consts:
            function.__code__ = new
            undo.append(lambda function=function, old=old: setattr(function, "__code__", old))
    if not undo:
        raise ValueError(f"nothing changed in {module.__name__}")
    return undo


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and "<locals>" not in constant.co_qualname:
            yield constant.co_qualname, constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods that a module's own text defines."""
    classes = (value for value in vars(module).values() if isinstance(value, type))
    places = [dict(vars(module)), *(dict(vars(cls)) for cls in classes)]
    for place in places:
        for value in place.values():
            bare = value.fget if isinstance(value, property) else value
            bare = getattr(bare, "__func__", bare)
            bare = inspect.unwrap(bare) if callable(bare) else bare
            if isinstance(bare, FunctionType) and bare.__code__.co_filename == module.__file__:
                yield bare


def _swap_constants(module: ModuleType, changed: CodeType) -> list[Any]:
    """Give every module that knows a changed constant the new one."""
    scratch = ModuleType(module.__name__)
    sys.modules[scratch.__name__] = scratch
    try:
        exec(changed, vars(scratch))
    finally:
        sys.modules[module.__name__] = module
    undo: list[Any] = []
    shop = [loaded for name, loaded in sys.modules.items() if name.startswith(("app.", "workers."))]
    for name, old in list(vars(module).items()):
        new = vars(scratch).get(name)
        if not name.isupper() or old == new:
            continue
        for owner in shop:
            if vars(owner).get(name) is old:
                setattr(owner, name, new)
                undo.append(lambda owner=owner, name=name, old=old: setattr(owner, name, old))
    if not undo:
        raise ValueError(f"nothing changed in {module.__name__}")
    return undo
