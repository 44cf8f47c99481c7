"""Every answer that a test gets from the shop is one that the API document declares.

Clients of tests have this as a hook: what any test of the suite is answered with is held against
the document, and a code that an operation does not declare fails the test that met it.
"""

from httpx import Response

from tests.fuzz.helpers.openapi_document import Operation, find

#: A body may come with any request, and these are said before it is asked which one it is.
_OF_ANY_BODY = frozenset({"content_too_large", "request_timeout"})


def undeclared(answer: Response) -> str | None:
    """Return what is wrong with an answer by the document, if anything."""
    asked = answer.request
    operation = find("GET" if asked.method == "HEAD" else asked.method, asked.url.path)
    if not isinstance(operation, Operation):
        return None
    status = answer.status_code
    if str(status) not in operation.content["responses"] and status not in {408, 413}:
        return f"{operation.name} declares no {status}"
    if status < 400 or answer.headers["content-type"] != "application/json" or not answer.content:
        return None
    code = answer.json()["code"]
    if code in operation.codes | _OF_ANY_BODY:
        return None
    return f"{operation.name} declares no {code}"


async def check_documented(answer: Response) -> None:
    """Fail for an answer that is not documented; a hook for HTTPX."""
    await answer.aread()
    if found := undeclared(answer):
        raise AssertionError(found)
