"""Users in the table: a profile under the id, credentials under the name."""

from collections.abc import Iterable
from contextlib import suppress
from secrets import token_urlsafe

from app.domain.errors import UsernameTakenError, UserNotFoundError
from app.domain.instants import instant_to_text
from app.domain.user import Credentials, Role, User, fold_username
from app.store.keys import (
    USERS,
    lookalike_key,
    shard_for,
    shards,
    time_sort_key,
    user_key,
    username_key,
)
from app.store.pagination import Page, PageRequest, read_page_of_whole_items
from app.store.schema import GSI2
from app.store.stored_values import read_instant, read_own_id, read_typed
from app.store.table import NOT_THERE, Item, Table
from app.store.table_errors import ConditionFailedError
from app.store.unreadable_items import read_or_report, readable

_USER, _CREDENTIALS = "user", "credentials"
_GENERATION = "session_generation"
_RESERVED_LOOK = "has_reserved_look"


def user_to_item(user: User) -> Item:
    """Return the item that stores a profile."""
    return {
        **user_key(user.user_id),
        GSI2.hash_key: shard_for(USERS, user.user_id),
        GSI2.range_key: time_sort_key(user.created_at, user.user_id),
        "user_id": user.user_id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "role": str(user.role),
        "created_at": instant_to_text(user.created_at),
    }


def item_to_user(item: Item) -> User:
    """Return the profile that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    return User(
        user_id=read_own_id(item, "user_id", user_key),
        username=read_typed(item, "username", str),
        first_name=read_typed(item, "first_name", str, ""),
        last_name=read_typed(item, "last_name", str, ""),
        email=read_typed(item, "email", str, ""),
        role=Role.from_stored(read_typed(item, "role", str, "")),
        created_at=read_instant(item, "created_at"),
    )


def credentials_to_item(credentials: Credentials) -> Item:
    """Return the item that stores credentials; its key reserves the name."""
    return {
        **username_key(fold_username(credentials.username)),
        "user_id": credentials.user_id,
        "username": credentials.username,
        "role": str(credentials.role),
        "password_hash": credentials.password_hash,
        **({_RESERVED_LOOK: True} if credentials.has_reserved_look else {}),
    }


async def add_user(
    table: Table, user: User, credentials: Credentials, *, skeletons: Iterable[str] = ()
) -> None:
    """Store a new user; profile, name and what the name looks like in one transaction.

    Raises:
        UsernameTakenError: another user has this name, or one that looks like it.
    """
    reserved = [{**lookalike_key(form), "user_id": user.user_id} for form in skeletons]
    try:
        await table.add_together(user_to_item(user), credentials_to_item(credentials), *reserved)
    except ConditionFailedError as failure:
        raise UsernameTakenError from failure


async def get_user(table: Table, user_id: str) -> User:
    """Return one profile.

    Raises:
        UserNotFoundError: there is none with this id.
        UnreadableItemError: its item is damaged; that is reported.
    """
    item = await table.get(user_key(user_id))
    if item is None:
        raise UserNotFoundError
    return read_or_report(_USER, item, item_to_user)


async def find_credentials(table: Table, username: str) -> Credentials | None:
    """Return the credentials under a name, or None; a consistent read.

    Raises:
        UnreadableItemError: their item is damaged; that is reported, without the name.
    """
    item = await table.get(username_key(fold_username(username)), consistent=True)
    return None if item is None else read_or_report(_CREDENTIALS, item, item_to_credentials)


def item_to_credentials(item: Item) -> Credentials:
    """Return the credentials that an item stores; all its types are checked.

    Raises:
        UnreadableItemError: the item is damaged.
    """
    return Credentials(
        user_id=read_typed(item, "user_id", str),
        username=read_typed(item, "username", str),
        role=Role.from_stored(read_typed(item, "role", str, "")),
        password_hash=read_typed(item, "password_hash", str),
        generation=read_typed(item, _GENERATION, str, ""),
        has_reserved_look=read_typed(item, _RESERVED_LOOK, bool, False),
    )


async def end_sessions_of(table: Table, username: str, *, user_id: str, generation: str) -> bool:
    """Begin a new generation of sessions, which ends all others; one write.

    False when the name is not this user's any more, or ``generation`` has ended already: a token
    that was good once ends nothing later. A write whose answer was lost is known when it is
    repeated.
    """
    drawn = token_urlsafe(6)
    # Users of whom no session was ended yet have none stored; their tokens say "".
    unchanged = f"{_GENERATION} = :seen" if generation else f"attribute_not_exists({_GENERATION})"
    seen = {":seen": generation} if generation else {}
    try:
        await table.update(
            username_key(fold_username(username)),
            f"SET {_GENERATION} = :drawn",
            values={":drawn": drawn, ":user": user_id, **seen},
            condition=f"user_id = :user AND {unchanged}",
        )
    except ConditionFailedError as failure:
        item = failure.item or {}
        return (item.get("user_id"), item.get(_GENERATION)) == (user_id, drawn)
    return True


async def change_password(
    table: Table, credentials: Credentials, new_hash: str
) -> Credentials | None:
    """Store a new hash and end all sessions, in one write; return the credentials, or None.

    None says that the password is not the one in ``credentials`` any more. Safe to repeat.
    """
    try:
        item = await table.update(
            username_key(fold_username(credentials.username)),
            f"SET password_hash = :new, {_GENERATION} = :drawn",
            values={
                ":new": new_hash,
                ":drawn": token_urlsafe(6),
                ":old": credentials.password_hash,
            },
            condition="password_hash = :old",
        )
    except ConditionFailedError as failure:
        item = failure.item or {}
        if item.get("password_hash") != new_hash:
            return None
        # The first try was made, and its answer was lost: hashes have a salt of their own.
    return item_to_credentials(item)


async def replace_hash(table: Table, credentials: Credentials, new_hash: str) -> None:
    """Store another hash of the same password, unless the password was changed meanwhile.

    Sessions go on. Safe to repeat.
    """
    with suppress(ConditionFailedError):
        await table.update(
            username_key(fold_username(credentials.username)),
            "SET password_hash = :new",
            values={":new": new_hash, ":old": credentials.password_hash},
            condition="password_hash = :old",
        )


async def delete_user(table: Table, user_id: str) -> None:
    """Delete a profile. Safe to repeat."""
    await table.delete(user_key(user_id))


async def delete_credentials(table: Table, username: str) -> None:
    """Delete the credentials under a name, which is free then; ends every session.

    Not repeated: the name may have a new owner.
    """
    await table.delete(username_key(fold_username(username)), is_repeatable=False)


async def reserve_lookalikes(
    table: Table, credentials: Credentials, skeletons: Iterable[str]
) -> tuple[str, ...]:
    """Reserve what a stored name looks like, as a new one does; return the ids of who has it.

    A write for each form and one that notes it with the credentials. What another user has stays
    theirs, and nothing is reserved for a user who is gone meanwhile. Safe to repeat.
    """
    user_id, forms, others = credentials.user_id, tuple(skeletons), []
    for form in forms:
        try:
            reserved = {**lookalike_key(form), "user_id": user_id}
            await table.put(reserved, condition=NOT_THERE)
        except ConditionFailedError as failure:
            others.append((failure.item or {}).get("user_id", user_id))
    try:
        await table.update(
            username_key(fold_username(credentials.username)),
            f"SET {_RESERVED_LOOK} = :yes",
            values={":yes": True, ":user": user_id},
            condition="user_id = :user",
        )
    except ConditionFailedError:
        await free_lookalikes(table, forms, user_id=user_id)
    return tuple(other for other in dict.fromkeys(others) if other != user_id)


async def free_lookalikes(table: Table, skeletons: Iterable[str], *, user_id: str) -> None:
    """Delete what reserves the look of a user's name; a read and a write for each form.

    Another user may have it, and a name of an earlier release none. Safe to repeat.
    """
    for form in skeletons:
        key = lookalike_key(form)
        item = await table.get(key, consistent=True)
        if item and item["user_id"] == user_id:
            await table.delete(key, is_repeatable=False)


async def list_users(table: Table, request: PageRequest) -> Page[User]:
    """Return a page of all users, oldest first; queries for keys, then a batch read."""
    page = await read_page_of_whole_items(table, GSI2, shards(USERS), name="users", request=request)
    return Page(await readable(_USER, page.entries, item_to_user), page.next_token)
