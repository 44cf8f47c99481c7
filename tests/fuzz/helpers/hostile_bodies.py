"""Bodies that are wrong in every way that is known, around bodies that would be right."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.helpers.world import CARD_NUMBER, CVV, WRONG_PASSWORD

_DEEP = 10_000

#: JSON texts to stand where a value is expected; not all of them are JSON.
SNIPPETS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "-0.0",
    "1e400",
    "-1e400",
    "1e-400",
    "1E309",
    "0x10",
    "01",
    "1.",
    ".5",
    "+1",
    "1_000",
    "9" * 5000,
    "-" + "9" * 5000,
    "0." + "3" * 5000,
    "9" * 4000,
    "18446744073709551616",
    "-9223372036854775809",
    "9007199254740993",
    "0",
    "-1",
    "1.5",
    "1000001",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[[]]",
    '[{"itemid": "a"}]',
    '{"a": {"b": []}}',
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud83d"',
    '"\\ud83d\\ude00"',
    '"\\u202e\\u200b"',
    '"\\ufffe\\uffff"',
    '"\\r\\nSet-Cookie: a=b"',
    '"<script>alert(1)</script>"',
    '"${jndi:ldap://x}"',
    '"1,234.50"',
    '"\\"73.76\\""',
    '"1e5"',
    '"Infinity"',
    '"nan"',
    '"٣"',
    '"²"',
    '"0x10"',
    '"-1"',
    '"' + "9" * 5000 + '"',
    '"' + "x" * 201 + '"',
    '"' + "x" * 1001 + '"',
    '"' + "\u1e9e" * 200 + '"',
    '"' + "\ufdfa" * 200 + '"',
    '"\\q"',
    '"unfinished',
    "'single'",
    "undefined",
    "\x00",
    "[" * _DEEP + "]" * _DEEP,
    '{"a":' * _DEEP + "1" + "}" * _DEEP,
    "[" * _DEEP,
    '"[' + "[" * _DEEP + '"',
    json.dumps("[" * 150 + "]" * 150),
    json.dumps('[{"itemid": NaN}]'),
    json.dumps('[{"itemid": "\\ud800"}]'),
    json.dumps('[{"itemid": "a", "quantity": ' + "9" * 5000 + "}]"),
    json.dumps([{"itemid": str(n)} for n in range(501)]),
)

#: Whole bodies that are none.
WRECKS: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b" ",
    b"null",
    b"[]",
    b'"text"',
    b"0",
    b"NaN",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"itemid": "\xed\xa0\x80"}',
    b'{"itemid": "\xff"}',
    b'{"itemid": "\xc0\x80"}',
    "{}".encode("utf-16"),
    "{}".encode("utf-32"),
    b"itemid=a&quantity=1",
    b"<a>x</a>",
    b'{"itemid": "a"} trailing',
    b'{"itemid": "a",}',
    b"// comment\n{}",
    b"{" * _DEEP,
    b"\x1f\x8b\x08\x00",
)

#: Made when they are needed; what they are says why they are large.
GIANTS: dict[str, Callable[[], bytes]] = {
    "1 MB of spaces": lambda: b" " * 1_000_000,
    "1 MB of one text": lambda: b'{"itemid": "' + b"x" * 1_000_000 + b'"}',
    "1 MB of an unknown field": lambda: b'{"itemid": "a", "x": "' + b"y" * 1_000_000 + b'"}',
    "1 MB of items": lambda: b'{"cart": [' + b'{"itemid": "a"},' * 62_500 + b"]}",
    "as much as is read": lambda: b'{"itemid": "' + b"x" * (256 * 1024 - 14) + b'"}',
    "one byte more": lambda: b'{"itemid": "' + b"x" * (256 * 1024 - 13) + b'"}',
    "many fields": lambda: json.dumps({f"f{n}": n for n in range(15_000)}).encode(),
    "many items": lambda: json.dumps(
        {"cart": [{"itemid": f"{n}"} for n in range(10_000)]}
    ).encode(),
}


@cache
def giant(name: str) -> bytes:
    """Return a large body."""
    return GIANTS[name]()


#: Secrets where a schema has room for them.
_PLANTED = {
    "number": CARD_NUMBER,
    "ccv": CVV,
    "CVV": CVV,
    "password": WRONG_PASSWORD,
}


def planted(body: Any) -> Any:
    """Return a body with secrets of ours in the places of its own."""
    if isinstance(body, dict):
        return {name: _PLANTED.get(name, planted(value)) for name, value in body.items()}
    if isinstance(body, list):
        return [planted(value) for value in body]
    return body


def rendered(body: Any, marks: dict[str, str]) -> str:
    """Return the JSON text of a body in which some texts stand for raw snippets."""
    text = json.dumps(body, ensure_ascii=False)
    for mark, snippet in marks.items():
        text = text.replace(json.dumps(mark), snippet)
    return text


def _places(body: Any) -> list[tuple[Any, Any]]:
    """Return every container of a body with every key or index in it."""
    if isinstance(body, dict):
        inner = [place for value in body.values() for place in _places(value)]
        return [(body, key) for key in body] + inner
    if isinstance(body, list):
        inner = [place for value in body for place in _places(value)]
        return [(body, index) for index in range(len(body))] + inner
    return []


@st.composite
def damaged(draw: st.DrawFn, example: Any) -> bytes:
    """Draw a body like ``example`` with up to three values that do not belong there."""
    body, marks = json.loads(json.dumps(planted(example))), {}
    for number in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3)))):
        places = _places(body)
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        how = draw(
            st.sampled_from(("snippet", "snippet", "snippet", "text", "drop", "case", "twin"))
        )
        if how == "drop" and isinstance(container, dict):
            del container[key]
        elif how == "case" and isinstance(container, dict):
            container[key.upper()] = container.pop(key)
        elif how == "twin" and isinstance(container, dict):
            # The same name again, as text that JSON writers never write.
            marks[f"twin-{number}"] = f'"x", {json.dumps(key)}: {draw(st.sampled_from(SNIPPETS))}'
            container[key] = f"twin-{number}"
        elif how == "text":
            container[key] = draw(st.text(max_size=30))
        else:
            marks[f"mark-{number}"] = draw(st.sampled_from(SNIPPETS))
            container[key] = f"mark-{number}"
    if draw(st.integers(0, 9)) == 0 and isinstance(body, dict):
        marks["extra"] = draw(st.sampled_from(SNIPPETS))
        body[draw(st.text(max_size=5))] = "extra"
    return rendered(body, marks).encode()


def bodies(example: Any) -> st.SearchStrategy[bytes]:
    """Return bodies for an operation that would take ``example``."""
    return st.one_of(
        damaged(example),
        damaged(example),
        damaged(example),
        damaged(example),
        damaged(example),
        st.sampled_from(WRECKS),
        st.binary(max_size=40),
        damaged(example).flatmap(lambda body: st.integers(0, len(body)).map(lambda n: body[:n])),
        st.sampled_from(sorted(GIANTS)).map(giant),
    )
