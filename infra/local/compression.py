"""Compressed answers of the local server: what a network of caches does in a stack."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Below this the headers of a packet weigh more than what is saved.
_MINIMUM_BYTES = 1000
#: What zlib itself takes; higher levels take longer for next to nothing.
_LEVEL = 6
_WEAK = "W/"
_BY_ENCODING = "Accept-Encoding"
_GZIP = "gzip"


def compressed(app: ASGIApp) -> ASGIApp:
    """Return ``app`` with answers compressed for clients that say they can read it."""
    return _ChosenEncoding(
        _EntityTags(
            GZipMiddleware(_HeadOfGet(app), minimum_size=_MINIMUM_BYTES, compresslevel=_LEVEL)
        )
    )


class _ChosenEncoding:
    """Reads ``Accept-Encoding`` with its weights and leaves the one word that decides.

    Starlette looks for the text ``gzip`` anywhere in it, also in ``gzip;q=0``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            accepted = ",".join(Headers(scope=scope).getlist(_BY_ENCODING)).lower()
            weights = dict(map(_weight, accepted.split(",")))
            chosen = _GZIP if weights.get(_GZIP, weights.get("*", 0.0)) > 0 else "identity"
            name = _BY_ENCODING.lower().encode()
            others = [pair for pair in scope["headers"] if pair[0] != name]
            scope = {**scope, "headers": [*others, (name, chosen.encode())]}
        await self._app(scope, receive, send)


def _weight(choice: str) -> tuple[str, float]:
    """Return a coding and its weight (RFC 9110, 12.4.2); what is no weight counts as none."""
    coding, *parameters = (part.strip() for part in choice.split(";"))
    text = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return coding, float(text)
    except ValueError:
        return coding, 0.0


class _EntityTags:
    """Weak entity tags of compressed answers, and one ``Vary`` of all that have a tag.

    A strong tag is of one row of bytes, so the plain answer keeps it (RFC 9110, 8.8.1). A 304 has
    the ``Vary`` and the tag of the answer it stands for (15.4.5): the tag that the client sent,
    because caches renew a weak one by a weak one only (RFC 9111, 4.3.4). Whether that answer would
    be large enough to be compressed is not known then, so ``Vary`` does not depend on it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if tag := headers.get("etag"):
                    _vary_by_encoding(headers)
                    if not tag.startswith(_WEAK) and _is_weak(message["status"], headers, scope):
                        headers["etag"] = f"{_WEAK}{tag}"
            await send(message)

        await self._app(scope, receive, send_tagged)


def _is_weak(status: int, headers: Headers, scope: Scope) -> bool:
    """Whether the tag of an answer is of compressed bytes."""
    if status == 304:
        sent = ",".join(Headers(scope=scope).getlist("if-none-match")).split(",")
        known = f"{_WEAK}{headers['etag']}"
        return _reads_gzip(scope) and known in {tag.strip() for tag in sent}
    return "content-encoding" in headers


def _vary_by_encoding(headers: MutableHeaders) -> None:
    """Add what Starlette's own method adds, but once."""
    if _BY_ENCODING not in headers.get("vary", "").split(", "):
        headers.add_vary_header(_BY_ENCODING)


def _reads_gzip(scope: Scope) -> bool:
    return Headers(scope=scope)[_BY_ENCODING] == _GZIP


class _HeadOfGet:
    """Answers to HEAD that say what GET says of a body that is compressed for those who read it.

    Without its length (RFC 9110, 8.6), if this client does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_as_get(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if _is_packed_by_get(headers):
                    _vary_by_encoding(headers)
                    if not _reads_gzip(scope):
                        await send(message)
                        return
                    del headers["content-length"]
                    if tag := headers.get("etag"):
                        headers["etag"] = f"{_WEAK}{tag.removeprefix(_WEAK)}"
            await send(message)

        is_head = scope.get("method") == "HEAD"
        await self._app(scope, receive, send_as_get if is_head else send)


def _is_packed_by_get(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0]
    is_packed_already = {kind, f"{kind.partition('/')[0]}/*"} & {*DEFAULT_EXCLUDED_CONTENT_TYPES}
    return not is_packed_already and int(headers.get("content-length", 0)) >= _MINIMUM_BYTES
