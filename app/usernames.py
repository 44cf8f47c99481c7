"""Names of users: which new ones are taken, and which typed ones mean the same user.

Rules and data are Unicode's (https://www.unicode.org/reports/tr39/), by way of the packages
``regex`` and ``confusable_homoglyphs``. They are imported for names beyond ASCII only: together
they cost a process 60 ms.
"""

import unicodedata
from functools import cache
from typing import Any

from app.domain.card_text import mask_card_numbers
from app.domain.user import fold_username

#: What is invisible or moves other text: default-ignorable, control and format characters,
#: separators of lines, and signs that are drawn as nothing (blank Braille, a note without a head).
_INVISIBLE = r"\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2800\U0001D159"
#: Private, unassigned and surrogate characters look different, or not at all, on each machine;
#: so do the characters that stand for a missing one.
_UNDEFINED = r"\p{Co}\p{Cn}\p{Cs}\uFFFC\uFFFD"

#: Scripts that are written together (UTS 39, 5.1): Japanese, Korean, Chinese with Bopomofo.
_WRITTEN_TOGETHER = (
    ("HAN", "HIRAGANA", "KATAKANA"),
    ("HAN", "HANGUL"),
    ("HAN", "BOPOMOFO"),
)
_ANY_SCRIPT = frozenset({"COMMON", "INHERITED"})

#: A dot that is drawn where the letter before has one, as in ``i`` and U+0307; the marks between
#: stand elsewhere (ICU's check USPOOF_HIDDEN_OVERLAY). Read in the form NFD.
_HIDDEN_DOT = r"([\p{Soft_Dotted}\u0131\u0237l])([^\p{ccc=0}\p{ccc=230}]*)\u0307"

#: What is shown alike within ASCII; a test compares it with Unicode's confusables.txt.
ASCII_LOOKALIKES = {"0": "o", "1": "l", "I": "l", "|": "l", "rn": "m", "`": "'", "''": '"'}


def check_new_username(username: str) -> str:
    """Return a name that a new user may have.

    Raises:
        ValueError: it has invisible characters or dots, letters of several scripts or drawn as
            symbols, no letter or digit, the number of a card, or reads like a name in Latin
            letters without being one.
    """
    folded = fold_username(username)
    if _has_invisible(username) or _has_invisible(folded):
        raise ValueError("must not have invisible or control characters")
    if "  " in folded:
        raise ValueError("must not have several spaces in a row")
    if not any(unicodedata.category(character)[0] in "LN" for character in folded):
        raise ValueError("must have a letter or a digit")
    if mask_card_numbers(username) != username:
        raise ValueError("must not have the number of a card")
    if not folded.isascii():
        if any(map(_is_drawn_letter, folded)):
            raise ValueError("must not have small capitals or letters drawn as symbols")
        if not _is_of_one_script(folded):
            raise ValueError("must not mix letters of several scripts")
        shown = unicodedata.normalize("NFKC", username)
        if _pattern(_HIDDEN_DOT).search(unicodedata.normalize("NFD", shown)):
            raise ValueError("must not have a dot above that is not seen, as on an i")
        if _looks_latin(folded) or _looks_latin(shown):
            raise ValueError("must not look like a name in Latin letters")
    return username


def without_invisible(username: str) -> str:
    """Return a name without the invisible characters that come along when it is pasted."""
    if username.isascii():
        return "".join(filter(str.isprintable, username))
    visible: str = _pattern(f"[{_INVISIBLE}]").sub("", username)
    return visible


def names_of_login(username: str) -> tuple[str, ...]:
    """Return the names that a login may mean, the likeliest first.

    The name as it was typed comes first: earlier releases took invisible characters.
    """
    visible = without_invisible(username)
    if fold_username(visible) in {"", fold_username(username)}:
        return (username,)
    return username, visible


def name_to_count(username: str) -> str:
    """Return the form in which attempts for a name are counted.

    Without invisible characters, or guesses for one name would be spread over as many counters
    as there are ways to write it.
    """
    return fold_username(names_of_login(username)[-1])


def latin_lookalikes(username: str) -> tuple[str, ...]:
    """Return the ASCII names that a name looks like as it is typed, seven at most.

    So do one with a dotless i, ``waIter`` and ``wa1ter``. None where a character has no
    look-alike, and for a name that looks like itself alone.
    """
    shown = unicodedata.normalize("NFKC", username)
    within_ascii = _within_ascii(shown)
    alike = ["".join(map(_ascii_lookalike, fold_username(name))) for name in (shown, within_ascii)]
    # Folding makes other characters of some, which no longer look like what was typed.
    typed = "".join(map(_ascii_lookalike, username))
    alike += map(fold_username, (typed, _within_ascii(typed)))
    if not username.isascii():
        alike += skeletons(username)
    own = fold_username(username)
    return tuple(dict.fromkeys(name for name in alike if name.isascii() and name != own))


def skeletons(username: str) -> tuple[str, ...]:
    """Return the forms in which names that look alike are equal, three at most (UTS 39, 4).

    Of the name as it is typed, which people see, of its compatible characters and of the name
    that is compared: ``waIter`` looks like ``walter`` and is the name ``waiter``.
    """
    shown = unicodedata.normalize("NFKC", username)
    return tuple(dict.fromkeys(map(_skeleton, (username, shown, fold_username(username)))))


def _skeleton(name: str) -> str:
    if name.isascii():
        return fold_username(_within_ascii(name))
    return fold_username(_shortened(_prototypes(name)))


def _prototypes(text: str) -> str:
    """Return a text with the prototype of each character, without dots that are not seen."""
    letters = "".join(map(_prototype, unicodedata.normalize("NFC", text)))
    # Marks of several prototypes come into their order here.
    ordered = unicodedata.normalize("NFD", letters)
    return _within_ascii(_pattern(_HIDDEN_DOT).sub(r"\1\2", ordered))


@cache
def _prototype(character: str) -> str:
    """Return the same text for each of the characters that look alike, in ASCII if there is one.

    Otherwise the text of several characters, if there is one. Each character of it and each accent
    is replaced in turn.
    """
    if character.isascii():
        return character
    alike = _lookalikes(character)
    likes = [text for text in alike if text.isascii() or len(text) > 1] or alike
    # Of several in ASCII those that _within_ascii makes one.
    prototype = min(likes, key=_length_in_ascii)
    if len(prototype) > 1:
        return "".join(map(_prototype, prototype))
    parts = _without_accent(prototype)
    return prototype if parts == prototype else "".join(map(_prototype, parts))


def _without_accent(character: str) -> str:
    """Return a character and its last accent as two, or a character alone that has none."""
    parts = unicodedata.decomposition(character)
    if not parts or parts.startswith("<"):
        return character
    return "".join(chr(int(part, 16)) for part in parts.split())


def _lookalikes(text: str) -> set[str]:
    """Return all texts that look like one, itself included, in the form NFC."""
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - 30 ms that few names need

    data = confusables.confusables_data
    alike, found = {text}, [text]
    while found:
        text = found.pop()
        for spelled in {text, unicodedata.normalize("NFD", text)}:
            # Characters that are written from right to left are between marks there.
            likes = [*data.get(spelled, ()), *data.get(f"\u200e{spelled}\u200e", ())]
            shown = {unicodedata.normalize("NFC", like["c"].strip("\u200e")) for like in likes}
            found += shown - alike
            alike |= shown
    return alike


def _length_in_ascii(text: str) -> tuple[bool, int, str]:
    return not text.isascii(), len(text), text


def _shortened(prototypes: str) -> str:
    """Return prototypes with one character for each that several stand for: ø for o and a stroke.

    So reserved names keep the form in which they were stored when each character had one.
    """
    several, longest = _of_several()
    shortened, place = [], 0
    while place < len(prototypes):
        ahead = prototypes[place : place + longest]
        texts = (ahead[:length] for length in range(len(ahead), 1, -1))
        text = next((text for text in texts if text in several), ahead[0])
        shortened.append(several.get(text, text))
        place += len(text)
    return "".join(shortened)


@cache
def _of_several() -> tuple[dict[str, str], int]:
    """Return one character for each prototype of several, and the length of the longest."""
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - 30 ms that few names need

    data = confusables.confusables_data
    texts = {unicodedata.normalize("NFC", text.strip("\u200e")) for text in data}
    several = {
        _prototypes(text): min(_lookalikes(text), key=_length_in_ascii)
        for text in sorted(texts)
        if len(text) > 1 and not text.isascii()
    }
    return several, max(map(len, several))


def _within_ascii(name: str) -> str:
    for character, like in ASCII_LOOKALIKES.items():
        name = name.replace(character, like)
    return name


def _is_drawn_letter(character: str) -> bool:
    """Whether a character draws a letter and is no letter of a name (UTS 39, 3.1).

    Small capitals are phonetic signs; squared and flag letters are symbols.
    """
    name = unicodedata.name(character, "")
    return "SMALL CAPITAL" in name or (unicodedata.category(character) == "So" and "LETTER" in name)


def _ascii_lookalike(character: str) -> str:
    """Return what looks like a character in ASCII, or else the character (UTS 39, 4)."""
    if character.isascii():
        return character
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - 30 ms that few names need

    likes = (like["c"] for like in confusables.confusables_data.get(character, ()))
    return next(filter(str.isascii, likes), character)


def _has_invisible(username: str) -> bool:
    if username.isascii():
        return not username.isprintable()
    return _pattern(f"[{_INVISIBLE}{_UNDEFINED}]").search(username) is not None


def _is_of_one_script(name: str) -> bool:
    """Whether there is a script that every character belongs to (UTS 39, 5.1)."""
    from confusable_homoglyphs import categories  # noqa: PLC0415 - 30 ms that few names need

    found = {script.upper() for script in categories.unique_aliases(name)} - _ANY_SCRIPT
    together = [scripts for scripts in _WRITTEN_TOGETHER if found <= set(scripts)]
    alone: list[tuple[str, ...]] = [(script,) for script in found]
    # A name of digits and signs alone has no script.
    return any(_is_written_in(name, scripts) for scripts in [*alone, *together, ()])


def _is_written_in(name: str, scripts: tuple[str, ...]) -> bool:
    """Whether scripts have all characters, by the property Script_Extensions."""
    letters = "".join(rf"\p{{scx={script}}}" for script in (*scripts, *_ANY_SCRIPT))
    return _pattern(f"[{letters}]*").fullmatch(name) is not None


def _looks_latin(name: str) -> bool:
    """Whether no letter is Latin, and each has a look-alike in ASCII (UTS 39, 4.2)."""
    from confusable_homoglyphs import categories  # noqa: PLC0415 - 30 ms that few names need

    # Without their accents, which have no script.
    parts = unicodedata.normalize("NFD", name)
    letters = [character for character in parts if categories.alias(character) not in _ANY_SCRIPT]
    if not letters or any(categories.alias(letter) == "LATIN" for letter in letters):
        return False
    return all(_ascii_lookalike(letter).isascii() for letter in letters)


@cache
def _pattern(text: str) -> Any:
    import regex  # noqa: PLC0415 - 35 ms that few names need

    return regex.compile(text)
