"""Users in the table: a profile under the id, credentials under the name."""

from app.domain.errors import UsernameTakenError, UserNotFoundError
from app.domain.instants import instant_to_text, text_to_instant
from app.domain.user import Credentials, Role, User, fold_username
from app.store.keys import shard_for, shards, time_sort_key, user_key, username_key
from app.store.pagination import Page, PageRequest, read_page_behind
from app.store.schema import GSI2
from app.store.table import Item, Table
from app.store.table_errors import ConditionFailedError

_USERS = "USERS"


def user_to_item(user: User) -> Item:
    """Return the item that stores a profile."""
    return {
        **user_key(user.user_id),
        GSI2.hash_key: shard_for(_USERS, user.user_id),
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
    """Return the profile that an item stores."""
    return User(
        user_id=item["user_id"],
        username=item["username"],
        first_name=item.get("first_name", ""),
        last_name=item.get("last_name", ""),
        email=item.get("email", ""),
        role=Role.from_stored(item.get("role", "")),
        created_at=text_to_instant(item["created_at"]),
    )


def credentials_to_item(credentials: Credentials) -> Item:
    """Return the item that stores credentials; its key reserves the name."""
    return {
        **username_key(fold_username(credentials.username)),
        "user_id": credentials.user_id,
        "username": credentials.username,
        "role": str(credentials.role),
        "password_hash": credentials.password_hash,
    }


async def add_user(table: Table, user: User, credentials: Credentials) -> None:
    """Store a new user; profile and name in one transaction.

    Raises:
        UsernameTakenError: another user has this name.
    """
    try:
        await table.add_together(user_to_item(user), credentials_to_item(credentials))
    except ConditionFailedError as failure:
        raise UsernameTakenError from failure


async def get_user(table: Table, user_id: str) -> User:
    """Return one profile.

    Raises:
        UserNotFoundError: there is none with this id.
    """
    item = await table.get(user_key(user_id))
    if item is None:
        raise UserNotFoundError
    return item_to_user(item)


async def find_credentials(table: Table, username: str) -> Credentials | None:
    """Return the credentials under a name, or None; a consistent read."""
    item = await table.get(username_key(fold_username(username)), consistent=True)
    if item is None:
        return None
    return Credentials(
        user_id=item["user_id"],
        username=item["username"],
        role=Role.from_stored(item.get("role", "")),
        password_hash=item["password_hash"],
    )


async def list_users(table: Table, request: PageRequest) -> Page[User]:
    """Return a page of all users, oldest first; queries for keys, then a batch read."""
    page = await read_page_behind(table, GSI2, shards(_USERS), name="users", request=request)
    return Page(tuple(map(item_to_user, page.entries)), page.next_token)
