"""What every answer has to be, whatever was asked."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from tests.fuzz.helpers.gateway_events import Case
from tests.fuzz.helpers.openapi_document import Operation, find
from tests.fuzz.helpers.world import ENFORCED, World


@dataclass(frozen=True)
class Answer:
    """An answer of the handler, taken apart."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @classmethod
    def read(cls, given: dict[str, Any]) -> "Answer":
        """Return what API Gateway would make of the handler's answer.

        Raises:
            TypeError: nothing, because it is not of the documented shape.
        """
        json.dumps(given).encode()
        body, headers = given.get("body", ""), given.get("headers", {})
        cookies = given.get("cookies", [])
        texts = [body, *headers, *headers.values(), *cookies]
        if type(given["statusCode"]) is not int or not all(type(text) is str for text in texts):
            raise TypeError("not an answer that API Gateway understands")
        content = base64.b64decode(body) if given["isBase64Encoded"] else body.encode()
        return cls(given["statusCode"], headers, cookies, content)


def is_readable(body: bytes) -> bool:
    """Tell whether a body is JSON by the book (RFC 8259), as Python's reader sees it."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        # Half a character cannot be written down again.
        json.dumps(json.loads(body.decode(), parse_constant=refuse), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def body_of(event: dict[str, Any]) -> bytes:
    """Return the body that an event carries."""
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def complaints(case: Case, answer: Answer, *, mode: str) -> list[str]:
    """Return everything that is wrong with an answer."""
    found = list(_complaints_about_headers(answer))
    if not case.is_event:
        if answer.status != 400:
            found.append(f"{answer.status} for what is no event")
        return found + _complaints_about_refusal(answer)
    call = case.event["requestContext"]["http"]
    is_head = call["method"] == "HEAD"
    # The gateway has decoded the path; HEAD is answered as GET, without the body.
    expected = find("GET" if is_head else call["method"], call["path"])
    if isinstance(expected, frozenset):
        if answer.status not in expected:
            found.append(
                f"{answer.status} instead of {sorted(expected)} where nothing is documented"
            )
    elif answer.status not in expected.statuses or answer.status >= 500:
        found.append(f"{answer.status} is not documented for {expected.name}")
    else:
        if not is_head:
            found += _complaints_about_content(expected, answer)
        found += _complaints_about_success(case, expected, answer, mode=mode)
    if is_head:
        return [*found, "a body for HEAD"] if answer.body else found
    if answer.status >= 400 and not _is_page_for_people(case.event, answer):
        found += _complaints_about_refusal(answer)
        found += _complaints_about_code(expected, answer)
    return found


def _is_page_for_people(event: dict[str, Any], answer: Answer) -> bool:
    """Tell whether it is the page that who asks for HTML gets for what is not found."""
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    is_asked_for = "text/html" in asked.get("accept", "").lower()
    return (answer.status, answer.media_type, is_asked_for) == (404, "text/html", True)


def leaks(world: World, text: str, *, about: str, said: str = "") -> list[str]:
    """Return which secrets are in a text, without saying them; not those ``said`` openly."""
    return [
        f"{about}: secret number {index}"
        for index, secret in enumerate(world.secrets)
        if secret in text and secret not in said
    ]


def _complaints_about_headers(answer: Answer) -> list[str]:
    found = []
    if answer.headers.get("access-control-allow-origin") != "*":
        found.append("no access-control-allow-origin")
    for name, value in [
        *answer.headers.items(),
        *(("set-cookie", cookie) for cookie in answer.cookies),
    ]:
        if not (name + value).isprintable():
            found.append(f"the header {name} holds a control character")
    return found


def _complaints_about_refusal(answer: Answer) -> list[str]:
    if answer.media_type != "application/json":
        return [f"a refusal of type {answer.media_type}"]
    problem = json.loads(answer.body)
    if (
        set(problem) != {"message", "status", "code", "fields", "request_id"}
        or problem["status"] != answer.status
    ):
        return ["a refusal of another shape"]
    if not (isinstance(problem["message"], str) and 0 < len(problem["message"]) < 20_000):
        return ["a refusal without a message, or with too much of it"]
    return []


def _complaints_about_code(expected: Operation | frozenset[int], answer: Answer) -> list[str]:
    if isinstance(expected, frozenset) or answer.media_type != "application/json":
        return []
    code = json.loads(answer.body).get("code")
    if code in expected.codes:
        return []
    return [f"the code {code} is not documented for {expected.name}"]


def _complaints_about_content(operation: Operation, answer: Answer) -> list[str]:
    documented = operation.media(answer.status)
    if not documented:
        return [] if not answer.body else ["a body where none is documented"]
    if answer.media_type not in documented:
        return [f"type {answer.media_type} is not documented for {operation.name}"]
    if answer.media_type != "application/json" or not documented["application/json"].get("schema"):
        return []
    value = json.loads(answer.body)
    return operation.mistakes(answer.status, "application/json", value)


def _complaints_about_success(
    case: Case, operation: Operation, answer: Answer, *, mode: str
) -> list[str]:
    if answer.status >= 400:
        return []
    found = []
    if mode == ENFORCED and operation.needs_token and not case.has_token:
        found.append(f"{answer.status} without a token for {operation.name}")
    if operation.example is not None and not is_readable(body_of(case.event)):
        found.append(f"{answer.status} for a body that is no JSON")
    return found
