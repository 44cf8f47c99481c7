"""What the API document says of a request, found without asking the application's router."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

#: Paths that older clients know, and the documented ones that answer like them.
_ALIASES = {
    "/product": "/products",
    "/liveness": "/catalogliveness",
    "/acme-login": "/login",
    "/users/logout": "/logout",
    "/whoami": "/userinfo",
}
#: Pages and files, which the document is not about.
_PAGES = re.compile(r"/|/pos|/docs|/openapi\.json|/scg-logout|/acme-login|/static(/.*)?", re.DOTALL)
PAGE_STATUSES = frozenset({200, 302, 304, 404, 405})


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    template: str
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """Return what people call it."""
        return f"{self.method} {self.template}"

    @property
    def statuses(self) -> frozenset[int]:
        """Return the statuses a call of it may have: no other method, no crash, no gateway."""
        return frozenset(map(int, self.content["responses"])) - {405, 429, 500}

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of the errors that it declares, as its examples have them."""
        return frozenset(
            example["value"]["code"]
            for status in self.content["responses"]
            if status >= "400"
            for content in self.media(int(status)).values()
            for example in content["examples"].values()
            if "code" in example["value"]
        )

    @property
    def needs_token(self) -> bool:
        """Whether callers have to say who they are."""
        return bool(self.content["security"])

    @property
    def example(self) -> Any:
        """Return a body it takes; None when it takes none."""
        if "requestBody" not in self.content:
            return None
        schema = self.content["requestBody"]["content"]["application/json"]["schema"]
        return _schemas()[schema["$ref"].rpartition("/")[2]]["examples"][0]

    def takes(self, body: Any) -> bool:
        """Tell whether a body fits its schema."""
        return bool(_body_validator(self.name).is_valid(body))

    def media(self, status: int) -> dict[str, Any]:
        """Return the documented content types of an answer with their schemas."""
        answer = self.content["responses"][str(status)]
        if "$ref" in answer:
            answer = _document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        found: dict[str, Any] = answer.get("content", {})
        return found

    def mistakes(self, status: int, media_type: str, value: Any) -> list[str]:
        """Return what is wrong with the body of an answer by its schema."""
        validator = _validator(self.name, status, media_type)
        return [error.message[:200] for error in validator.iter_errors(value)]


#: The committed document, which ``tests/routers/test_documents.py`` compares with the code's.
_FILE = Path(__file__).parents[3] / "openapi" / "openapi.json"


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = _document()["components"]["schemas"]
    return found


@cache
def operations() -> dict[str, Operation]:
    """Return every documented operation by its name."""
    every = [
        Operation(verb.upper(), template, content)
        for template, verbs in _document()["paths"].items()
        for verb, content in verbs.items()
    ]
    return {operation.name: operation for operation in every}


@cache
def _validator(name: str, status: int, media_type: str) -> Any:
    schema = operations()[name].media(status)[media_type].get("schema", {})
    return Draft202012Validator({"components": _document()["components"], **schema})


@cache
def _body_validator(name: str) -> Any:
    body = operations()[name].content["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({"components": _document()["components"], **body})


#: A template that ends in one id, with nothing but fixed words before it.
_ENDS_IN_ID = re.compile(r"([^{}]+)/\{\w+\}")


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    templates = sorted(
        {operation.template for operation in operations().values()}, key=lambda t: t.count("{")
    )
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", template) + r"\n?"), template)
        for template in templates
    ]


def _lacks_id(method: str, path: str) -> bool:
    """Tell whether an id is missing behind the slash that ended a path (rule 11 of 1.1)."""
    templates = [template for _, template in _templates()]
    before_ids = {end[1] for one in templates if (end := _ENDS_IN_ID.fullmatch(one))}
    if path not in before_ids:
        return False
    found = [
        template
        for pattern, template in _templates()
        if pattern.fullmatch(path) and f"{method} {template}" in operations()
    ]
    if path in templates:
        return bool(found) and path not in found
    return True


def find(method: str, path: str) -> Operation | frozenset[int]:
    """Return the operation behind a request, or the statuses that fit where none is.

    ``path`` is decoded.
    """
    if method == "OPTIONS":
        return frozenset({204})
    path = path or "/"
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
        if _lacks_id(method, path):
            return frozenset({404})
    is_known = False
    shown = _ALIASES.get(path.removesuffix("\n"), path)
    for pattern, template in _templates():
        if not pattern.fullmatch(shown):
            continue
        is_known = True
        if (found := operations().get(f"{method} {template}")) is not None:
            return found
    if _PAGES.fullmatch(path.removesuffix("\n")):
        return PAGE_STATUSES
    return frozenset({405}) if is_known else frozenset({404})
