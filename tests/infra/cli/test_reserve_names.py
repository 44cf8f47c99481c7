"""``acme-shop reserve-names``: for users of earlier releases who do not log in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.domain.user import Credentials, Role, User
from app.store.keys import lookalike_key
from app.store.users import credentials_to_item, user_to_item
from infra.cli.reserve_names import Reservations, reserve_all
from tests.simulation.simulator.small_shop import SmallShop

EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
OLD = ("walter", "wa1ter", "er\N{CYRILLIC SMALL LETTER I}k")


def user(name: str) -> User:
    at = EPOCH + timedelta(seconds=len(name))
    return User(f"id of {name}", name, "", "", "", Role.CUSTOMER, at)


def credentials(name: str) -> Credentials:
    return Credentials(f"id of {name}", name, Role.CUSTOMER, "hash")


def test_all_names_reserve_what_they_look_like_once() -> None:
    shop = SmallShop()
    for name in OLD:
        shop.put(user_to_item(user(name)), credentials_to_item(credentials(name)))
    new = replace(credentials("new"), has_reserved_look=True)
    shop.put(user_to_item(user("new")), credentials_to_item(new))
    # One whose account is being closed, one whose name has a new owner, and one that is damaged.
    shop.put(user_to_item(user("gone")), user_to_item(replace(user("new"), user_id="before")))
    damaged = {**credentials_to_item(credentials("damaged")), "password_hash": 1}
    shop.put(user_to_item(user("damaged")), damaged)

    first = shop.run(reserve_all(shop.table))
    again = shop.run(reserve_all(shop.table))

    (pair,) = first.alike
    assert set(pair) == {"walter", "wa1ter"}
    assert first == Reservations([pair], reserved=3, before=1, unreadable=1)
    assert again == Reservations([], before=4, unreadable=1)
    key = lookalike_key("walter")
    assert shop.memory.items[key["PK"], key["SK"]]["user_id"] == f"id of {pair[1]}"
