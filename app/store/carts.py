"""Carts in the table: one item per user, so that a cart is read and cleared with one call.

Each line is two attributes: ``l#<item id>`` with what does not change and ``q#<item id>``
with the quantity. One atomic update can create the first and add to the second even when
the cart does not exist yet; with a nested map that is not possible.

An addition is stored with a key (``addition_keys.py``), so it is repeated when its answer is
lost. Other writes are not: the write may have been made, and a repeat could undo what another
tab has changed since. The client gets 503 and reads the cart first.
"""

from datetime import datetime
from typing import Any

from app.domain.cart import Cart, CartLine
from app.domain.errors import CartFullError, IdempotencyConflictError, StoreUnavailableError
from app.domain.instants import instant_to_text
from app.store.addition_keys import addition_key, keys_to_forget
from app.store.keys import CARTS, cart_key, shard_for, shards, time_sort_key
from app.store.pagination import Page, PageRequest, read_page_of_whole_items
from app.store.schema import GSI2
from app.store.stored_values import read_instant, read_optional_text, read_own_id, read_typed, typed
from app.store.table import THERE, Item, Table
from app.store.table_errors import ConditionFailedError, ItemTooLargeError
from app.store.unreadable_items import read_or_report, readable

_LINE = "l#"
_QUANTITY = "q#"
_CART = "cart"


def _line_to_value(line: CartLine) -> dict[str, Any]:
    value = {
        "name": line.name,
        "description": line.description,
        "short_description": line.short_description,
        "price_cents": line.price_cents,
        "price_text": line.price_text,
        "added_at": instant_to_text(line.added_at),
    }
    # Empty fields are left out: every change of a cart pays for the bytes of the whole item.
    return {name: content for name, content in value.items() if content not in {"", None}}


def _read_line(item_id: str, stored: object, quantity: object) -> CartLine:
    value = typed(stored, dict, "line")
    return CartLine(
        item_id=item_id,
        name=read_typed(value, "name", str, ""),
        description=read_typed(value, "description", str, ""),
        short_description=read_typed(value, "short_description", str, ""),
        price_cents=read_typed(value, "price_cents", int, 0),
        price_text=read_optional_text(value, "price_text"),
        quantity=typed(quantity, int, "quantity"),
        added_at=read_instant(value, "added_at"),
    )


def item_to_cart(item: Item) -> Cart:
    """Return the cart that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    lines = [
        _read_line(name.removeprefix(_LINE), value, quantity)
        for name, value in item.items()
        if name.startswith(_LINE)
        and (quantity := item.get(_QUANTITY + name.removeprefix(_LINE))) is not None
    ]
    lines.sort(key=lambda line: (line.added_at, line.item_id))
    return Cart(read_own_id(item, "user_id", cart_key), tuple(lines))


def cart_to_item(cart: Cart, *, now: datetime) -> Item:
    """Return the item that stores a whole cart."""
    item: Item = {
        **cart_key(cart.user_id),
        GSI2.hash_key: shard_for(CARTS, cart.user_id),
        GSI2.range_key: time_sort_key(now, cart.user_id),
        "user_id": cart.user_id,
    }
    for line in cart.lines:
        item[_LINE + line.item_id] = _line_to_value(line)
        item[_QUANTITY + line.item_id] = line.quantity
    return item


async def get_cart(table: Table, user_id: str) -> Cart:
    """Return a user's cart; a cart that was never filled is empty.

    Raises:
        UnreadableItemError: its item is damaged; that is reported. :func:`delete_cart` and
            :func:`replace_cart` mend it.
    """
    item = await table.get(cart_key(user_id), consistent=True)
    return Cart(user_id) if item is None else read_or_report(_CART, item, item_to_cart)


async def add_line(
    table: Table, user_id: str, line: CartLine, *, key: str | None = None, now: datetime
) -> None:
    """Put a line into a cart, or add its quantity to the line that is there.

    One atomic call, so two tabs cannot lose each other's items. The other fields of a line
    stay as they were first stored. An addition whose ``key`` the cart knows changes nothing.
    One that takes the cart beyond what an order takes is taken back, which costs a second call.

    Raises:
        CartFullError: the cart would hold more than an order takes, or outgrow one item of the
            table (400 KB).
        IdempotencyConflictError: something else was added under ``key``.
    """
    addition = addition_key(key, line, now=now)
    try:
        item = await table.update(
            cart_key(user_id),
            "SET #line = if_not_exists(#line, :line), user_id = :user, #key = :key, "
            "GSI2PK = if_not_exists(GSI2PK, :shard), GSI2SK = if_not_exists(GSI2SK, :created) "
            "ADD #quantity :quantity",
            names={
                "#line": _LINE + line.item_id,
                "#quantity": _QUANTITY + line.item_id,
                "#key": addition.name,
            },
            values={
                ":line": _line_to_value(line),
                ":user": user_id,
                ":key": addition.value,
                ":shard": shard_for(CARTS, user_id),
                ":created": time_sort_key(now, user_id),
                ":quantity": line.quantity,
            },
            condition="attribute_not_exists(#key)",
        )
    except ItemTooLargeError as failure:
        raise CartFullError from failure
    except ConditionFailedError as failure:
        stored = (failure.item or {}).get(addition.name)
        if stored is not None and not addition.is_of_same_addition(stored):
            text = "Idempotency-Key: was used for another addition"
            raise IdempotencyConflictError(text) from None
        return
    cart = read_or_report(_CART, item, item_to_cart)
    try:
        cart.check_bounds()
    except CartFullError:
        # Not of a line that has changed since: another tab has seen it, and may have taken it out.
        after = cart.quantity_of(line.item_id)
        before = after - line.quantity
        await _write_quantity(table, user_id, line.item_id, before, seen=after, key=addition.name)
        raise
    await _forget_old_keys(table, user_id, keys_to_forget(item, now=now))


async def _forget_old_keys(table: Table, user_id: str, attributes: list[str]) -> None:
    if not attributes:
        return
    names = {f"#k{number}": attribute for number, attribute in enumerate(attributes)}
    try:
        # Not of a cart that was emptied meanwhile: the update would store an empty one.
        await table.update(
            cart_key(user_id), f"REMOVE {', '.join(names)}", names=names, condition=THERE
        )
    except (ConditionFailedError, StoreUnavailableError):
        return  # The addition was made; the next one tries again.


async def set_quantity(table: Table, user_id: str, item_id: str, quantity: int) -> None:
    """Set a line's quantity; 0 removes the line; for a missing line nothing changes.

    Raises:
        CartFullError: the cart would come to more than an order takes; a cart that is beyond
            it already may be made smaller.
    """
    old = await _write_quantity(table, user_id, item_id, quantity)
    if old is None:
        return
    cart = read_or_report(_CART, old, item_to_cart)
    before = cart.quantity_of(item_id)
    if quantity <= before:
        return
    try:
        cart.with_quantity(item_id, quantity).check_bounds()
    except CartFullError:
        await _write_quantity(table, user_id, item_id, before, seen=quantity)
        raise


async def _write_quantity(
    table: Table,
    user_id: str,
    item_id: str,
    quantity: int,
    *,
    seen: int | None = None,
    key: str | None = None,
) -> Item | None:
    """Set a quantity and forget ``key``; return the item as it was before.

    Does nothing and returns None if the line is gone, or has another quantity than ``seen``.
    """
    names = {"#quantity": _QUANTITY + item_id}
    values: dict[str, Any] = {}
    removed = []
    if quantity == 0:
        names["#line"] = _LINE + item_id
        removed += ["#line", "#quantity"]
    else:
        values[":quantity"] = quantity
    if key is not None:
        names["#key"] = key
        removed.append("#key")
    if seen is not None:
        values[":seen"] = seen
    parts = ["SET #quantity = :quantity"] if quantity else []
    parts += [f"REMOVE {', '.join(removed)}"] if removed else []
    try:
        return await table.update(
            cart_key(user_id),
            " ".join(parts),
            names=names,
            values=values or None,
            condition="attribute_exists(#quantity)" if seen is None else "#quantity = :seen",
            is_repeatable=False,
            returns="ALL_OLD",
        )
    except ConditionFailedError:
        return None


async def replace_cart(table: Table, cart: Cart, *, now: datetime) -> None:
    """Store a whole cart over the one that is there.

    Raises:
        CartFullError: it does not fit into one item of the table (400 KB).
    """
    try:
        await table.put(cart_to_item(cart, now=now), is_repeatable=False)
    except ItemTooLargeError as failure:
        raise CartFullError from failure


async def delete_cart(table: Table, user_id: str) -> None:
    """Empty a cart."""
    await table.delete(cart_key(user_id), is_repeatable=False)


async def list_carts(table: Table, request: PageRequest) -> Page[Cart]:
    """Return a page of all carts, oldest first; queries for keys, then a batch read."""
    page = await read_page_of_whole_items(table, GSI2, shards(CARTS), name="carts", request=request)
    return Page(await readable(_CART, page.entries, item_to_cart), page.next_token)
