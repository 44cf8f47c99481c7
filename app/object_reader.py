"""Reading objects from outside by a table of their fields: any spelling, one meaning.

Names match in any case, unknown fields and nulls are ignored, and all that is wrong is said at
once, as :class:`app.fields.LiberalModel` does for the HTTP models.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from app.field_errors import IS_MISSING, NOT_OBJECT

#: The default of a field that must be there.
_REQUIRED: Any = object()


class InvalidFieldsError(ValueError):
    """Fields cannot be read; the text names each of them and repeats no value."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        """Keep what is wrong, by the path of the field; an empty path is the object itself."""
        self.problems = problems
        super().__init__("; ".join(f"{path}: {text}" if path else text for path, text in problems))

    @classmethod
    def no_object(cls) -> Self:
        """Return the error for a value that is no JSON object."""
        return cls([("", NOT_OBJECT)])


@dataclass(frozen=True)
class Field:
    """One field: ``read`` returns its value or raises ValueError.

    ``wire`` is its name in messages where that is not ``name``; errors use it.
    """

    name: str
    read: Callable[[Any], Any]
    wire: str = ""
    default: Any = _REQUIRED


class ObjectReader:
    """Reads the fields of one kind of object."""

    def __init__(self, *fields: Field, also_known_as: Mapping[str, str] | None = None) -> None:
        """Read ``fields``; ``also_known_as`` maps further names, in lower case, to a field."""
        self.fields = fields
        self._others = {
            other: field
            for other, name in (also_known_as or {}).items()
            for field in fields
            if field.name == name
        }
        self._own = {
            spelled.lower(): field
            for field in fields
            for spelled in (field.name, field.wire or field.name)
        }

    def read(self, given: Any) -> dict[str, Any]:
        """Return the values by field, defaults included.

        Raises:
            InvalidFieldsError: it is no object, or fields are missing or cannot be read.
        """
        if not isinstance(given, dict):
            raise InvalidFieldsError.no_object()
        values = self._match(given)
        found: dict[str, Any] = {}
        problems: list[tuple[str, str]] = []
        for field in self.fields:
            path = field.wire or field.name
            if field.name not in values:
                found[field.name] = field.default
                if field.default is _REQUIRED:
                    problems.append((path, IS_MISSING))
                continue
            try:
                found[field.name] = field.read(values[field.name])
            except InvalidFieldsError as failure:
                problems += [
                    (f"{path}.{inner}" if inner else path, text) for inner, text in failure.problems
                ]
            except ValueError as failure:
                problems.append((path, str(failure)))
        if problems:
            raise InvalidFieldsError(problems)
        return found

    def _match(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is given by field; a field's own name wins over its others, in any order."""
        own: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for spelled, value in given.items():
            name = spelled.lower()
            if value is None:
                continue
            if name in self._own:
                own[self._own[name].name] = value
            elif name in self._others:
                others.setdefault(self._others[name].name, value)
        return others | own
