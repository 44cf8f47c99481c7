"""What a new password must be (OWASP ASVS 5, 6.2)."""

import subprocess
import sys

import pytest

from app.domain.errors import InvalidInputError
from app.security.new_passwords import _common_passwords, check_new_password


@pytest.mark.parametrize(
    "password",
    ["vmware1!", "correct horse", "x-y-z-42", "e" * 129 + "!", "e\u0301" * 128, "pässwörter"],
)
def test_a_long_password_that_few_have_is_good(password: str) -> None:
    check_new_password(password[:128] if password.isascii() else password, username="u", field="p")


@pytest.mark.parametrize("password", ["", "short", "e\u0301" * 7, "x" * 129])
def test_a_new_password_has_8_to_128_characters(password: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^p: must have 8 to 128 characters$"):
        check_new_password(password, username="u", field="p")


@pytest.mark.parametrize(
    "password", ["password", "PassWord1", "qwerty123", "12345678", "iloveyou ", "p@ssw0rd"]
)
def test_the_most_common_ones_are_refused_whatever_their_case(password: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^p: is one of the most common passwords$"):
        check_new_password(password, username="u", field="p")


@pytest.mark.parametrize(
    "password",
    [" " * 8, "\u3000" * 9, "\u200b" * 8, " \t\u00ad\ufeff" * 3, "\u2800" * 8, "\u3164" * 8],
)
def test_a_password_that_nobody_sees_is_refused(password: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^p: must have a character that can be seen$"):
        check_new_password(password, username="u", field="p")


@pytest.mark.parametrize("password", ["walter.white", " Walter.White", "WALTER.WHITE"])
def test_the_name_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^p: must not be the user name$"):
        check_new_password(password, username="walter.white", field="p")


def test_the_list_is_long_enough_and_in_the_form_that_is_compared() -> None:
    """The 3,000 most common ones at least (ASVS 5, 6.2.4)."""
    common = _common_passwords()

    assert len(common) == 8354
    assert all(len(word) >= 8 and word == word.strip().casefold() for word in common)
    assert "vmware1!" not in common


def test_the_list_is_read_when_the_first_new_password_comes() -> None:
    script = (
        "import app.security.new_passwords as m; print(m._common_passwords.cache_info().misses)"
    )
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert run.stdout == "0\n"
