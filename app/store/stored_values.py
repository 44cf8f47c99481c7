"""Reading values that another release of the shop stored, or that were changed by hand.

Releases run side by side during a canary, and what is stored outlives both. So a reader
ignores fields that it does not know and fills in fields that are missing. What it cannot do
without, and what is of another type, raises ``UnreadableItemError``; the caller reports the item.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, get_type_hints

from app.domain.errors import UnreadableItemError
from app.domain.instants import text_to_instant

T = TypeVar("T")

_NEEDED: Any = object()
_IN_WORDS = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a map",
}


def typed(value: object, kind: type[T], name: str) -> T:
    """Return ``value``, which is stored under ``name``, if it is of exactly that type.

    Raises:
        UnreadableItemError: it is of another one.
    """
    if type(value) is not kind:
        raise UnreadableItemError(f"{name}: is not {_IN_WORDS[kind]}")
    return value


def read_typed(item: Mapping[str, Any], name: str, kind: type[T], default: T = _NEEDED) -> T:
    """Return an attribute of an item; ``default`` stands for one that is not stored.

    Raises:
        UnreadableItemError: it is of another type, or missing without a default.
    """
    value = item.get(name, default)
    # Every attribute of every order comes by here, so the usual case is one comparison.
    if type(value) is kind:
        return value
    if value is _NEEDED:
        raise UnreadableItemError(f"{name}: is missing")
    return typed(value, kind, name)


def read_own_id(
    item: Mapping[str, Any], name: str, key_of: Callable[[str], Mapping[str, str]]
) -> str:
    """Return the id in an attribute of an item, which ``key_of`` makes the item's own key of.

    The attribute is believed only under its own key: another key belongs to another entity.

    Raises:
        UnreadableItemError: it is of another type, missing, or the id of another item.
    """
    own_id = read_typed(item, name, str)
    key = key_of(own_id)
    if any(item.get(part) != key[part] for part in key):
        raise UnreadableItemError(f"{name}: is not the one in the item's key")
    return own_id


def read_optional_text(item: Mapping[str, Any], name: str) -> str | None:
    """Return a text of an item, or None if it has none.

    Raises:
        UnreadableItemError: it is no text.
    """
    value = item.get(name)
    return None if value is None else typed(value, str, name)


def read_texts(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts of an item; one that is not stored is empty.

    Raises:
        UnreadableItemError: it is no list, or not all of it is text.
    """
    return tuple(typed(part, str, name) for part in read_typed(item, name, list, []))


def read_instant(item: Mapping[str, Any], name: str) -> datetime:
    """Return an instant of an item.

    Raises:
        UnreadableItemError: it is missing, or no instant.
    """
    text = read_typed(item, name, str)
    try:
        return text_to_instant(text)
    except (ValueError, OverflowError):
        raise UnreadableItemError(f"{name}: is not an instant") from None


@cache
def _fields_of(kind: Any) -> tuple[tuple[str, type, Any], ...]:
    """Return name, type and default of each field of a dataclass."""
    hints = get_type_hints(kind)
    return tuple(
        (field.name, hints[field.name], _NEEDED if field.default is MISSING else field.default)
        for field in fields(kind)
    )


def read_value(kind: type[T], stored: Mapping[str, Any], **defaults: Any) -> T:
    """Return the dataclass ``kind``, whose fields are texts and numbers, with what is stored of it.

    ``defaults`` stand for fields that are not stored and have no default in the dataclass.

    Raises:
        UnreadableItemError: a field is of another type, or has no default anywhere and is missing.
    """
    values = []
    for name, type_, default in _fields_of(kind):  # type: ignore[arg-type]  # A class has a hash.
        value = stored.get(name, default)
        if type(value) is not type_:
            value = read_typed(stored, name, type_, defaults.get(name, _NEEDED))
        values.append(value)
    return kind(*values)
