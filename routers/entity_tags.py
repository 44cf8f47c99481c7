"""Entity tags and answers that have not changed (RFC 9110, 8.8.3 and 13.1.2)."""

from hashlib import sha256

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse

#: The header as the API documents declare it.
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of what the client has; 304 if that has not changed.",
}

_POLICY = "content-security-policy"


def entity_tag(content: bytes) -> str:
    """Return the strong entity tag of a body."""
    return f'"{sha256(content).hexdigest()[:16]}"'


def if_changed(answer: Response, asked: Headers) -> Response:
    """Return ``answer``, or 304 where the asking client already has the version of its ``ETag``."""
    # Several lines are one list (RFC 9110, 5.3).
    given = ",".join(asked.getlist("if-none-match"))
    if not given:
        return answer
    candidates = given.split(",")
    known = {candidate.strip().removeprefix("W/") for candidate in candidates}
    if known & {answer.headers["etag"], "*"}:
        same = NotModifiedResponse(answer.headers)
        # Browsers take the headers of a 304 over those they have (RFC 9111, 3.2): with the policy
        # that the middleware gives to data, a page that is opened again could load nothing.
        if policy := answer.headers.get(_POLICY):
            same.headers[_POLICY] = policy
        return same
    return answer
