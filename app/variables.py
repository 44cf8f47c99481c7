"""Environment variables as the fields of a dataclass, each with what reads it.

Without pydantic: every function reads settings, and no worker imports it (app/DECISIONS.md, 13).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, field
from enum import StrEnum
from typing import Any, NamedTuple

_KEY = "variable"

_WHOLE = re.compile(r"[+-]?[0-9]+([.]0+)?")
_URL_BASE = re.compile(r"(https?://[^\s/?#]+(/[^\s?#]*)?)?")

#: Returns the value that a text stands for; raises ValueError with what it must be.
Read = Callable[[str], Any]


class Variable(NamedTuple):
    """The names of a variable, the first one that is set counts; its default; what reads it."""

    names: tuple[str, ...]
    default: Any
    read: Read


def variable(default: Any, *names: str, read: Read = str) -> Any:
    """Return a field of a dataclass that is read from an environment variable."""
    return field(default=default, metadata={_KEY: Variable(names, default, read)})


def variable_of(made: Field[Any]) -> Variable:
    """Return the variable of a field that :func:`variable` made."""
    found: Variable = made.metadata[_KEY]
    return found


def read_variables(
    variables: Mapping[str, Variable], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values of the variables that are set; empty text is not.

    Raises:
        ValueError: values cannot be read; the text names each variable and repeats no value.
    """
    found, problems = {}, []
    for field_name, wanted in variables.items():
        for name in wanted.names:
            if not (given := environment.get(name, "")).strip():
                continue
            try:
                found[field_name] = wanted.read(given)
            except ValueError as failure:
                problems.append(f"{name}: {failure}")
            break
    if problems:
        raise ValueError("; ".join(problems))
    return found


def choice(options: type[StrEnum]) -> Read:
    """Return what reads one of some words."""

    def read(given: str) -> StrEnum:
        try:
            return options(given)
        except ValueError:
            raise ValueError(f"must be {' or '.join(options)}") from None

    return read


def text(pattern: str, rule: str) -> Read:
    """Return what reads text of a form; ``rule`` says which that is."""
    form = re.compile(pattern)

    def read(given: str) -> str:
        if not form.fullmatch(given):
            raise ValueError(rule)
        return given

    return read


def list_of(read: Read) -> Read:
    """Return what reads values with commas between them."""
    return lambda given: tuple(read(part.strip()) for part in given.split(","))


def whole(lowest: int, highest: int | None = None) -> Read:
    """Return what reads a whole number within bounds."""

    def read(given: str) -> int:
        value = _whole(given)
        if value < lowest or (highest is not None and value > highest):
            raise ValueError(_between(lowest, highest))
        return value

    return read


def _whole(given: str) -> int:
    if len(given) > 20 or not _WHOLE.fullmatch(given.strip()):
        raise ValueError("must be a whole number")
    return int(given.strip().partition(".")[0])


def number(lowest: float, highest: float) -> Read:
    """Return what reads a number within bounds."""

    def read(given: str) -> float:
        try:
            value = float(given)
        except ValueError:
            raise ValueError("must be a number") from None
        if not lowest <= value <= highest:
            raise ValueError(_between(lowest, highest))
        return value

    return read


def _between(lowest: float, highest: float | None) -> str:
    return f"must be at least {lowest}" if highest is None else f"must be {lowest} to {highest}"


def seconds_range(given: str) -> tuple[int, int]:
    """Read ``5-120`` as ``(5, 120)``; one number stands for both ends.

    Raises:
        ValueError: it is no range.
    """
    first, dash, last = given.strip().partition("-")
    return _whole(first), _whole(last if dash else first)


def url_base(given: str) -> str:
    """Read an origin, perhaps with a path, to which paths like ``/static/images/x.jpg`` are added.

    Raises:
        ValueError: it is none.
    """
    if not _URL_BASE.fullmatch(given):
        raise ValueError("must be an address that begins with http:// or https://")
    return given.rstrip("/")
