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
    for each in code.co_consts:
        if isinstance(each, CodeType) and "<locals>" not in each.co_qualname:
            yield each.co_qualname, each
            yield from _codes(each)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods that a module's own text defines."""
    classes = (each for each in vars(module).values() if isinstance(each, type))
    places = [dict(vars(module)), *(dict(vars(each)) for each in classes)]
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
    shop = [each for name, each in sys.modules.items() if name.startswith(("app.", "workers."))]
    for name, old in list(vars(module).items()):
        new = vars(scratch).get(name)
        if not name.isupper() or old == new:
            continue
        for each in shop:
            if vars(each).get(name) is old:
                setattr(each, name, new)
                undo.append(lambda each=each, name=name, old=old: setattr(each, name, old))
    if not undo:
        raise ValueError(f"nothing changed in {module.__name__}")
    return undo
