"""Plain values of a file to frozen values, by the types of their fields; a refusal names the file and the field.

What JSON holds is taken as it is: a text is no number, true and false are no numbers, a number is no text. A key that
no field has is passed over, so that a file of a later version still reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import GenericAlias
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from coxa.errors import SchemaError
from coxa.geometry.arrays import ArrayShape, FloatArray, read_only
from coxa.io.json_files import SHOWN_CHARACTERS, joined

Hook = Callable[[Any, Any], Any]
_Value = TypeVar("_Value")

LARGEST_INTEGER = 2**63 - 1
"""What an array's integer holds; no count in a file comes near."""


class StrictConverter:
    """Structures dataclasses, read-only arrays of a stated shape, enumerations, literals, tuples and mappings.

    Parameters
    ----------
    keys : Mapping[type, Mapping[str, str]], optional
        By dataclass and field, the key in the file where it is another than the field's name.
    required : Mapping[type, collection of str], optional
        By dataclass, the keys that must be there although the field has a default: that of today would be told as what
        an older file was made with.
    """

    def __init__(
        self,
        keys: Mapping[type, Mapping[str, str]] | None = None,
        required: Mapping[type, Collection[str]] | None = None,
    ) -> None:
        from cattrs import Converter

        self._keys, self._required = keys or {}, required or {}
        self._converter = Converter(detailed_validation=True)
        for kind, hook in _SCALARS:
            self._converter.register_structure_hook(kind, hook)
        self._converter.register_structure_hook_func(lambda kind: _is_made_of(kind, Literal), _one_of)
        for accepts, factory in (
            (lambda kind: _is_made_of(kind, list), self._list_hook),
            (lambda kind: _is_made_of(kind, tuple), self._tuple_hook),
            (lambda kind: _is_made_of(kind, Mapping), self._mapping_hook),
            (lambda kind: isinstance(kind, type) and is_dataclass(kind), self._object_hook),
            (lambda kind: _shape_of(kind) is not None, self._array_hook),
        ):
            self._converter.register_structure_hook_factory(accepts, factory)

    def register(self, kind: type, hook: Callable[[Any], Any]) -> None:
        """Let a function build the values of one type; a ValueError of it is told with the field's path."""
        self._converter.register_structure_hook_func(lambda wanted: wanted is kind, lambda value, _: hook(value))

    def structure(self, content: object, kind: Any) -> Any:
        """Return the part of a value that plain values stand for, inside a registered function."""
        return self._converter.structure(content, kind)

    def read(self, content: object, kind: type[_Value], file: str) -> _Value:
        """Return the value that the content of a file stands for.

        Parameters
        ----------
        content : object
            As :func:`coxa.io.json_files.read_json` returns it.
        kind : type
            A frozen dataclass.
        file : str
            Name for the message.

        Raises
        ------
        SchemaError
            Naming the file, the first field that is wrong and what is wrong with it, and how many more there are.
        """
        from cattrs.errors import BaseValidationError

        try:
            return self._converter.structure(content, kind)
        except (BaseValidationError, ValueError) as error:
            (path, reason), *more = self._problems(error, "")
            count = f" (and {len(more)} more)" if more else ""
            raise SchemaError(f"'{file}': {path + ': ' if path else ''}{reason}{count}") from error

    def _problems(self, error: BaseException, path: str) -> Iterator[tuple[str, str]]:
        """Yield the dotted path and the reason of everything that is wrong."""
        from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote

        if not isinstance(error, BaseValidationError):
            yield path, "is missing" if isinstance(error, KeyError) else str(error)
            return
        for inner in error.exceptions:
            place = path
            for note in getattr(inner, "__notes__", ()):
                if isinstance(note, AttributeValidationNote):
                    place = joined(path, self._keys.get(error.cl, {}).get(note.name, note.name))
                elif isinstance(note, IterableValidationNote):
                    place = f"{path}[{note.index}]" if isinstance(note.index, int) else joined(path, note.index)
            yield from self._problems(inner, place)

    def _list_hook(self, kind: Any) -> Hook:
        from cattrs.cols import list_structure_factory

        return _of(list, "is no list", list_structure_factory(kind, self._converter))

    def _tuple_hook(self, kind: Any) -> Hook:
        """Take a list, of any length or of the one that the type says; all its items are of one type."""
        item, *others = get_args(kind)
        length = None if others == [Ellipsis] else 1 + len(others)
        if length is not None and set(others) - {item}:
            raise TypeError(f"{kind}: tuples of files hold items of one type; use a dataclass for several")
        listed = GenericAlias(list, (item,))
        as_list = self._converter.get_structure_hook(listed)

        def hook(value: Any, _: Any) -> tuple[Any, ...]:
            found = tuple(as_list(value, listed))
            if length is not None and len(found) != length:
                raise ValueError(f"holds {len(found)} values, {length} are needed")
            return found

        return hook

    def _mapping_hook(self, kind: Any) -> Hook:
        from cattrs.gen import make_mapping_structure_fn

        return _of(dict, "is no object", make_mapping_structure_fn(kind, self._converter))

    def _object_hook(self, kind: Any) -> Hook:
        from cattrs.gen import make_dict_structure_fn, override

        keys, kinds = self._keys.get(kind, {}), get_type_hints(kind, include_extras=True)
        # For a dataclass the library itself looks at the types without what Annotated adds: the arrays' shapes.
        overrides: Any = {
            field.name: override(rename=keys.get(field.name), struct_hook=self._structured_as(kinds[field.name]))
            for field in fields(kind)
        }
        build: Hook = make_dict_structure_fn(kind, self._converter, **overrides)
        needed = self._required.get(kind, ())

        def hook(value: Any, wanted: Any) -> Any:
            missing = [key for key in needed if key not in value]
            if missing:
                raise ValueError(f"has no '{missing[0]}'")
            return build(value, wanted)

        return _of(dict, "is no object", hook)

    def _structured_as(self, kind: Any) -> Hook:
        hook = self._converter.get_structure_hook(kind)
        return lambda value, _: hook(value, kind)

    def _array_hook(self, kind: Any) -> Hook:
        shape = _shape_of(kind)
        nested: Any = float
        for _ in shape or ():
            nested = GenericAlias(list, (nested,))
        as_lists = self._converter.get_structure_hook(nested)

        def hook(value: Any, _: Any) -> FloatArray:
            lists = as_lists(value, nested)
            try:
                return read_only(lists, shape)
            except ValueError:
                size = " x ".join(str(n) for n in shape or ())
                raise ValueError(f"does not hold {size} numbers") from None

        return hook


def require_schema(content: object, schema: str, file: str) -> None:
    """Refuse what is no JSON object of a schema.

    Raises
    ------
    SchemaError
    """
    if not isinstance(content, Mapping):
        raise SchemaError(f"'{file}' holds {_shown(content)}, an object is needed: give a {file} of Coxa")
    if content.get("schema") != schema:
        found = _shown(content.get("schema"))
        raise SchemaError(f"'{file}' says schema {found}, \"{schema}\" is needed: give a {file} of Coxa")


def _of(kind: type, otherwise: str, hook: Hook) -> Hook:
    """Return the hook for values of one JSON type: the library's own would also take a text for a list of letters."""

    def guarded(value: Any, wanted: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"{_shown(value)} {otherwise}")
        return hook(value, wanted)

    return guarded


def _is_made_of(kind: Any, container: object) -> bool:
    origin: object = get_origin(kind)
    return origin is container


def _shape_of(kind: Any) -> tuple[int, ...] | None:
    for note in getattr(kind, "__metadata__", ()):
        if isinstance(note, ArrayShape):
            return note.lengths
    return None


def _shown(value: Any) -> str:
    """Return a value for a message: its JSON, not much of it, without line breaks."""
    if isinstance(value, (dict, list)):
        return ("an object" if isinstance(value, dict) else "a list") + ("" if value else " without content")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
        return "a number of so many digits"
    words = json.dumps(value)
    return words if len(words) <= SHOWN_CHARACTERS else f"{words[:SHOWN_CHARACTERS]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any, _: Any) -> float:
    if not _is_number(value):
        raise ValueError(f"{_shown(value)} is no number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{_shown(value)} is no finite number")
    return found


def _whole_number(value: Any, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{_shown(value)} is no whole number that Coxa can use")
    return value


def _truth(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{_shown(value)} is neither true nor false")
    return value


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is no text")
    if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{_shown(value)} holds half a character")  # it could not be written again
    if "\0" in value:
        raise ValueError(f"{_shown(value)} holds a character without a meaning")  # no name of a file may
    return value


def _number_or_text(value: Any, kind: Any) -> float | str:
    """Keep a whole number whole: a setting that counts is written again as it was."""
    if isinstance(value, str):
        return _text(value, kind)
    if not _is_number(value):
        raise ValueError(f"{_shown(value)} is neither a number nor a text")
    number = _number(value, kind)
    return value if isinstance(value, int) and abs(value) <= LARGEST_INTEGER else number


def _one_of(value: Any, kind: Any) -> Any:
    members = {str(word): word for word in (get_args(kind) if get_origin(kind) is Literal else kind)}
    if not isinstance(value, str) or value not in members:
        raise ValueError(f"{_shown(value)} is none of {', '.join(members)}")
    return members[value]


def _text_or_enumeration(value: Any, kind: Any) -> Any:
    """Take both: the library passes every subclass of str to the hook for str."""
    return _text(value, kind) if kind is str else _one_of(value, kind)


_SCALARS: tuple[tuple[Any, Hook], ...] = (
    (float, _number),
    (int, _whole_number),
    (bool, _truth),
    (str, _text_or_enumeration),
    (float | str, _number_or_text),
)
