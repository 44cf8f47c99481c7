"""``GET /products`` answered before FastAPI: one encoded answer for all clients.

The list is what every visitor asks for first and what changes least, and encoding it is most
of its cost. The first request goes to the route; what the route answers is kept for as long
as ``SHOP_CATALOG_SECONDS`` says, or until this process adds a product. The answers are equal
to the route's, byte for byte (``tests/routers/test_product_list.py``).
"""

import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import get_settings
from routers.entity_tags import if_changed

PATH = "/products"
#: The forms of the list that are kept; pages of it and wrong questions go to the route.
QUERIES = frozenset({b"", b"include=codes"})
#: Without these the route always answers with the whole list.
_CONDITIONS = frozenset({b"if-none-match"})


@dataclass(frozen=True)
class Kept:
    """One answer of the route."""

    headers: list[tuple[bytes, bytes]]
    content: bytes
    since: float


class KeptProductLists:
    """What the route answered, by query; one for each application."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: dict[bytes, Kept] = {}
        #: Counts the changes: an answer that was read before one is not kept after it.
        self.changes = 0

    def forget(self) -> None:
        """Forget all answers, because the catalog has changed."""
        self.changes += 1
        self._kept.clear()

    def find(self, query: bytes, *, seconds: float) -> Kept | None:
        """Return an answer of the last ``seconds``."""
        kept = self._kept.get(query)
        # The time of day: on Lambda a process is frozen between requests, its own clock too.
        return kept if kept and 0 <= time.time() - kept.since < seconds else None

    def keep(self, query: bytes, answer: Kept, *, changes: int) -> None:
        """Keep what was answered, unless the catalog has changed since it was asked for."""
        if changes == self.changes:
            self._kept[query] = answer


class ProductListLane:
    """Answers ``GET /products`` from what is kept; everything else goes to the application."""

    def __init__(self, app: ASGIApp, *, kept: KeptProductLists) -> None:
        """Stand before ``app``, whose routes forget ``kept`` when they change the catalog."""
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if not (
            scope["type"] == "http"
            and scope["path"] == PATH
            and scope["method"] == "GET"
            and scope["query_string"] in QUERIES
        ):
            await self._app(scope, receive, send)
            return
        query, now = scope["query_string"], time.time()
        kept = self._kept.find(query, seconds=get_settings().catalog_seconds)
        if kept is None:
            changes = self._kept.changes
            answer = _WholeAnswer(send)
            await self._app(_unconditional(scope), receive, answer.send)
            if not answer.is_list:
                return
            kept = Kept(answer.headers, answer.content, now)
            self._kept.keep(query, kept, changes=changes)
        response = Response()
        response.raw_headers, response.body = list(kept.headers), kept.content
        await if_changed(response, Headers(scope=scope))(scope, receive, send)


class _WholeAnswer:
    """Holds back an answer with the list; passes on any other."""

    def __init__(self, send: Send) -> None:
        self.is_list = False
        self.headers: list[tuple[bytes, bytes]] = []
        self.content = b""
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self.is_list = True
            self.headers = message["headers"]
        elif self.is_list:
            self.content += message.get("body", b"")
        else:
            await self._send(message)


def _unconditional(scope: Scope) -> Scope:
    headers = [pair for pair in scope["headers"] if pair[0] not in _CONDITIONS]
    return {**scope, "headers": headers}
