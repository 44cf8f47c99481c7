"""Schemas in the form that generators of all languages make working code from.

FastAPI's schemas are right, and several generators stumble over what they may say: titles of
properties become names of classes, defaults of requests become code that does not compile, a
choice of integer and number becomes a class, and a constant of a status an enumeration.
"""

from typing import Any

Schema = dict[str, Any]

#: Answers are made by the shop: all their properties are always there, but for these.
_ALWAYS_WHOLE = ("Public", "Response")
_FORMATS = {"integer": "int32", "number": "double"}


def simplify(name: str, schema: Schema) -> Schema:
    """Return a component's schema in its plain form."""
    is_answer = name.endswith(_ALWAYS_WHOLE)
    plain = _simplify(schema, is_answer=is_answer)
    properties: dict[str, Schema] = plain.get("properties", {})
    if is_answer:
        optional = {key for key, field in schema.get("properties", {}).items() if _may_lack(field)}
        if required := [key for key in properties if key not in optional]:
            plain["required"] = required
    return plain


def simplify_parameter(schema: Schema) -> Schema:
    """Return a parameter's schema in its plain form."""
    return _simplify(schema)


def _may_lack(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _simplify(schema: Schema, *, is_answer: bool = False) -> Schema:
    schema = {key: value for key, value in schema.items() if key not in {"title", "default"}}
    for forms in filter(None, (schema.pop("anyOf", None),)):
        schema = {**_one_of(forms, is_answer=is_answer), **schema}
    if "$ref" in schema:
        # Beside a reference only a description: a default or an example belongs to what it names.
        return {key: schema[key] for key in ("$ref", "description") if key in schema}
    if "const" in schema:
        schema.setdefault("examples", [schema.pop("const")])
    if (kind := schema.get("type")) in _FORMATS:
        schema.setdefault("format", _FORMATS[kind])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _simplify(schema[key], is_answer=is_answer)
    if "properties" in schema:
        schema["properties"] = {
            key: _simplify(field, is_answer=is_answer)
            for key, field in schema["properties"].items()
        }
    return schema


def _one_of(forms: list[Schema], *, is_answer: bool) -> Schema:
    """Return the one form of several: without null, a number for integer and number.

    An answer that may be a number or text stays a choice, because its readers get both: as
    ``anyOf``, the number first, for Java's client of openapi-generator reads no ``oneOf`` of them.

    Raises:
        ValueError: there is a choice left; publish one form, describe the others in words.
    """
    left = [form for form in forms if form != {"type": "null"}]
    kinds = {form.get("type") for form in left}
    if {"integer", "number"} <= kinds:
        left = [form for form in left if form.get("type") != "integer"]
    if len(left) == 1:
        return left[0]
    if is_answer and kinds == {"integer", "number", "string"}:
        return {"anyOf": [_simplify(form) for form in left]}
    raise ValueError(f"several published forms: {left}")
