"""Ending a command that has told all that it could, where something could not be asked."""

from collections.abc import Sequence

from app.domain.errors import ShopError


class IncompleteError(ShopError):
    """What was printed is not everything; says what is missing."""


def check_complete(missing: Sequence[str]) -> None:
    """Return if nothing is ``missing``; called once the rest is printed.

    Raises:
        IncompleteError: something is.
    """
    if missing:
        raise IncompleteError(f"not everything could be told: {'; '.join(missing)}")
