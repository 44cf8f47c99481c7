"""Names that look the same are the same; secrets stay out of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.user import Credentials, Role, fold_username


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eric", "eRIC"),
        (" eric ", "eric"),
        ("\uff45\uff52\uff49\uff43", "eric"),
        ("straße", "STRASSE"),
        ("cafe\u0301", "caf\u00e9"),
        ("ﬁn", "fin"),
    ],
)
def test_names_that_read_the_same_are_one_name(one: str, other: str) -> None:
    assert fold_username(one) == fold_username(other)


@pytest.mark.parametrize(("one", "other"), [("eric", "erica"), ("e ric", "eric"), ("é", "e")])
def test_names_that_read_differently_are_two(one: str, other: str) -> None:
    assert fold_username(one) != fold_username(other)


@given(st.text(max_size=50))
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert fold_username(fold_username(name)) == fold_username(name)


def test_a_password_hash_is_in_no_text() -> None:
    credentials = Credentials("u-1", "eric", Role.STAFF, "$argon2id$secret")

    assert "argon2id" not in repr(credentials)
