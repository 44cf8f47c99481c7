"""The expressions the store really uses, compiled once each.

Anything else is :class:`NotImplementedError`: a new kind of expression is added here and
compared with the emulator (``tests.simulation.conformance``) before a simulation relies on it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from app.store.dynamodb import DynamoDBError

Item = dict[str, Any]
Names = dict[str, str]
Values = dict[str, Any]
Condition = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Item, Names, Values], None]

_CLAUSES = re.compile(r"\b(SET|ADD|REMOVE)\s+")
_EXISTS = re.compile(r"attribute_exists\(\s*([#\w]+)\s*\)")
_MISSING = re.compile(r"attribute_not_exists\(\s*([#\w]+)\s*\)")
_ONE_OF = re.compile(r"([#\w]+) IN \(([^)]*)\)")
_NO_NUMBER = re.compile(r"NOT attribute_type\(([#\w]+), (:\w+)\)")
_AT_MOST = re.compile(r"([#\w]+) <= (:\w+)")
_EQUAL = re.compile(r"([#\w]+) = (:\w+)")
_SET = re.compile(r"([#\w]+) = (?:(:\w+)|if_not_exists\(\s*([#\w]+)\s*,\s*(:\w+)\s*\))")
_ADD = re.compile(r"([#\w]+) (:\w+)")
_PATH = re.compile(r"[#\w]+")
_COMMA = re.compile(r",\s*(?![^(]*\))")
_USED = re.compile(r"[#:]\w+")


def _path(token: str, names: Names) -> str:
    if token[0] != "#":
        return token
    try:
        return names[token]
    except KeyError:
        raise DynamoDBError("ValidationException", text=f"unknown name {token}") from None


def _value(token: str, values: Values) -> Any:
    try:
        return values[token]
    except KeyError:
        raise DynamoDBError("ValidationException", text=f"unknown value {token}") from None


@lru_cache(maxsize=500)
def compile_condition(text: str) -> Condition:
    """Return what tells whether a condition holds for an item."""
    text = text.strip()
    if " OR " in text:
        choices_of = [compile_condition(part) for part in text.split(" OR ")]
        return lambda item, names, values: any(part(item, names, values) for part in choices_of)
    if " AND " in text:
        parts = [compile_condition(part) for part in text.split(" AND ")]
        return lambda item, names, values: all(part(item, names, values) for part in parts)
    return _check_of_one(text) or _comparison(text)


def _check_of_one(text: str) -> Condition | None:
    if found := _EXISTS.fullmatch(text):
        path = found[1]
        return lambda item, names, _: _path(path, names) in item
    if found := _MISSING.fullmatch(text):
        path = found[1]
        return lambda item, names, _: _path(path, names) not in item
    if found := _ONE_OF.fullmatch(text):
        path, choices = found[1], [choice.strip() for choice in found[2].split(",")]
        return lambda item, names, values: _is_among(item, path, choices, names, values)
    return None


def _comparison(text: str) -> Condition:
    if found := _EQUAL.fullmatch(text):
        path, token = found[1], found[2]
        return lambda item, names, values: _is_among(item, path, [token], names, values)
    if found := _AT_MOST.fullmatch(text):
        path, token = found[1], found[2]
        return lambda item, names, values: _is_at_most(item, path, _value(token, values), names)
    if found := _NO_NUMBER.fullmatch(text):
        path, token = found[1], found[2]
        return lambda item, names, values: (
            not _is_of_type(item.get(_path(path, names)), _value(token, values))
        )
    raise NotImplementedError(f"the simulation does not know the condition {text!r}")


def _is_at_most(item: Item, path: str, most: Any, names: Names) -> bool:
    """Compare numbers; what is of another type fulfils no comparison."""
    value = item.get(_path(path, names))
    return _is_number(value) and _is_number(most) and bool(value <= most)


def _is_of_type(value: Any, kind: Any) -> bool:
    if kind != "N":
        raise NotImplementedError(f"the simulation does not know the type {kind!r}")
    return _is_number(value)


def _is_among(item: Item, path: str, choices: list[str], names: Names, values: Values) -> bool:
    wanted = [_value(choice, values) for choice in choices]
    name = _path(path, names)
    return name in item and any(_same(item[name], value) for value in wanted)


def _same(one: Any, other: Any) -> bool:
    """Compare as DynamoDB does: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@lru_cache(maxsize=500)
def compile_update(text: str) -> tuple[Change, ...]:
    """Return the changes that an update makes; each reads the old item, writes the new."""
    parts = _CLAUSES.split(text)
    if parts[0].strip():
        raise NotImplementedError(f"the simulation does not know the update {text!r}")
    changes: list[Change] = []
    for clause, body in zip(parts[1::2], parts[2::2], strict=True):
        changes += [_change(clause, part.strip()) for part in _COMMA.split(body.strip())]
    return tuple(changes)


def _change(clause: str, text: str) -> Change:
    pattern = {"SET": _SET, "ADD": _ADD, "REMOVE": _PATH}[clause]
    found = pattern.fullmatch(text)
    if found is None:
        raise NotImplementedError(f"the simulation does not know {clause} {text!r}")
    if clause == "REMOVE":
        return _removing(found[0])
    if clause == "ADD":
        return _adding(found[1], found[2])
    if found[3] is not None:
        return _setting_if_missing(found[1], found[3], found[4])
    return _setting(found[1], found[2])


def _removing(path: str) -> Change:
    def change(old: Item, new: Item, names: Names, values: Values) -> None:
        new.pop(_path(path, names), None)

    return change


def _setting(path: str, token: str) -> Change:
    def change(old: Item, new: Item, names: Names, values: Values) -> None:
        new[_path(path, names)] = _value(token, values)

    return change


def _setting_if_missing(path: str, other: str, token: str) -> Change:
    def change(old: Item, new: Item, names: Names, values: Values) -> None:
        value = _value(token, values)
        new[_path(path, names)] = old.get(_path(other, names), value)

    return change


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _adding(path: str, token: str) -> Change:
    def change(old: Item, new: Item, names: Names, values: Values) -> None:
        name, value = _path(path, names), _value(token, values)
        if not _is_number(value) or not _is_number(old.get(name, 0)):
            raise DynamoDBError("ValidationException", text="Type mismatch for ADD")
        new[name] = old.get(name, 0) + value

    return change


def check_use(names: Names | None, values: Values | None, *texts: str | None) -> None:
    """Refuse names and values that no expression uses, as DynamoDB does."""
    used = {name for text in texts if text for name in _USED.findall(text)}
    if not used.issuperset(names or ()):
        raise DynamoDBError("ValidationException", text="a name is unused")
    if not used.issuperset(values or ()):
        raise DynamoDBError("ValidationException", text="a value is unused")


def changed_paths(text: str, names: Names) -> list[str]:
    """Return the attributes an update changes, repeats included."""
    parts = _CLAUSES.split(text)
    return [
        _path(_PATH.match(part.strip())[0], names)  # type: ignore[index]
        for body in parts[2::2]
        for part in _COMMA.split(body.strip())
    ]
