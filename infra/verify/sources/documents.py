"""The changes between two versions of an API document that break clients.

Breaking is what takes away (a path, a method, a field of an answer, a value, a way to send a
token), what answers may hold and did not, and what asks for more; whatever adds is not.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.verify.sources.schema_changes import (
    Change,
    Part,
    asked_of_writers,
    lost_by_readers,
)
from infra.verify.sources.schema_forms import Document, resolved

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
#: What is said of a way to send a token for people only.
_NOTES = frozenset({"description", "bearerFormat"})


def breaking_api_changes(old: Document, new: Document) -> Iterator[Change]:
    """Yield place and kind of each breaking change of an OpenAPI document."""
    for path, methods in old.get("paths", {}).items():
        if path not in new.get("paths", {}):
            yield path, "is gone"
            continue
        for method in _METHODS:
            if method in methods:
                place = f"{method.upper()} {path}"
                if method not in new["paths"][path]:
                    yield place, "is gone"
                else:
                    yield from _Operation(old, methods, method).changes(
                        place, _Operation(new, new["paths"][path], method)
                    )
    for name in old.get("webhooks", {}):
        if name not in new.get("webhooks", {}):
            yield f"webhook {name}", "is gone"
    yield from _other_schemes(old, new)


def _other_schemes(old: Document, new: Document) -> Iterator[Change]:
    """Yield the ways to send a token that are others under the same name."""
    before, after = (it.get("components", {}).get("securitySchemes", {}) for it in (old, new))
    for name in before:
        if name in after and _means(old, before[name]) != _means(new, after[name]):
            yield f"security scheme {name}", "is another now"


def _means(document: Document, scheme: Document) -> Document:
    found = resolved(document, scheme)
    return {name: value for name, value in found.items() if name not in _NOTES}


def breaking_event_changes(old: Document, new: Document) -> Iterator[Change]:
    """Yield place and kind of each breaking change of an AsyncAPI document."""
    for channel in old.get("channels", {}):
        if channel not in new.get("channels", {}):
            yield channel, "is gone"
    before = old.get("components", {}).get("messages", {})
    after = new.get("components", {}).get("messages", {})
    for name, message in before.items():
        if name not in after:
            yield name, "is gone"
        elif "payload" in message:
            # Consumers read events: an event is an answer to them.
            was, now = Part(old, message["payload"]), Part(new, after[name].get("payload", {}))
            yield from lost_by_readers(f"event {name}", was, now)


def document_of_messages(bodies: Mapping[str, str]) -> Document:
    """Return what messages promise, as an AsyncAPI document has it.

    ``bodies`` are named after their events, with a word behind where there are several.
    """
    messages = {
        name.partition(" ")[0]: {"payload": _promised(json.loads(body))}
        for name, body in bodies.items()
    }
    return {"components": {"messages": messages}}


def _promised(value: Any) -> Document:
    if isinstance(value, dict):
        fields = {name: _promised(content) for name, content in value.items()}
        return {"type": "object", "properties": fields, "required": list(fields)}
    # A number that has no fraction in one message may have one in the next.
    return {"type": "string"} if isinstance(value, str) else {}


class _Operation:
    """One method of a path, with what its path and its document say for all of them."""

    def __init__(self, document: Document, path: Document, method: str) -> None:
        self._document = document
        self._operation: Document = path[method]
        self.answers = self.named(self._operation.get("responses", {}))
        given = [*path.get("parameters", ()), *self._operation.get("parameters", ())]
        self.parameters = {
            self._place_of(parameter): parameter
            for parameter in (resolved(document, one) for one in given)
        }
        self.body: Document = resolved(document, self._operation.get("requestBody", {}))
        said = self._operation.get("security", document.get("security", []))
        #: The ways to be let in: of each, its schemes with their scopes.
        self.ways: list[Document] = said or [{}]

    def changes(self, place: str, new: "_Operation") -> Iterator[Change]:
        """Yield what breaks clients of this operation in ``new``."""
        for status, answer in self.answers.items():
            if status not in new.answers:
                yield place, f"no longer answers {status}"
            else:
                yield from self._in_answer(place, status, (answer, new.answers[status]), new)
        yield from self._in_parameters(place, new)
        yield from self._in_body(place, new)
        for way in self.ways:
            if not any(_is_within(other, way) for other in new.ways):
                names = " and ".join(way)
                yield place, f"no longer takes {names}" if names else "needs a token now"

    def _in_answer(
        self, place: str, status: str, answers: tuple[Document, Document], new: "_Operation"
    ) -> Iterator[Change]:
        had, has = answers
        found = has.get("content", {})
        for kind, content in had.get("content", {}).items():
            if not content.get("schema"):
                continue  # An answer without a body.
            if kind not in found:
                yield place, f"no longer answers {status} as {kind}"
            else:
                was, now = self.part(content), new.part(found[kind])
                yield from lost_by_readers(f"{place} {status}", was, now)
        headers = {name.lower(): one for name, one in new.named(has.get("headers", {})).items()}
        for name, header in self.named(had.get("headers", {})).items():
            now_said = headers.get(name.lower())
            if now_said is None:
                yield f"{place} {status}", f"lost the header {name}"
                continue
            if header.get("required") and not now_said.get("required"):
                yield f"{place} {status}", f"no longer always has the header {name}"
            was, now = self.part(header), new.part(now_said)
            yield from lost_by_readers(f"{place} {status} {name}", was, now)

    def _in_parameters(self, place: str, new: "_Operation") -> Iterator[Change]:
        for where, parameter in new.parameters.items():
            before = self.parameters.get(where, {})
            if parameter.get("required") and not before.get("required"):
                yield place, f"needs {where} now"
        for where, parameter in self.parameters.items():
            if where not in new.parameters:
                yield place, f"no longer reads {where}"
            else:
                was, now = self.part(parameter), new.part(new.parameters[where])
                yield from asked_of_writers(f"{place} {where}", was, now)

    def _in_body(self, place: str, new: "_Operation") -> Iterator[Change]:
        if self.body and not new.body:
            yield place, "no longer takes a body"
            return
        if new.body.get("required") and not self.body.get("required"):
            yield place, "needs a body now"
        taken = new.body.get("content", {})
        for kind, content in self.body.get("content", {}).items():
            if kind not in taken:
                yield place, f"no longer takes a body as {kind}"
            else:
                was, now = self.part(content), new.part(taken[kind])
                yield from asked_of_writers(f"{place} body", was, now)

    def part(self, said: Document) -> Part:
        """Return the schema of a parameter, a header or a kind of content."""
        for content in said.get("content", {}).values():
            said = content
        return Part(self._document, said.get("schema", True))

    def named(self, parts: Document) -> dict[str, Document]:
        """Return answers or headers by their names, references followed."""
        return {name: resolved(self._document, part) for name, part in parts.items()}

    def _place_of(self, parameter: Document) -> str:
        name = parameter["name"]
        return f"{parameter['in']} {name.lower() if parameter['in'] == 'header' else name}"


def _is_within(way: Document, other: Document) -> bool:
    """Tell whether who comes in by the other way comes in by this one, too."""
    return all(name in other and set(scopes) <= set(other[name]) for name, scopes in way.items())
