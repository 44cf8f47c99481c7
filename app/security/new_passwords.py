"""What a new password must be: long enough, not among the most common ones, not the user's name.

``common-passwords.txt.gz`` holds the 8,354 entries of eight characters and more of the list that
Django 5.2 ships (``django/contrib/auth/common-passwords.txt.gz``, licence beside it), which Royce
Williams made from passwords that were published after break-ins
(https://gist.github.com/roycewilliams/226886fd01572964e1431ac8afc999ce).
"""

import gzip
import unicodedata
from functools import lru_cache
from pathlib import Path

from app.domain.errors import InvalidInputError
from app.domain.user import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, fold_username
from app.usernames import without_invisible

_COMMON = Path(__file__).parent / "common-passwords.txt.gz"


def check_new_password(password: str, *, username: str, field: str) -> None:
    """Return if a user may have this password from now on; ``field`` is what errors name.

    Raises:
        InvalidInputError: it is too short or too long, nothing but spaces or invisible
            characters, among the most common ones whatever its case, or the user's name.
    """
    length = len(unicodedata.normalize("NFC", password))
    if not MIN_PASSWORD_LENGTH <= length <= MAX_PASSWORD_LENGTH:
        raise InvalidInputError(
            f"{field}: must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
        )
    # Like a name, because those who guess also try other cases, widths and outer spaces.
    folded = fold_username(password)
    if not any(sign.isprintable() and not sign.isspace() for sign in without_invisible(folded)):
        raise InvalidInputError(f"{field}: must have a character that can be seen")
    if folded == fold_username(username):
        raise InvalidInputError(f"{field}: must not be the user name")
    if folded in _common_passwords():
        raise InvalidInputError(f"{field}: is one of the most common passwords")


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    """Return the list, read on first use in about 5 ms."""
    with gzip.open(_COMMON, "rt", encoding="utf-8") as lines:
        return frozenset(line.rstrip("\n") for line in lines)
