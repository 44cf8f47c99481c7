"""The changes between two versions of a JSON Schema that break who reads or writes its values.

What a reader meets must be what the old version promised, and what a writer sends must be what
the new version takes: of the two, the narrow one has to fit into the wide one, keyword by
keyword (https://json-schema.org/draft/2020-12/json-schema-validation).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from infra.verify.sources.schema_forms import Document, forms_of, resolved

#: Where in a document, and what changed there.
Change = tuple[str, str]

_DEEPEST = 12
_ANYTHING = "anything"

#: Bounds that take less the lower they are, and those that take less the higher they are.
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
#: Restrictions that are compared as a whole: another one may take less, so it counts.
_WHOLE = (
    "pattern", "format", "uniqueItems", "contentSchema", "contains", "prefixItems",
    "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
    "unevaluatedItems", "unevaluatedProperties", "if", "then", "else", "not",
)  # fmt: skip
#: What a text stands for: without it, too, it is read otherwise.
_MEANING = ("contentEncoding", "contentMediaType")


@dataclass(frozen=True)
class Part:
    """A schema, and the document its references lead into."""

    document: Document
    schema: Any


@dataclass(frozen=True)
class _Pair:
    """The old and the new version of one value; ``is_read`` says whom a change would break."""

    place: str
    old: Part
    new: Part
    is_read: bool
    depth: int = 0

    @property
    def ordered(self) -> tuple[Part, Part]:
        """Return the one whose values have to be values of the other first."""
        return (self.new, self.old) if self.is_read else (self.old, self.new)

    def inner(self, name: str, narrow: Any, wide: Any) -> "_Pair":
        """Return the pair of something inside."""
        old, new = (wide, narrow) if self.is_read else (narrow, wide)
        return replace(
            self,
            place=f"{self.place}.{name}",
            old=replace(self.old, schema=old),
            new=replace(self.new, schema=new),
            depth=self.depth + 1,
        )

    def says(self, to_readers: str, to_writers: str) -> Change:
        """Return the change in the words for who is broken."""
        return self.place, to_readers if self.is_read else to_writers


def lost_by_readers(place: str, old: Part, new: Part) -> Iterator[Change]:
    """Yield what readers of a value no longer find in it, or find and do not expect."""
    return _changes(_Pair(place, old, new, is_read=True))


def asked_of_writers(place: str, old: Part, new: Part) -> Iterator[Change]:
    """Yield what writers of a value have to do now and did not have to before."""
    return _changes(_Pair(place, old, new, is_read=False))


def _changes(pair: _Pair) -> Iterator[Change]:
    if pair.depth > _DEEPEST:
        return
    narrow, wide = ([*forms_of(part.document, part.schema)] for part in pair.ordered)
    if pair.is_read and wide and not narrow:
        yield pair.place, "is never there now"
    fits, unfit = False, set()
    for form in narrow:
        of_its_type = [one for one in wide if _takes(one.get("type"), form.get("type"))]
        if of_its_type:
            fits = fits or form.get("type") != "null"
            yield from min((list(_in_form(pair, form, one)) for one in of_its_type), key=len)
        else:
            unfit.add(form.get("type", _ANYTHING))
    if unfit:
        yield _other_types(pair, unfit, wide, fits=fits)


def _takes(wide: str | None, narrow: str | None) -> bool:
    # Every integer is a number.
    return wide in {None, narrow} or (wide, narrow) == ("number", "integer")


def _other_types(pair: _Pair, unfit: set[str], wide: list[Document], *, fits: bool) -> Change:
    others = " or ".join(sorted(unfit))
    types = " or ".join(sorted({form["type"] for form in wide} - {"null"}))
    became = f"may be {others} now" if fits or not types else f"became {others} instead of {types}"
    takes = f"takes only {types} now" if types else "takes nothing now"
    return pair.says(became, takes if _ANYTHING in unfit else f"no longer takes {others}")


def _in_form(pair: _Pair, narrow: Document, wide: Document) -> Iterator[Change]:
    """Yield what keeps values of one form from being values of another of their type."""
    yield from _bounds(pair, narrow, wide)
    yield from _values(pair, narrow, wide)
    for keyword in _WHOLE:
        if keyword in wide and wide[keyword] != narrow.get(keyword):
            yield pair.says(f"no longer keeps to {keyword}", f"has another {keyword} now")
    for keyword in _MEANING:
        if wide.get(keyword) != narrow.get(keyword):
            yield pair.place, f"has another {keyword} now"
    if wide.get("type") == "array" and "items" in wide:
        yield from _changes(pair.inner("[]", narrow.get("items", True), wide["items"]))
    if wide.get("type") == "object" == narrow.get("type"):
        foreign = "writeOnly" if pair.is_read else "readOnly"
        both = zip((narrow, wide), pair.ordered, strict=True)
        yield from _fields(pair, *(_met(form, part, foreign) for form, part in both))


def _bounds(pair: _Pair, narrow: Document, wide: Document) -> Iterator[Change]:
    for keyword in (*_UPPER, *_LOWER, "multipleOf"):
        bound = wide.get(keyword)
        if bound is not None and not _keeps_to(keyword, bound, narrow.get(keyword)):
            yield pair.says(f"no longer keeps to {keyword} {bound}", f"has {keyword} {bound} now")


def _keeps_to(keyword: str, bound: float, given: float | None) -> bool:
    if given is None:
        return False
    if keyword == "multipleOf":
        return not Fraction(str(given)) % Fraction(str(bound))
    return given <= bound if keyword in _UPPER else given >= bound


def _values(pair: _Pair, narrow: Document, wide: Document) -> Iterator[Change]:
    taken, given = _listed(wide), _listed(narrow)
    if taken is None:
        return
    if given is None:
        listed = ", ".join(map(repr, taken))
        yield pair.says(f"is no longer one of {listed}", f"takes only {listed} now")
    for value in given or ():
        if value not in taken:
            yield pair.says(f"may be {value!r} now", f"no longer takes {value!r}")


def _listed(schema: Document) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _met(schema: Document, within: Part, foreign: str) -> Document:
    """Return an object without the fields that are marked as foreign to who meets it."""
    fields = schema.get("properties", {})
    hidden = {
        name
        for name, field in fields.items()
        if isinstance(found := resolved(within.document, field), dict) and found.get(foreign)
    }
    return {
        **schema,
        "properties": {name: field for name, field in fields.items() if name not in hidden},
        "required": [name for name in schema.get("required", ()) if name not in hidden],
    }


def _fields(pair: _Pair, narrow: Document, wide: Document) -> Iterator[Change]:
    given, taken = narrow["properties"], wide["properties"]
    gone = taken.keys() - given.keys() if pair.is_read else given.keys() - taken.keys()
    for name in sorted(gone):
        yield pair.says(f"lost the field {name}", f"no longer reads {name}")
    for name in wide["required"]:
        if name not in narrow["required"] and not (pair.is_read and name in gone):
            yield pair.says(f"no longer always has {name}", f"needs {name} now")
    others = wide.get("additionalProperties", True)
    for name, field in given.items():
        if name in taken:
            yield from _changes(pair.inner(name, field, taken[name]))
        elif name not in gone and others is not True:
            yield from _changes(pair.inner(name, field, others))
    if others is not True:
        yield from _changes(pair.inner("*", narrow.get("additionalProperties", True), others))
