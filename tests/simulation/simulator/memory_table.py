"""A DynamoDB table in memory: the calls of the client that the store makes, at once.

Stored items are never changed in place, only replaced, so nothing is ever copied. A caller
must not touch an item after putting it; the store does not.
"""

from collections.abc import Callable
from typing import Any

from app.store.dynamodb import DynamoDBError
from app.store.schema import FORMER_SHAPE, SHAPE, Index
from tests.simulation.simulator.expressions import (
    changed_paths,
    check_use,
    compile_condition,
    compile_update,
)

Item = dict[str, Any]
Place = tuple[str, str]

MAX_ITEM_BYTES = 400 * 1024
MAX_KEY_BYTES = {"PK": 2048, "SK": 1024}
#: Those that releases of the former layout read, too.
INDEXES = {index.name: index for index in FORMER_SHAPE.indexes}
_INDEX_KEYS = FORMER_SHAPE.key_attributes[2:]

#: For how long a read that is not consistent may still see what was there before.
STALE_SECONDS = 1.0


def _ignore_write(place: Place, old: Item | None, new: Item | None) -> None:
    """Take note of nothing."""


def _ignore_attempt(item: Item) -> None:
    """Take note of nothing."""


class MemoryTable:
    """The items of one table.

    ``on_attempt`` is called with each item that a process wants to put, ``on_write`` with
    every write that is about to take effect.
    """

    def __init__(
        self, name: str, *, clock: Callable[[], float] = lambda: 0.0, is_strict: bool = True
    ) -> None:
        """Begin empty; without ``is_strict`` sizes and names are taken to be right."""
        self.name = name
        self.items: dict[Place, Item] = {}
        self.on_write = _ignore_write
        self.on_attempt = _ignore_attempt
        self._clock = clock
        self._is_strict = is_strict
        self._before: dict[Place, tuple[float, Item | None]] = {}

    # Calls of the client.

    def get_item(
        self, table: str, key: Item, *, consistent_read: bool = False, is_stale: bool = False
    ) -> Item | None:
        """Return an item, or what was there a moment ago."""
        place = self._place(table, key)
        return self._stale(place) if is_stale else self.items.get(place)

    def batch_get(self, table: str, keys: list[Item], *, is_stale: bool = False) -> list[Item]:
        """Return the items there are."""
        places = [self._place(table, key) for key in keys]
        if len(set(places)) < len(places):
            raise _invalid("Provided list of item keys contains duplicates")
        look = self._stale if is_stale else self.items.get
        return [item for item in map(look, places) if item is not None]

    def put_item(
        self,
        table: str,
        item: Item,
        *,
        condition_expression: str | None = None,
        return_values_on_condition_check_failure: bool = False,
    ) -> None:
        """Write an item if the condition holds."""
        place = self._place(table, item)
        old = self.items.get(place)
        if self._is_strict:
            _check_item(item)
        if condition_expression is not None and not compile_condition(condition_expression)(
            old or {}, {}, {}
        ):
            raise _refusal(old if return_values_on_condition_check_failure else None)
        self._write(place, old, item)

    def batch_write(self, table: str, *, put_items: list[Item]) -> None:
        """Write items without conditions."""
        places = [self._place(table, item) for item in put_items]
        if len(set(places)) < len(places):
            raise _invalid("Provided list of item keys contains duplicates")
        for item in put_items:
            _check_item(item)
        for place, item in zip(places, put_items, strict=True):
            self._write(place, self.items.get(place), item)

    def transact_write(self, operations: list[dict[str, Any]]) -> None:
        """Write new items, all or none."""
        places = [self._place(operation["table"], operation["item"]) for operation in operations]
        if len(set(places)) < len(places):
            raise _invalid("Transaction request cannot include multiple operations")
        for operation in operations:
            if operation["type"] != "put":
                raise NotImplementedError(operation["type"])
            _check_item(operation["item"])
        reasons = [
            "None"
            if compile_condition(operation["condition_expression"])(
                self.items.get(place) or {}, {}, {}
            )
            else "ConditionalCheckFailed"
            for place, operation in zip(places, operations, strict=True)
        ]
        if "ConditionalCheckFailed" in reasons:
            raise DynamoDBError("TransactionCanceledException", reasons=reasons)
        for place, operation in zip(places, operations, strict=True):
            self._write(place, self.items.get(place), operation["item"])

    def update_item(
        self,
        table: str,
        key: Item,
        *,
        update_expression: str,
        condition_expression: str | None = None,
        expression_attribute_names: dict[str, str] | None = None,
        expression_attribute_values: dict[str, Any] | None = None,
        return_values_on_condition_check_failure: bool = False,
        return_values: str = "ALL_NEW",
    ) -> Item | None:
        """Change an item, or make it, and return it as it is afterwards, or was before."""
        place = self._place(table, key)
        names = expression_attribute_names or {}
        values = expression_attribute_values or {}
        if self._is_strict:
            check_use(names, values, update_expression, condition_expression)
            _check_paths(changed_paths(update_expression, names))
        old = self.items.get(place)
        if condition_expression is not None and not compile_condition(condition_expression)(
            old or {}, names, values
        ):
            raise _refusal(old if return_values_on_condition_check_failure else None)
        before = old if old is not None else dict(key)
        new = dict(before)
        for change in compile_update(update_expression):
            change(before, new, names, values)
        if self._is_strict:
            _check_item(new)
        self._write(place, old, new)
        return old if return_values == "ALL_OLD" else new

    def delete_item(self, table: str, key: Item) -> None:
        """Remove an item if it is there."""
        place = self._place(table, key)
        old = self.items.get(place)
        if old is not None:
            self._write(place, old, None)

    def query_page(
        self,
        table: str,
        index_name: str,
        partition: str,
        *,
        after: str | None,
        is_forward: bool,
        limit: int,
        is_stale: bool = False,
    ) -> tuple[list[Item], bool]:
        """Return the next items of an index partition, and whether there may be more."""
        if table != self.name:
            raise DynamoDBError("ResourceNotFoundException", text="Requested resource not found")
        index = INDEXES[index_name]
        hash_key, range_key = index.hash_key, index.range_key
        found = []
        for place, newest in self.items.items():
            item = self._stale(place) if is_stale else newest
            if item is None or item.get(hash_key) != partition or range_key not in item:
                continue
            if after is None or (
                item[range_key] > after if is_forward else item[range_key] < after
            ):
                found.append(item)
        found.sort(key=lambda item: str(item[range_key]), reverse=not is_forward)
        shown = [projected(item, index) for item in found[:limit]]
        return shown, len(found) >= limit

    # Underneath.

    def _place(self, table: str, key: Item) -> Place:
        if table != self.name:
            raise DynamoDBError("ResourceNotFoundException", text="Requested resource not found")
        if self._is_strict:
            _check_key(key)
        return key["PK"], key["SK"]

    def _stale(self, place: Place) -> Item | None:
        at, old = self._before.get(place, (-STALE_SECONDS, None))
        return old if self._clock() - at < STALE_SECONDS else self.items.get(place)

    def _write(self, place: Place, old: Item | None, new: Item | None) -> None:
        self.on_write(place, old, new)
        self._before[place] = (self._clock(), old)
        if new is None:
            del self.items[place]
        else:
            self.items[place] = new


def _refusal(item: Item | None) -> DynamoDBError:
    return DynamoDBError("ConditionalCheckFailedException", item=item)


def _invalid(text: str) -> DynamoDBError:
    return DynamoDBError("ValidationException", text=text)


def projected(item: Item, index: Index) -> Item:
    """Return what an index holds of an item."""
    if index.projection == "ALL":
        return item
    names = (SHAPE.hash_key, SHAPE.range_key, index.hash_key, index.range_key, *index.attributes)
    return {name: item[name] for name in names if name in item}


def _check_key(key: Item) -> None:
    for name, most in MAX_KEY_BYTES.items():
        value = key.get(name)
        if not isinstance(value, str) or not 0 < len(value.encode()) <= most:
            raise _invalid(f"{name}: no valid key")


def _check_paths(paths: list[str]) -> None:
    if len(set(paths)) < len(paths):
        raise _invalid("Two document paths overlap with each other")
    if not {SHAPE.hash_key, SHAPE.range_key}.isdisjoint(paths):
        raise _invalid("Cannot update attribute. This attribute is part of the key")


def _check_item(item: Item) -> None:
    for name in _INDEX_KEYS:
        if name in item and not (isinstance(item[name], str) and item[name]):
            raise _invalid(f"{name}: type mismatch for index key")
    if size_of(item) > MAX_ITEM_BYTES:
        raise _invalid("Item size has exceeded the maximum allowed size")


def size_of(item: Item) -> int:
    """Return the bytes that DynamoDB counts for an item, close to its rules."""
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        return (len(str(value).strip("-0")) + 1) // 2 + 1
    if isinstance(value, dict):
        return 3 + sum(
            len(name.encode()) + 1 + _size_of(element) for name, element in value.items()
        )
    return 3 + sum(1 + _size_of(element) for element in value)
