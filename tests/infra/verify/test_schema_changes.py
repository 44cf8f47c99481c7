"""Whom a change of a schema breaks: who reads its values, or who writes them.

The cases are those of oasdiff's checks of level error and warning
(https://github.com/oasdiff/oasdiff), in every place of an operation that has a schema.
"""

from typing import Any

import pytest

from infra.verify.sources.documents import breaking_api_changes
from infra.verify.sources.schema_changes import Part, asked_of_writers, lost_by_readers

Schema = Any

#: A schema, and one that takes less.
NARROWED: dict[str, tuple[Schema, Schema]] = {
    "max set": ({"type": "integer"}, {"type": "integer", "maximum": 9}),
    "max": ({"type": "integer", "maximum": 9}, {"type": "integer", "maximum": 8}),
    "exclusive max set": ({"type": "number"}, {"type": "number", "exclusiveMaximum": 9}),
    "exclusive max": (
        {"type": "number", "exclusiveMaximum": 9},
        {"type": "number", "exclusiveMaximum": 8},
    ),
    "min set": ({"type": "integer"}, {"type": "integer", "minimum": 1}),
    "min": ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}),
    "exclusive min set": ({"type": "number"}, {"type": "number", "exclusiveMinimum": 1}),
    "exclusive min": (
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "number", "exclusiveMinimum": 1},
    ),
    "multiple": ({"type": "integer"}, {"type": "integer", "multipleOf": 5}),
    "other multiple": (
        {"type": "integer", "multipleOf": 5},
        {"type": "integer", "multipleOf": 10},
    ),
    "max length set": ({"type": "string"}, {"type": "string", "maxLength": 9}),
    "max length": ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 8}),
    "min length set": ({"type": "string"}, {"type": "string", "minLength": 1}),
    "min length": ({"type": "string", "minLength": 1}, {"type": "string", "minLength": 8}),
    "pattern": ({"type": "string"}, {"type": "string", "pattern": "^a"}),
    "format": ({"type": "string"}, {"type": "string", "format": "uuid"}),
    "content": ({"type": "string"}, {"type": "string", "contentSchema": {"type": "object"}}),
    "enum set": ({"type": "string"}, {"type": "string", "enum": ["a", "b"]}),
    "enum": ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}),
    "const": ({"type": "string"}, {"type": "string", "const": "a"}),
    "const of an enum": ({"enum": ["a", "b"]}, {"const": "a"}),
    "max items set": ({"type": "array"}, {"type": "array", "maxItems": 9}),
    "max items": ({"type": "array", "maxItems": 9}, {"type": "array", "maxItems": 8}),
    "min items set": ({"type": "array"}, {"type": "array", "minItems": 1}),
    "min items": ({"type": "array", "minItems": 1}, {"type": "array", "minItems": 2}),
    "unique": ({"type": "array"}, {"type": "array", "uniqueItems": True}),
    "contains": ({"type": "array"}, {"type": "array", "contains": {"type": "integer"}}),
    "max contains set": (
        {"type": "array", "contains": {}},
        {"type": "array", "contains": {}, "maxContains": 3},
    ),
    "max contains": (
        {"type": "array", "contains": {}, "maxContains": 3},
        {"type": "array", "contains": {}, "maxContains": 2},
    ),
    "min contains set": (
        {"type": "array", "contains": {}},
        {"type": "array", "contains": {}, "minContains": 2},
    ),
    "min contains": (
        {"type": "array", "contains": {}, "minContains": 2},
        {"type": "array", "contains": {}, "minContains": 3},
    ),
    "first items": ({"type": "array"}, {"type": "array", "prefixItems": [{"type": "string"}]}),
    "other items": ({"type": "array"}, {"type": "array", "unevaluatedItems": False}),
    "items": ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
    "max fields set": ({"type": "object"}, {"type": "object", "maxProperties": 9}),
    "max fields": (
        {"type": "object", "maxProperties": 9},
        {"type": "object", "maxProperties": 8},
    ),
    "min fields set": ({"type": "object"}, {"type": "object", "minProperties": 1}),
    "min fields": (
        {"type": "object", "minProperties": 1},
        {"type": "object", "minProperties": 2},
    ),
    "closed": ({"type": "object"}, {"type": "object", "additionalProperties": False}),
    "other fields": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "unevaluated fields": ({"type": "object"}, {"type": "object", "unevaluatedProperties": False}),
    "names": ({"type": "object"}, {"type": "object", "propertyNames": {"maxLength": 3}}),
    "fields by pattern": (
        {"type": "object"},
        {"type": "object", "patternProperties": {"^a": {"type": "string"}}},
    ),
    "dependent": ({"type": "object"}, {"type": "object", "dependentRequired": {"a": ["b"]}}),
    "dependent schema": (
        {"type": "object"},
        {"type": "object", "dependentSchemas": {"a": {"required": ["b"]}}},
    ),
    "if": ({"type": "object"}, {"type": "object", "if": {"required": ["a"]}}),
    "then": ({"if": {"required": ["a"]}}, {"if": {"required": ["a"]}, "then": {"minLength": 1}}),
    "else": ({"if": {"required": ["a"]}}, {"if": {"required": ["a"]}, "else": {"minLength": 1}}),
    "not": ({"type": "string"}, {"type": "string", "not": {"const": "a"}}),
    "required": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "type": ({}, {"type": "string"}),
    "types": ({"type": ["string", "integer"]}, {"type": "string"}),
    "integer": ({"type": "number"}, {"type": "integer"}),
    "null": ({"type": ["string", "null"]}, {"type": "string"}),
    "null of OpenAPI 3.0": ({"type": "string", "nullable": True}, {"type": "string"}),
    "anyOf": ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "string"}),
    "an object of anyOf": (
        {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]},
        {"anyOf": [{"type": "object", "required": ["a"]}]},
    ),
    "oneOf": (
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"oneOf": [{"type": "string"}]},
    ),
    "allOf": (
        {"allOf": [{"type": "object"}]},
        {"allOf": [{"type": "object"}, {"required": ["a"]}]},
    ),
    "beside anyOf": (
        {"anyOf": [{"type": "string"}]},
        {"anyOf": [{"type": "string"}], "maxLength": 3},
    ),
}

#: Neither of the two takes what the other takes.
DIFFERENT: dict[str, tuple[Schema, Schema]] = {
    "type": ({"type": "string"}, {"type": "integer"}),
    "const": ({"const": "a"}, {"const": "b"}),
    "pattern": ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}),
    "wrapped in oneOf": ({"type": "string"}, {"oneOf": [{"type": "object"}]}),
    "first items": (
        {"type": "array", "prefixItems": [{"type": "string"}]},
        {"type": "array", "prefixItems": [{"type": "integer"}]},
    ),
    # Compared as a whole: which of two takes less would take a solver to say.
    "dependent": (
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object", "dependentRequired": {"a": ["b", "c"]}},
    ),
    "encoding": ({"type": "string"}, {"type": "string", "contentEncoding": "base64"}),
    "media type": ({"type": "string"}, {"type": "string", "contentMediaType": "text/css"}),
}

#: What says the same, or nothing that a client could feel.
SAME: list[tuple[Schema, Schema]] = [
    ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ({"type": "string"}, {"oneOf": [{"type": "string"}]}),
    ({"type": "object", "required": ["a"]}, {"allOf": [{"type": "object"}, {"required": ["a"]}]}),
    ({"allOf": [{"allOf": [{"type": "string"}]}, True]}, {"type": "string"}),
    ({"allOf": [False]}, False),
    ({"const": "a"}, {"enum": ["a"]}),
    ({"type": "string", "title": "A"}, {"type": "string", "description": "b", "default": "c"}),
    ({"type": "array", "items": True}, {"type": "array"}),
    ({}, True),
]


def document(schema: Schema, place: str) -> dict[str, Any]:
    """Return a document whose one operation has the schema in a place."""
    operation: dict[str, Any] = {"responses": {"200": {"description": "", "headers": {}}}}
    content = {"application/json": {"schema": schema}}
    field = {"application/json": {"schema": {"type": "object", "properties": {"f": schema}}}}
    if place in {"body", "body field"}:
        operation["requestBody"] = {"content": content if place == "body" else field}
    elif place in {"query", "header"}:
        operation["parameters"] = [{"name": "x", "in": place, "schema": schema}]
    elif place in {"answer", "answer field"}:
        operation["responses"]["200"]["content"] = content if place == "answer" else field
    else:
        operation["responses"]["200"]["headers"]["X-Y"] = {"schema": schema}
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": "1"},
        "paths": {"/p": {"post": operation}},
    }


WRITTEN = ("body", "body field", "query", "header")
READ = ("answer", "answer field", "answer header")


def count_changes(place: str, old: Schema, new: Schema) -> int:
    return len(list(breaking_api_changes(document(old, place), document(new, place))))


@pytest.mark.parametrize("name", NARROWED)
def test_what_takes_less_breaks_writers_and_what_promises_less_readers(name: str) -> None:
    loose, tight = NARROWED[name]

    for place in WRITTEN:
        assert count_changes(place, loose, tight), place
        assert not count_changes(place, tight, loose), place
    for place in READ:
        # An answer of which nothing was said has no readers of its fields.
        assert count_changes(place, tight, loose), place
        assert not count_changes(place, loose, tight), place


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_is_another_breaks_both(name: str) -> None:
    for place in (*WRITTEN, *READ):
        assert count_changes(place, *DIFFERENT[name]), place


@pytest.mark.parametrize("number", range(len(SAME)))
def test_what_says_the_same_breaks_nobody(number: int) -> None:
    one, other = SAME[number]

    for place in (*WRITTEN, *READ):
        assert not count_changes(place, one, other), place
        assert not count_changes(place, other, one), place


def changes(old: Schema, new: Schema) -> tuple[list[str], list[str]]:
    """Return what readers and what writers are told."""
    before, after = Part({}, old), Part({}, new)
    return (
        [f"{place}: {text}" for place, text in lost_by_readers("it", before, after)],
        [f"{place}: {text}" for place, text in asked_of_writers("it", before, after)],
    )


FIELD = {"type": "object", "properties": {"a": {"type": "string"}}}
NEEDED = {**FIELD, "required": ["a"]}
READ_ONLY = {**NEEDED, "properties": {"a": {"type": "string", "readOnly": True}}}
WRITE_ONLY = {**NEEDED, "properties": {"a": {"type": "string", "writeOnly": True}}}
CLOSED = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    ("old", "new", "readers", "writers"),
    [
        (NEEDED, {"type": "object"}, ["it: lost the field a"], ["it: no longer reads a"]),
        (
            FIELD,
            CLOSED,
            ["it: lost the field a"],
            ["it: no longer reads a", "it.*: takes nothing now"],
        ),
        (CLOSED, FIELD, ["it.a: may be string now", "it.*: may be anything now"], []),
        ({"type": "object"}, READ_ONLY, [], []),
        (FIELD, READ_ONLY, [], ["it: no longer reads a"]),
        (READ_ONLY, NEEDED, [], ["it: needs a now"]),
        (NEEDED, WRITE_ONLY, ["it: lost the field a"], []),
        (True, False, ["it: is never there now"], ["it: takes nothing now"]),
        (
            {"type": "integer", "enum": [1, 2]},
            {"type": "integer", "enum": [2, 3]},
            ["it: may be 3 now"],
            ["it: no longer takes 1"],
        ),
        (
            {"type": "string", "maxLength": 3},
            {"type": "string", "minLength": 1},
            ["it: no longer keeps to maxLength 3"],
            ["it: has minLength 1 now"],
        ),
        (
            {"enum": ["a"]},
            {"type": "string"},
            ["it: is no longer one of 'a'"],
            [],
        ),
        ({"type": "string"}, {"enum": ["a"]}, [], ["it: takes only 'a' now"]),
        ({}, {"type": ["integer", "string"]}, [], ["it: takes only integer or string now"]),
        (
            {"type": "string"},
            {"type": ["integer", "null"]},
            ["it: became integer or null instead of string"],
            ["it: no longer takes string"],
        ),
    ],
)
def test_a_change_is_told_to_whom_it_breaks(
    old: Schema, new: Schema, readers: list[str], writers: list[str]
) -> None:
    assert changes(old, new) == (readers, writers)


def test_a_reference_is_followed_with_what_stands_beside_it() -> None:
    there = {"components": {"schemas": {"a/b": {"type": "string"}}}}
    named = {"$ref": "#/components/schemas/a~1b"}

    before, after = Part(there, named), Part(there, {**named, "maxLength": 3})

    assert list(asked_of_writers("it", before, after)) == [("it", "has maxLength 3 now")]
    assert list(lost_by_readers("it", before, after)) == []
