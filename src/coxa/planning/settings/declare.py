"""How a setting is declared: once, with its default, range, unit, meaning and source; and how its value is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from math import isfinite
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, ClassVar

from coxa.errors import UsageError

AUTO = "auto"
"""What stands in files for a setting that is left to the plan."""

_DECLARED = "declared"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What is said of a setting beside its name and default.

    Attributes
    ----------
    unit : str
        ``mm``, ``ml``, ``°``; empty for names, counts and shares.
    meaning : str
        One sentence or two, with their full stops.
    source : str
        A key of ``docs/sources.md`` or ``[E]``, an expert convention, with the reason for the value or the range.
    optional : bool
        It may be left to the plan: ``auto`` in files, its default here.
    """

    unit: str = ""
    meaning: str
    source: str
    optional: bool = False
    _advice: ClassVar[str] = "give"

    @property
    def allowed(self) -> str:
        """What values it takes, in words, with the unit."""
        return self.values + (f", or {AUTO}" if self.optional else "")

    @property
    def values(self) -> str:
        """What values it takes beside ``auto``, in words, with the unit."""
        raise NotImplementedError

    def checked(self, name: str, value: Any) -> Any:
        """Return the value as the plan uses it.

        Raises
        ------
        UsageError
            When it is not of the setting's kind or not within its range.
        """
        return None if value is None and self.optional else self._checked(name, value)

    def _checked(self, name: str, value: Any) -> Any:
        raise NotImplementedError

    def _with_unit(self, text: str) -> str:
        return text + ("" if not self.unit else self.unit if self.unit == "°" else f" {self.unit}")

    def _refusal(self, name: str, value: Any, wrong: str) -> UsageError:
        return UsageError(f"{name} = {_shown(value)} {wrong}: {self._advice} {self.allowed}")


@dataclass(frozen=True, kw_only=True)
class DeclaredNumber(Declared):
    """A finite number from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def values(self) -> str:
        """What values it takes, in words, with the unit."""
        return self._with_unit(f"{self.low:g} to {self.high:g}")

    def _checked(self, name: str, value: Any) -> float:
        if not _is_number(value):
            raise self._refusal(name, value, "is not a finite number")
        if not self.low <= value <= self.high:
            raise self._refusal(name, value, "is out of range")
        return float(value)


@dataclass(frozen=True, kw_only=True)
class DeclaredWhole(Declared):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def values(self) -> str:
        """What values it takes, in words, with the unit."""
        return self._with_unit(f"a whole number from {self.low} to {self.high}")

    def _checked(self, name: str, value: Any) -> int:
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise self._refusal(name, value, "is not a whole number")
        if not self.low <= int(value) <= self.high:
            raise self._refusal(name, value, "is out of range")
        return int(value)


@dataclass(frozen=True, kw_only=True)
class DeclaredChoice(Declared):
    """One of a few names or numbers."""

    choices: tuple[str | float, ...]
    _advice: ClassVar[str] = "choose"

    @property
    def values(self) -> str:
        """What values it takes, in words, with the unit."""
        return self._with_unit("one of " + ", ".join(f"{c:g}" if isinstance(c, float) else c for c in self.choices))

    def _checked(self, name: str, value: Any) -> str | float:
        for choice in self.choices:
            if (isinstance(value, str) or _is_number(value)) and value == choice:
                return choice
        raise self._refusal(name, value, "is unknown")


@dataclass(frozen=True, kw_only=True)
class DeclaredPoint(Declared):
    """Three coordinates, each within ``reach`` of 0."""

    reach: float

    @property
    def values(self) -> str:
        """What values it takes, in words, with the unit."""
        return self._with_unit(f"three numbers in brackets, LPS, each from {-self.reach:g} to {self.reach:g}")

    def _checked(self, name: str, value: Any) -> tuple[float, float, float]:
        numbers = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        if len(numbers) != 3 or not all(_is_number(v) for v in numbers):
            raise self._refusal(name, value, "is not a point")
        if any(abs(v) > self.reach for v in numbers):
            raise self._refusal(name, value, "is out of range")
        x, y, z = (float(v) for v in numbers)
        return x, y, z


@dataclass(frozen=True, kw_only=True)
class DeclaredValue(Declared):
    """A value of a class of its own that checks itself; ``words`` say how it is given."""

    kind: type
    words: str

    def checked(self, name: str, value: Any) -> Any:
        """Return the value; a default is of the class too, so nothing else passes."""
        return self._checked(name, value)

    @property
    def values(self) -> str:
        """What values it takes, in words, with the unit."""
        return self.words

    def _checked(self, name: str, value: Any) -> Any:
        if not isinstance(value, self.kind):
            raise self._refusal(name, value, f"is not a {self.kind.__name__}")
        return value


def number(default: float | None, low: float, high: float, *, unit: str = "", meaning: str, source: str) -> Any:
    """Declare a number; without a default it may be left to the plan."""
    return _declared(
        default,
        DeclaredNumber(low=low, high=high, unit=unit, meaning=meaning, source=source, optional=default is None),
    )


def whole(default: int, low: int, high: int, *, meaning: str, source: str) -> Any:
    """Declare a whole number."""
    return _declared(default, DeclaredWhole(low=low, high=high, meaning=meaning, source=source))


def choice(default: str | float, choices: tuple[str | float, ...], *, unit: str = "", meaning: str, source: str) -> Any:
    """Declare one of several names, or of several sizes."""
    return _declared(default, DeclaredChoice(choices=choices, unit=unit, meaning=meaning, source=source))


def point_lps_mm(reach: float, *, meaning: str, source: str) -> Any:
    """Declare a position that may be left to the plan."""
    return _declared(None, DeclaredPoint(reach=reach, unit="mm", meaning=meaning, source=source, optional=True))


def declared(of: Field[Any]) -> Declared:
    """Return what a field of a :class:`Group` was declared with."""
    found: Declared = of.metadata[_DECLARED]
    return found


def default_of(of: Field[Any]) -> Any:
    """Return the value that a field has when none is given."""
    return of.default if of.default_factory is MISSING else of.default_factory()


def declaration(says: Declared) -> Mapping[str, Declared]:
    """Return the metadata of a dataclass field that carry its declaration."""
    return MappingProxyType({_DECLARED: says})


@dataclass(frozen=True)
class Group:
    """Settings that belong together. Every field is declared; a value out of its range is refused."""

    words: ClassVar[str]
    """What the settings of the group are about."""

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, declared(each).checked(each.name, getattr(self, each.name)))


def _declared(default: Any, says: Declared) -> Any:
    return field(default=default, metadata=declaration(says))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _shown(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, Real) and not isinstance(value, bool) else repr(value)
