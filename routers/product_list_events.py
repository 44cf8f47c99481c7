"""``GET /products`` answered from an event of Lambda's, where the same was answered before.

Between the event and the lane (``routers/product_list.py``) are the adapter, its event loop and
the middleware, which take as long again as the runtime client. What they answered is kept by
all that the answer depends on; what depends on more than that goes through them as before.
"""

from typing import Any, NamedTuple

from app.settings import get_settings
from app.trace_context import TRACEPARENT, new_trace
from routers.origin_check import ORIGIN_HEADER, is_accepted
from routers.product_list import PATH, QUERIES, Kept, KeptProductLists

Event = dict[str, Any]

#: Clients that know another version each have an answer of their own.
_MOST = 16


class _Asked(NamedTuple):
    """What of an event an answer depends on."""

    query: str
    if_none_match: str | None
    proto: str | None


class KeptEventAnswers:
    """What was answered to events, for as long as the list that it holds is kept."""

    def __init__(self, lists: KeptProductLists) -> None:
        """Keep no answer longer than ``lists`` keeps its list."""
        self._lists = lists
        self._answers: dict[_Asked, tuple[Kept, Event]] = {}

    def find(self, event: Any) -> Event | None:
        """Return the answer to an event, with a trace of its own; None where it is not kept."""
        asked = _read(event)
        if asked is None:
            return None
        kept, answer = self._answers.get(asked, (None, {}))
        if kept is None or kept is not self._list(asked):
            return None
        headers = {**answer["headers"], "x-request-id": new_trace().trace_id}
        return {**answer, "headers": headers}

    def keep(self, event: Any, answer: Event) -> None:
        """Keep what was just answered to an event, if it is the list or says it is unchanged."""
        asked = _read(event)
        kept = self._list(asked) if asked else None
        # The list itself is kept once, not for each outdated version that a client may have.
        if asked and kept and answer["statusCode"] == (304 if asked.if_none_match else 200):
            if len(self._answers) >= _MOST:
                self.forget()
            self._answers[asked] = kept, answer

    def forget(self) -> None:
        """Forget all answers."""
        self._answers.clear()

    def _list(self, asked: _Asked) -> Kept | None:
        return self._lists.find(asked.query.encode(), seconds=get_settings().catalog_seconds)


def _read(event: Any) -> _Asked | None:
    """Return what an answer depends on; None for all that needs a closer look, or is malformed."""
    try:
        is_plain = _is_plain(event)
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
        return None
    if not is_plain or get_settings().otlp_endpoint:
        return None
    headers = event["headers"]
    if not is_accepted(headers.get(ORIGIN_HEADER, "")):
        return None
    return _Asked(
        event["rawQueryString"], headers.get("if-none-match"), headers.get("x-forwarded-proto")
    )


def _is_plain(event: Any) -> bool:
    """Tell whether an event asks for a list, and for nothing more; fails for a malformed one."""
    call, headers, cookies = event["requestContext"]["http"], event["headers"], event.get("cookies")
    if not (
        call["path"] == PATH
        and call["method"] == "GET"
        and event["version"] == "2.0"
        and event["rawQueryString"].encode() in QUERIES
        and event["isBase64Encoded"] is False
        and "body" not in event
        and TRACEPARENT not in headers
        and (cookies is None or isinstance(cookies, list))
    ):
        return False
    names = "".join(headers)
    # Fails where something is no text, or not Unicode.
    "".join((names, *headers.values(), call["sourceIp"], *(cookies or ()))).encode()
    return names == names.lower()
