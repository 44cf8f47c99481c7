"""Users: customers and staff."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

#: Characters of a new password in the form NFC; older ones may have one to 200.
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 128


class Role(StrEnum):
    """What a user may do beyond their own cart and orders."""

    CUSTOMER = "customer"
    STAFF = "staff"

    @classmethod
    def from_stored(cls, text: str) -> "Role":
        """Return the role behind a stored word; an unknown role is treated as customer."""
        try:
            return cls(text)
        except ValueError:
            return cls.CUSTOMER


@dataclass(frozen=True)
class User:
    """A registered user, without credentials."""

    user_id: str
    username: str
    first_name: str
    last_name: str
    email: str
    role: Role
    created_at: datetime


@dataclass(frozen=True)
class Credentials:
    """What a login is checked against; ``password_hash`` is argon2id and never leaves the shop.

    ``generation`` is drawn anew when all sessions of the user end; tokens carry theirs.
    ``has_reserved_look`` tells whether names that look like this one are refused to others:
    users of releases before this one have reserved their names alone until they log in.
    """

    user_id: str
    username: str
    role: Role
    password_hash: str = field(repr=False)
    generation: str = ""
    has_reserved_look: bool = False


def fold_username(username: str) -> str:
    """Return the form in which names are compared: NFKC, without case and outer space."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold()).strip()
