"""What a study's table holds: columns, units, ranges, and which tests were declared beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from coxa.errors import SchemaError

KINDS = ("continuous", "binary")
TESTS_BETWEEN = ("auto", "student", "welch", "mann_whitney")
TESTS_BINARY = ("auto", "fisher", "chi_squared")
TESTS_WITHIN = ("auto", "paired_t", "wilcoxon")
BETTER = ("higher", "lower", "neither")


@dataclass(frozen=True)
class Outcome:
    """One outcome of a study.

    Attributes
    ----------
    name : str
        How the family and the results refer to it.
    label, unit : str
        As printed.
    kind : str
        ``continuous`` or ``binary`` (0/1, no/yes).
    after : str
        Column of the final value; with visits, of the value at any visit.
    before : str or None
        Column of the value before treatment; None when it was measured once.
    lowest, highest : float
        Plausible range, ends included; a value outside is refused.
    test_between, test_within : str
        Declared test; ``auto`` decides by normality (yes/no: by the expected counts) and says so.
    relevant : float or None
        Smallest difference that matters to a patient, for the power.
    better : str
        ``higher``, ``lower`` or ``neither``.
    metric, frame : str or None
        Take the value from Coxa's measurements under this name, joined by case id and side.
    """

    name: str
    label: str
    unit: str
    after: str
    before: str | None = None
    kind: str = "continuous"
    lowest: float = -math.inf
    highest: float = math.inf
    test_between: str = "auto"
    test_within: str = "auto"
    relevant: float | None = None
    better: str = "neither"
    metric: str | None = None
    frame: str | None = None

    def __post_init__(self) -> None:
        _require_one_of(self.name, "kind", self.kind, KINDS)
        allowed = TESTS_BINARY if self.kind == "binary" else TESTS_BETWEEN
        _require_one_of(self.name, "test_between", self.test_between, allowed)
        _require_one_of(self.name, "test_within", self.test_within, TESTS_WITHIN)
        _require_one_of(self.name, "better", self.better, BETTER)
        if self.lowest > self.highest:
            raise SchemaError(f"outcome '{self.name}': the range runs from high to low, write [lowest, highest]")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that hold it."""
        return (self.after,) if self.before is None else (self.before, self.after)


@dataclass(frozen=True)
class StudySchema:
    """What a table holds.

    Attributes
    ----------
    title, note : str
        Printed above the report; the note says, for instance, that the data are synthetic.
    patient : str
        Column that names each patient (pseudonym).
    group : str or None
        Column of the group; None for a single group.
    groups : (str, str) or None
        The two values of that column; differences are the first minus the second. None: in order of appearance.
    visit : str or None
        Column of the visit when the table has a row a visit; its values are those of `visits`.
    visits : (str, str)
        Values that mean before and after.
    side : str or None
        Column of the operated side, ``left`` or ``right``.
    case_before, case_after : str or None
        Columns of the case ids under which Coxa measured the scans.
    outcomes : tuple of Outcome
    family_between, family_within : tuple of str or None
        Outcomes whose P values are adjusted together (Holm); None: all.
    """

    patient: str
    outcomes: tuple[Outcome, ...]
    title: str = "Study"
    note: str = ""
    group: str | None = None
    groups: tuple[str, str] | None = None
    visit: str | None = None
    visits: tuple[str, str] = ("before", "after")
    side: str | None = None
    case_before: str | None = None
    case_after: str | None = None
    family_between: tuple[str, ...] | None = None
    family_within: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        names = [outcome.name for outcome in self.outcomes]
        if not names:
            raise SchemaError("the schema names no outcome: add at least one [[outcomes]] table")
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise SchemaError(f"outcome '{min(twice)}' stands twice in the schema: give each its own name")
        for family in (self.family_between, self.family_within):
            unknown = set(family or ()) - set(names)
            if unknown:
                raise SchemaError(f"the family names '{min(unknown)}', which is no outcome: it may name {_list(names)}")

    def outcome(self, name: str) -> Outcome:
        """Return the outcome of that name; KeyError when there is none."""
        return {outcome.name: outcome for outcome in self.outcomes}[name]


_LISTS = {"groups": 2, "visits": 2, "family_between": None, "family_within": None}
"""Entries that are lists, and how many each must hold; None: any number."""


def schema_from_mapping(content: Mapping[str, Any]) -> StudySchema:
    """Build a schema from the content of a TOML file.

    Raises
    ------
    SchemaError
        Naming the entry that is missing, unknown or of the wrong type.
    """
    known = {f.name for f in fields(StudySchema)}
    _refuse_unknown("the schema", content, known)
    values: dict[str, Any] = dict(content)
    for name, length in _LISTS.items():
        if name in values:
            values[name] = _texts(name, values[name], length)
    rows = values.pop("outcomes", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SchemaError("outcomes must be a list of tables: write [[outcomes]] above each")
    for name, value in values.items():
        if name not in _LISTS and not isinstance(value, str):
            raise SchemaError(f"the schema's '{name}' must be a text")
    if "patient" not in values:
        raise SchemaError('the schema does not say which column names the patient: add patient = "..."')
    return StudySchema(outcomes=tuple(_outcome(row) for row in rows), **values)


def _outcome(row: Mapping[str, Any]) -> Outcome:
    name = row.get("name")
    if not isinstance(name, str) or not name:
        raise SchemaError('an outcome has no name: add name = "..."')
    known = {f.name for f in fields(Outcome)} - {"lowest", "highest"} | {"range"}
    _refuse_unknown(f"outcome '{name}'", row, known)
    values = {"label": name.replace("_", " "), "unit": "", "after": name, **row}
    span = values.pop("range", None)
    if span is not None:
        if not (isinstance(span, Sequence) and len(span) == 2 and all(_is_number(x) for x in span)):
            raise SchemaError(f"outcome '{name}': range must be two numbers, [lowest, highest]")
        values["lowest"], values["highest"] = float(span[0]), float(span[1])
    elif values.get("kind") == "binary":
        values["lowest"], values["highest"] = 0.0, 1.0
    if "relevant" in values and not (_is_number(values["relevant"]) and values["relevant"] > 0):
        raise SchemaError(f"outcome '{name}': relevant must be a positive number")
    for key, value in values.items():
        if key not in ("lowest", "highest", "relevant") and not isinstance(value, str):
            raise SchemaError(f"outcome '{name}': {key} must be a text")
    return Outcome(**values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(name: str, value: object, length: int | None) -> tuple[str, ...]:
    good = isinstance(value, list) and all(isinstance(x, str) for x in value)
    if not isinstance(value, list) or not good or (length is not None and len(value) != length):
        wanted = "a list of texts" if length is None else f"a list of {length} texts"
        raise SchemaError(f"the schema's '{name}' must be {wanted}")
    return tuple(value)


def _refuse_unknown(where: str, content: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(content) - known
    if unknown:
        raise SchemaError(f"{where} has an entry '{min(unknown)}' that means nothing: it may have {_list(known)}")


def _require_one_of(outcome: str, name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise SchemaError(f"outcome '{outcome}': {name} is '{value}', it may be {_list(allowed)}")


def _list(names: Sequence[str] | set[str]) -> str:
    return ", ".join(sorted(names))
