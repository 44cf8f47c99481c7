"""Items in DynamoDB's notation: each value with its type.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any

Item = dict[str, Any]


def written_item(item: Mapping[str, Any]) -> Item:
    """Return an item, or the values of an expression, as DynamoDB takes them.

    Raises:
        TypeError: a value is of a type that the shop does not store.
        ValueError: a number is not finite.
    """
    # Nearly everything is text.
    return {
        name: {"S": value} if type(value) is str else _written(value)
        for name, value in item.items()
    }


def read_item(written: Mapping[str, Any]) -> Item:
    """Return an item that DynamoDB answers; whole numbers are ``int``, others ``float``."""
    return {name: value["S"] if "S" in value else _read(value) for name, value in written.items()}


#: Of a type's values; the first that fits a subclass counts.
_WRITERS: Mapping[type, Callable[[Any], Item]] = MappingProxyType(
    {
        str: lambda value: {"S": str(value)},
        bool: lambda value: {"BOOL": value},
        int: lambda value: {"N": str(int(value))},
        float: lambda value: {"N": _written_float(value)},
        type(None): lambda _: {"NULL": True},
        dict: lambda value: {"M": written_item(value)},
        list: lambda value: {"L": [_written(element) for element in value]},
        tuple: lambda value: {"L": [_written(element) for element in value]},
    }
)


def _written(value: Any) -> Item:
    writer = _WRITERS.get(type(value))
    if writer is None:
        fitting = (each for kind, each in _WRITERS.items() if isinstance(value, kind))
        writer = next(fitting, None)
    if writer is None:
        raise TypeError(f"cannot store a {type(value).__name__}")
    return writer(value)


def _written_float(value: float) -> str:
    if not isfinite(value):
        raise ValueError(f"cannot store {value}")
    return repr(value)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "S": lambda value: value,
        "N": _number,
        "BOOL": lambda value: value,
        "NULL": lambda _: None,
        "M": read_item,
        "L": lambda value: [_read(element) for element in value],
        # The shop stores none of these; a person may have.
        "B": b64decode,
        "SS": set,
        "NS": lambda value: {_number(element) for element in value},
        "BS": lambda value: {b64decode(element) for element in value},
    }
)


def _read(typed: Mapping[str, Any]) -> Any:
    [(kind, value)] = typed.items()
    return _READERS[kind](value)
