"""Which names new users may have, and which typed names mean the same user (UTS 39)."""

import itertools
import subprocess
import sys
import unicodedata

import pytest
from confusable_homoglyphs.confusables import confusables_data

from app.domain.user import fold_username
from app.usernames import (
    ASCII_LOOKALIKES,
    check_new_username,
    latin_lookalikes,
    name_to_count,
    names_of_login,
    skeletons,
    without_invisible,
)

#: What was once registered as a second eric, or as a user whose name is not seen.
HIDING = [
    "eric\u200b",
    "er\u00adic",
    "eric\ufe0f",
    "\u202eeric",
    "\u2060eric",
    "e\u034fric",
    "eric\u0000",
    "eric\n",
    "e\tric",
    "\ufeffhan",
    "eric\U000e0041",
    "er\u2028ic",
    "eric\u2800",
    "eric\U0001d159",
]


@pytest.mark.parametrize(
    "name",
    [*HIDING, *"\u200b\u3164\uffa0\u2800", *(f"eric{sign}" for sign in "\ue000\u0378\ufffc\ufffd")],
)
def test_a_new_name_has_nothing_invisible(name: str) -> None:
    with pytest.raises(ValueError, match="invisible or control"):
        check_new_username(name)


@pytest.mark.parametrize("name", ["\u2801", "...", "\U0001f600", "--"])
def test_a_new_name_has_a_letter_or_a_digit(name: str) -> None:
    with pytest.raises(ValueError, match="letter or a digit"):
        check_new_username(name)


@pytest.mark.parametrize("name", ["han  solo", "han\u00a0 solo", "han\u3000\u3000solo"])
def test_a_new_name_has_no_gap_that_pages_would_close(name: str) -> None:
    with pytest.raises(ValueError, match="several spaces"):
        check_new_username(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u0435ric",  # Cyrillic
        "st\u0430ff",
        "eri\u03f2",  # Greek
        "eric\u0664",  # an Arabic digit
        "eric\u2801",  # Braille
        "\ud55ceric",  # Hangul
        "\u5c71\u0430",  # Han and Cyrillic
        "eric\u30fc",  # a mark of Japanese
    ],
)
def test_a_new_name_is_of_one_script(name: str) -> None:
    with pytest.raises(ValueError, match="several scripts"):
        check_new_username(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u0435\u0440\u0456\u0441",  # Cyrillic "epic"
        "\u0405\u0421\u041e\u0420\u0415",  # the same kind in capitals
        "\u03bf\u03b9",  # Greek
        "\u13aa\u13aa",  # Cherokee
        "\u0455\u0441\u043e\u0440\u0435 1",
        "\u041d\u0410\u0422\u0410",  # in capitals alone
        "\u0422\u041e\u041c",
        "\u0392\u0395\u03a4\u0391",
    ],
)
def test_a_new_name_in_other_letters_does_not_pass_for_a_latin_one(name: str) -> None:
    with pytest.raises(ValueError, match="look like"):
        check_new_username(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u1d07\u0280\u026a\u1d04",  # small capitals
        "e\u0280ic",
        "\U0001f174ric",  # a squared letter
        "\U0001f1ea\U0001f1f7 eric",  # letters of flags
    ],
)
def test_a_new_name_has_no_letters_that_are_drawn_as_something_else(name: str) -> None:
    with pytest.raises(ValueError, match="small capitals or letters drawn as symbols"):
        check_new_username(name)


def test_look_alikes_within_ascii_are_those_of_unicode() -> None:
    def alike(text: str) -> set[str]:
        return {like["c"] for like in confusables_data.get(text, ())}

    for character, like in ASCII_LOOKALIKES.items():
        shown = {like, like.upper()}
        assert shown & alike(character) or any(character in alike(form) for form in shown)


@pytest.mark.parametrize(
    "name",
    [
        "eric",
        " Eric ",
        "o'brien-2@acme.example",
        "han solo",
        "1234",
        "Łukasz",
        "Ærø",
        "straße",
        "Đặng",
        "y\u0131ld\u0131z",
        "İbrahim",
        "e\u0307ric",
        "e\u0301ric",
        "\uff45\uff52\uff49\uff43",
        "bob \U0001f600",
        "анна",
        "Ελένη",
        "\u05d9\u05d5\u05e1\u05d9",
        "محمد",
        "हिन्दी",
        "みどり",
        "山田タロウー",
        "김철수",
        "漢字한글",
    ],
)
def test_people_of_every_script_can_have_their_name(name: str) -> None:
    assert check_new_username(name) == name


@pytest.mark.parametrize("name", HIDING)
def test_attempts_are_counted_for_the_name_that_is_seen(name: str) -> None:
    seen = without_invisible(name)

    assert seen in {"eric", "han"}
    assert name_to_count(name) == name_to_count(seen) == seen


def test_a_login_means_what_was_typed_and_then_what_is_seen() -> None:
    assert names_of_login("Eric") == ("Eric",)
    assert names_of_login("eric\u200b") == ("eric\u200b", "eric")
    assert names_of_login("\u0435ric\u200b") == ("\u0435ric\u200b", "\u0435ric")
    # Of an earlier release; nothing else could be meant.
    assert names_of_login("\u200b") == ("\u200b",)
    assert name_to_count("\u200b") == fold_username("\u200b")


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("er\u0131c", "eric"),
        ("h\u0251n", "han"),
        ("waIter", "walter"),
        ("wa1ter", "walter"),
        ("HAN S0LO", "han solo"),
        ("r2d0", "r2do"),
        ("rnary", "mary"),
        ("\uff11eia", "leia"),
        ("eric", None),
        ("walter", None),
        ("Łukasz", None),
        ("\uff45ric", None),
        ("\u0435ric", "eric"),
    ],
)
def test_a_name_knows_which_it_looks_like(name: str, alike: str | None) -> None:
    assert latin_lookalikes(name) == ((alike,) if alike else ())


@pytest.mark.parametrize("name", ["walter", "elaine", "phoebe", "staff", "eric", "dwight", "han"])
def test_every_look_alike_of_a_letter_is_known(name: str) -> None:
    passed = []
    for character, likes in confusables_data.items():
        for letter in {like["c"].lower() for like in likes if len(like["c"]) == 1} & set(name):
            typed = name.replace(letter, character, 1)
            try:
                check_new_username(typed)
            except ValueError:
                continue
            if len(character) == 1 and not character.isascii() and fold_username(typed) != name:
                passed += [] if name in latin_lookalikes(typed) else [typed]

    assert passed == []


def test_what_unicode_calls_alike_has_one_skeleton() -> None:
    """So two names that look alike collide, whichever comes first (UTS 39, 4)."""
    marks = "\u200e"
    pairs = {
        (text.strip(marks), like["c"].strip(marks))
        for text, likes in confusables_data.items()
        for like in likes
    }
    # Letters that always are a letter and a point (Hebrew): UTS 39 compares the two.
    compared = [pair for pair in pairs if not all(map(_is_never_composed, pair))]
    forms = {text: {*skeletons(text)} for text in {*itertools.chain(*compared)}}

    assert len(compared) > 12_000
    assert [pair for pair in compared if not forms[pair[0]] & forms[pair[1]]] == []


def _is_never_composed(text: str) -> bool:
    return len(text) == 1 and len(unicodedata.normalize("NFC", text)) > 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("s\u00f8ren", "so\u0338ren"),
        ("\u0142ukasz", "l\u0338ukasz"),
        ("\u0111a\u0323ng", "d\u0335\u1ea1ng"),
        ("\u0268van", "i\u0335van"),
        ("\u0180\u0323ob", "b\u0335\u0323ob"),  # its marks come into another order
        ("er\u0130c", "eric"),  # compared with a dot that is not seen
    ],
)
def test_a_letter_and_its_parts_have_one_skeleton(name: str, other: str) -> None:
    assert {*skeletons(name)} & {*skeletons(other)}


def test_a_capital_with_a_dot_looks_like_the_small_letter() -> None:
    assert "eric" in latin_lookalikes("ER\u0130C")


@pytest.mark.parametrize(
    "name",
    [
        "eri\u0307c",
        "\u1ecb\u0307da",  # i with a dot below
        "i\u0328\u0307da",
        "\uff49\u0307da",
        "\u0131\u0307da",
        "j\u0307an",
        "al\u0307",
    ],
)
def test_a_new_name_has_no_dot_where_a_letter_has_one(name: str) -> None:
    with pytest.raises(ValueError, match="dot above that is not seen"):
        check_new_username(name)


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("eric", ("eric",)),
        (" Er\u0131c ", ("eric",)),
        ("waIter", ("walter", "waiter")),
        ("\u017fam", ("fam", "sam")),
        ("l\u0338ukasz", ("\u0142ukasz",)),  # stored so before names were taken to parts
        ("r2d0", ("r2do",)),
        ("Bernd", ("bemd",)),
        ("o`brien", ("o'brien",)),
        ("\u0451", ("\u0065\u0308",)),  # Cyrillic; accents are kept
    ],
)
def test_a_name_reserves_what_it_looks_like(name: str, forms: tuple[str, ...]) -> None:
    assert skeletons(name) == tuple(unicodedata.normalize("NFC", form) for form in forms)


def test_names_in_ascii_import_no_data_of_unicode() -> None:
    script = (
        "import sys; from app.usernames import check_new_username, name_to_count, skeletons;"
        "check_new_username('eric'); name_to_count('eric'); skeletons('eric');"
        "print(sorted({'regex', 'confusable_homoglyphs'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert run.stdout == "[]\n"


def test_a_name_in_other_letters_with_digits_looks_like_two() -> None:
    assert latin_lookalikes("er\u0131c10") == ("eric10", "ericlo")
