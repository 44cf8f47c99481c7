"""What requests about orders say besides their bodies: whose, under which key, how, until when."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema

from app.field_errors import NOT_INSTANT
from routers.dependencies import CallerDep, check_owner, user_of_path

UserIdPath = Annotated[
    str,
    Path(
        min_length=1,
        description="Id of the user whose order it is.",
        examples=["5c3939ea1d41c892ce243827"],
    ),
]


async def _owned(userid: UserIdPath, request: Request, caller: CallerDep) -> str:
    userid = user_of_path(request, userid, caller)
    check_owner(caller, userid, or_staff=True)
    return userid


UserId = Annotated[str, Depends(_owned)]


def key_header(description: str) -> Any:
    """Return how an `Idempotency-Key` is declared: 1 to 255 characters."""
    return Header(min_length=1, max_length=255, description=description)


KeyHeader = Annotated[
    str | None,
    key_header(
        "A repeat with the same key and body returns the same order, for as long as it is stored;"
        " another body is 422. What counts are the names, the e-mail address, the address, the"
        " delivery, the articles in their order, the total, and number and expiry of the card, as"
        ' the shop reads them: `1` and `"1"` are the same. What does not count are the CVV, the'
        " `type` of a card in the shape of this document, and unknown fields. ASCII is best."
    ),
]
#: Instants that can be written as text in UTC, whatever their offset.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
#: Without it a number would count as seconds since 1970.
_YEAR_FIRST = re.compile(r"\d{4}-", re.ASCII)


def _instant(value: Any) -> Any:
    if isinstance(value, str) and not _YEAR_FIRST.match(value):
        raise ValueError(NOT_INSTANT)
    return value


Before = Annotated[
    AwareDatetime | None,
    Query(
        ge=_EARLIEST,
        le=_LATEST,
        description="Only orders that were placed before this instant (ISO 8601 with an offset,"
        " such as `2026-11-23T09:00:00Z`); `next` goes on from there.",
        examples=["2026-11-23T09:00:00Z"],
    ),
    # Behind the bounds: before them pydantic would not know what they bound.
    BeforeValidator(_instant),
]
#: Several lines of the header are one list.
PreferHeader = Annotated[
    Annotated[list[str], WithJsonSchema({"type": "string"})] | None,
    Header(description="`respond-async` answers at once with 202 (RFC 7240)."),
]
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: An empty value is none (RFC 7240, 2).
_ASYNC = frozenset({"respond-async", "respond-async=", 'respond-async=""'})


def prefers_async(prefer: list[str] | None) -> bool:
    """Tell whether ``respond-async`` is among the preferences of a request."""
    # What is quoted may hold commas.
    text = _QUOTED.sub(lambda found: '"value"' if found[1] else '""', ",".join(prefer or ()))
    preferences = (preference.partition(";")[0] for preference in text.split(","))
    return any("".join(preference.split()).lower() in _ASYNC for preference in preferences)


def header_as_sent(header: str) -> str:
    """Return the text of a header that was read as Latin-1: browsers send that, others UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header
