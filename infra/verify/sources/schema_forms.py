"""The forms that a JSON Schema allows, each as one schema without references."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

_DEEPEST = 12
_FORMS = ("anyOf", "oneOf")
#: Says nothing about values.
_NOTES = frozenset({"title", "description", "default", "example", "examples", "deprecated"})

#: The type of a schema that does not name one, by a keyword that only that type has.
_IMPLIED = {"properties": "object", "required": "object", "items": "array"}
_TYPES = {
    bool: "boolean", str: "string", int: "integer", float: "number", list: "array",
    dict: "object", type(None): "null",
}  # fmt: skip


def resolved(document: Document, part: Any) -> Any:
    """Return a part of a document with its reference followed."""
    for _ in range(_DEEPEST):
        if not isinstance(part, Mapping) or "$ref" not in part:
            break
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        beside = {name: value for name, value in part.items() if name != "$ref"}
        part = {**found, **beside} if beside and isinstance(found, Mapping) else found
    return part


def forms_of(document: Document, schema: Any, depth: int = 0) -> Iterator[Document]:
    """Yield the alternatives of a schema: of one type each, or of any.

    ``false`` has none. What stands beside ``anyOf`` or ``oneOf`` holds for each of their forms.
    """
    schema = resolved(document, schema)
    if schema is False:
        return
    if schema is True or depth > _DEEPEST:
        yield {}
        return
    schema = {name: value for name, value in schema.items() if name not in _NOTES}
    if parts := schema.pop("allOf", ()):
        whole = _merged([schema, *(resolved(document, part) for part in parts)])
        yield from forms_of(document, whole, depth + 1)
        return
    for key in _FORMS:
        if forms := schema.pop(key, ()):
            for form in forms:
                both = _merged([resolved(document, form), schema])
                yield from forms_of(document, both, depth + 1)
            return
    # OpenAPI 3.0 said so of null.
    nullable = ["null"] if schema.pop("nullable", False) else []
    said = schema.get("type", [])
    types = [said] if isinstance(said, str) else list(said)
    types = types or _implied_types(schema)
    if not types:
        yield schema
    for one in dict.fromkeys([*types, *nullable]):
        yield {"type": "null"} if one == "null" else {**schema, "type": one}


def _implied_types(schema: Document) -> list[str]:
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    found = [_TYPES[type(value)] for value in values]
    return found or [of for name, of in _IMPLIED.items() if name in schema][:1]


def _merged(parts: list[Any]) -> Document | bool:
    """Return what all parts ask for together; where two say one thing, the last."""
    if False in parts:
        return False
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in {} if part is True else part.items():
            if name == "properties":
                whole[name] = {**whole.get(name, {}), **value}
            elif name in {"required", "allOf"}:
                whole[name] = [*whole.get(name, ()), *value]
            else:
                whole[name] = value
    return whole
