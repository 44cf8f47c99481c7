"""The changes between two versions of an API document that break clients.

Breaking is what takes away (a path, a method, a field of an answer, a value) or asks for more
(a field that was free before); whatever adds is not.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_DEEPEST = 12


def breaking_api_changes(old: Document, new: Document) -> Iterator[tuple[str, str]]:
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
                    yield from _operation(
                        place, (old, methods[method]), (new, new["paths"][path][method])
                    )


def breaking_event_changes(old: Document, new: Document) -> Iterator[tuple[str, str]]:
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
            payloads = (message["payload"], after[name].get("payload", {}))
            yield from _lost(f"event {name}", (old, payloads[0]), (new, payloads[1]))


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


def _operation(
    place: str, before: tuple[Document, Document], after: tuple[Document, Document]
) -> Iterator[tuple[str, str]]:
    (old, had), (new, has) = before, after
    for status, answer in had.get("responses", {}).items():
        if status not in has.get("responses", {}):
            yield place, f"no longer answers {status}"
            continue
        found = _schema(new, has["responses"][status]).get("content", {})
        for kind, content in _schema(old, answer).get("content", {}).items():
            if not content.get("schema"):
                continue  # An answer without a body.
            if kind not in found:
                yield place, f"no longer answers {status} as {kind}"
            else:
                schemas = (content.get("schema", {}), found[kind].get("schema", {}))
                yield from _lost(f"{place} {status}", (old, schemas[0]), (new, schemas[1]))
    given = {(parameter["in"], parameter["name"]) for parameter in had.get("parameters", ())}
    for needed in has.get("parameters", ()):
        if needed.get("required") and (needed["in"], needed["name"]) not in given:
            yield place, f"needs {needed['in']} {needed['name']} now"
    for kind, content in had.get("requestBody", {}).get("content", {}).items():
        wanted = has.get("requestBody", {}).get("content", {}).get(kind, {})
        schemas = (content.get("schema", {}), wanted.get("schema", {}))
        yield from _needed(f"{place} body", (old, schemas[0]), (new, schemas[1]))


def _schema(document: Document, schema: Document) -> Document:
    """Return a part with its reference followed, and of several forms the widest or first."""
    for _ in range(_DEEPEST):
        if "$ref" in schema:
            schema = _followed(document, schema)
        elif forms := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            wanted = [form for form in forms if form.get("type") != "null"]
            # Every integer is a number.
            numbers = [form for form in wanted if form.get("type") == "number"]
            schema = next(iter(numbers or wanted), {})
        else:
            break
    return schema


def _followed(document: Document, schema: Document) -> Document:
    found: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    followed: Document = found
    return followed


def _fields(
    before: tuple[Document, Document], after: tuple[Document, Document]
) -> Iterator[tuple[str, tuple[Document, Document], tuple[Document, Document]]]:
    """Yield the fields that both have."""
    (old, had), (new, has) = before, after
    for name, field in had.get("properties", {}).items():
        if name in has.get("properties", {}):
            yield name, (old, field), (new, has["properties"][name])
    if "items" in had and "items" in has:
        yield "[]", (old, had["items"]), (new, has["items"])


def _resolved(
    before: tuple[Document, Document], after: tuple[Document, Document]
) -> tuple[tuple[Document, Document], tuple[Document, Document]]:
    return (before[0], _schema(*before)), (after[0], _schema(*after))


def _lost(
    place: str, before: tuple[Document, Document], after: tuple[Document, Document], depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield what readers of a value no longer find in it."""
    types = _types(*before), _types(*after)
    before, after = _resolved(before, after)
    had, has = before[1], after[1]
    for name in had.get("properties", {}):
        if name not in has.get("properties", {}):
            yield place, f"lost the field {name}"
    for name in had.get("required", ()):
        if name in has.get("properties", {}) and name not in has.get("required", ()):
            yield place, f"no longer always has {name}"
    yield from _other_types(place, *types)
    if depth < _DEEPEST:
        for name, one, other in _fields(before, after):
            yield from _lost(f"{place}.{name}", one, other, depth + 1)


def _types(document: Document, schema: Document) -> set[str]:
    """Return the types that a value may have, without null; none where nothing is said."""
    while "$ref" in schema:
        schema = _followed(document, schema)
    if forms := schema.get("anyOf") or schema.get("oneOf"):
        return set().union(*(_types(document, form) for form in forms))
    said = schema.get("type", [])
    return {said} - {"null"} if isinstance(said, str) else {*said} - {"null"}


def _other_types(place: str, had: set[str], has: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the types that readers of a value do not expect."""
    more = has - had
    if "number" in had:
        more -= {"integer"}  # Every integer is a number.
    if had and more:
        others = " or ".join(sorted(more))
        if had & has:
            yield place, f"may be {others} now"
        else:
            yield place, f"became {others} instead of {' or '.join(sorted(had))}"


def _needed(
    place: str, before: tuple[Document, Document], after: tuple[Document, Document], depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield what writers of a value have to send now and did not have to before."""
    before, after = _resolved(before, after)
    had, has = before[1], after[1]
    for name in has.get("required", ()):
        if name not in had.get("required", ()):
            yield place, f"needs {name} now"
    for value in had.get("enum", ()):
        if "enum" in has and value not in has["enum"]:
            yield place, f"no longer takes {value!r}"
    if depth < _DEEPEST:
        for name, one, other in _fields(before, after):
            yield from _needed(f"{place}.{name}", one, other, depth + 1)
