"""Reading values that another release of the shop stored.

Releases run side by side during a canary, and what is stored outlives both. So a reader
ignores fields that it does not know and fills in fields that are missing; what it cannot do
without raises ``KeyError``, and the caller reports the item as unreadable.
"""

from collections.abc import Hashable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


@lru_cache
def _field_names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))


def read_value(kind: type[T], stored: Mapping[str, Any], **defaults: Any) -> T:
    """Return the dataclass ``kind`` with the fields of ``stored`` that it has.

    ``defaults`` stand for fields that are not stored; without one, the dataclass's own
    default holds.

    Raises:
        KeyError: a field that has no default anywhere is missing.
    """
    known = {name: stored[name] for name in _field_names(cast("Hashable", kind)) if name in stored}
    try:
        return kind(**{**defaults, **known})
    except TypeError as failure:
        raise KeyError(str(failure)) from failure
