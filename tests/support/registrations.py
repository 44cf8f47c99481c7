"""Who registers."""

from typing import Any

from tests.support.shop import (
    PASSWORD,
    fresh,
)


def peter(username: str | None = None) -> dict[str, Any]:
    """Return the README's registration under a name of its own."""
    return {
        "username": username or fresh("peterp"),
        "password": PASSWORD,
        "firstname": "amazing",
        "lastname": "spiderman",
        "email": "peterp@acmefitness.com",
    }
