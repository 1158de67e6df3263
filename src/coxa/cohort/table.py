"""The study's table: checked cell by cell, one row a patient; errors name row and column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coxa.cohort.schema import Outcome, StudySchema
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "none", "null", "."})
"""What stands for a missing value, in any case."""
YES_NO = {"1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
"""What a table may say for yes and no."""
SIDES = ("left", "right")
PROBLEMS_SHOWN = 10
"""A message names so many problems of a table, and counts the rest."""
FIRST_ROW = 2
"""Row number of the first patient, as a spreadsheet counts: the header is row 1."""


@dataclass(frozen=True, eq=False)
class StudyTable:
    """One row a patient, checked.

    Attributes
    ----------
    groups : tuple of str
        Group of each patient.
    labels : tuple of str
        The groups there are, one or two; differences are the first minus the second.
    values : dict
        By (outcome name, ``before`` or ``after``): float64 array (patients,), NaN where missing.
    ignored : tuple of str
        Columns of the table that the schema does not name.
    remarks : tuple of str
        What the reader must know, such as measurements that could not be taken.
    """

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    values: dict[tuple[str, str], FloatArray]
    ignored: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.groups)

    def of_group(self, outcome: str, visit: str, label: str) -> FloatArray:
        """Return the values of one group at one visit."""
        chosen = np.array([group == label for group in self.groups])
        return np.asarray(self.values[outcome, visit][chosen])


def check_table(frame: pd.DataFrame, schema: StudySchema) -> StudyTable:
    """Check a table of texts or numbers against its schema and return it with one row a patient.

    Raises
    ------
    InputRefusedError
        With row and column of each cell that is not what the schema says (the first ten).
    """
    unjoined = [outcome.name for outcome in schema.outcomes if outcome.metric is not None]
    if unjoined:
        raise InputRefusedError(
            f"the schema takes {_quoted(unjoined)} from Coxa's measurements: name their table with --measurements"
        )
    frame = frame.reset_index(drop=True)
    _require_columns(frame, schema)
    problems: list[str] = []
    patients = _texts(frame, schema.patient, problems)
    visits = _visits(frame, schema, problems)
    groups = _groups(frame, schema, problems)
    cells = {column: _numbers(frame, column, outcome, problems) for outcome, column in _number_columns(schema)}
    _refuse(problems)
    rows = _row_of_each(patients, visits, problems)
    _check_constant(schema.group or "group", groups, rows, problems)
    _refuse(problems)
    values = {(o.name, v): _column(o, v, rows, cells, schema) for o in schema.outcomes for v in _visits_of(o, schema)}
    of_patient = tuple(groups[next(iter(found.values()))] for found in rows.values())
    known = set(_all_columns(schema))
    ignored = tuple(str(c) for c in frame.columns if c not in known)
    return StudyTable(of_patient, _labels(of_patient, schema), values, ignored)


def _number_columns(schema: StudySchema) -> list[tuple[Outcome, str]]:
    return [(outcome, column) for outcome in schema.outcomes for column in outcome.columns]


def _all_columns(schema: StudySchema) -> list[str]:
    named = (schema.patient, schema.group, schema.visit, schema.side, schema.case_before, schema.case_after)
    return [c for c in named if c is not None] + [c for _, c in _number_columns(schema)]


def _require_columns(frame: pd.DataFrame, schema: StudySchema) -> None:
    absent = [c for c in _all_columns(schema) if c not in frame.columns]
    if absent:
        found = _quoted(frame.columns)
        raise InputRefusedError(
            f"the table has no column {_quoted(absent)}; it has {found}: correct the table or the schema"
        )
    if len(frame) == 0:
        raise InputRefusedError("the table has a header and no patients")


def _texts(frame: pd.DataFrame, column: str, problems: list[str]) -> list[str]:
    texts = [cell_text(value) for value in frame[column]]
    problems += [f"row {i + FIRST_ROW}, column '{column}': empty" for i, text in enumerate(texts) if not text]
    return texts


def _visits(frame: pd.DataFrame, schema: StudySchema, problems: list[str]) -> list[str]:
    if schema.visit is None:
        return ["row"] * len(frame)
    return _one_of(frame, schema.visit, schema.visits, problems)


def _groups(frame: pd.DataFrame, schema: StudySchema, problems: list[str]) -> list[str]:
    if schema.group is None:
        return ["all patients"] * len(frame)
    if schema.groups is not None:
        return _one_of(frame, schema.group, schema.groups, problems)
    texts = _texts(frame, schema.group, problems)
    found = list(dict.fromkeys(text for text in texts if text))
    if len(found) > 2:
        problems.append(f"column '{schema.group}': {len(found)} groups ({_quoted(found)}); two can be compared")
    return texts


def _one_of(frame: pd.DataFrame, column: str, allowed: Sequence[str], problems: list[str]) -> list[str]:
    texts = [cell_text(value) for value in frame[column]]
    problems += [
        f"row {i + FIRST_ROW}, column '{column}': '{text}' is not one of {_quoted(allowed)}"
        for i, text in enumerate(texts)
        if text not in allowed
    ]
    return texts


def _numbers(frame: pd.DataFrame, column: str, outcome: Outcome, problems: list[str]) -> FloatArray:
    numbers = np.full(len(frame), np.nan)
    for i, value in enumerate(frame[column]):
        try:
            numbers[i] = cell_number(value, outcome.kind)
        except ValueError as error:
            problems.append(f"row {i + FIRST_ROW}, column '{column}': {error}")
            continue
        if numbers[i] < outcome.lowest or numbers[i] > outcome.highest:
            span = f"{outcome.lowest:g} to {outcome.highest:g} {outcome.unit}".rstrip()
            problems.append(f"row {i + FIRST_ROW}, column '{column}': {numbers[i]:g} lies outside {span}")
    return numbers


def cell_text(value: Any) -> str:
    """Return a cell as text; empty when it is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = str(value).strip()
    return "" if text.lower() in MISSING_WORDS else text


def cell_number(value: Any, kind: str = "continuous") -> float:
    """Return a cell as a number, NaN when it is missing; ValueError says what is wrong with it."""
    text = cell_text(value)
    if not text:
        return math.nan
    if kind == "binary":
        if text.lower().removesuffix(".0") not in YES_NO:
            raise ValueError(f"'{text}' is neither 0 nor 1 (nor no, yes)")
        return YES_NO[text.lower().removesuffix(".0")]
    try:
        number = float(text)
    except ValueError:
        hint = "; write the decimal with a point" if "," in text else ""
        raise ValueError(f"'{text}' is not a number{hint}") from None
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is not a number")
    return number


def _row_of_each(patients: Sequence[str], visits: Sequence[str], problems: list[str]) -> dict[str, dict[str, int]]:
    """Return the row of each patient's visits; a visit that stands twice is a problem."""
    rows: dict[str, dict[str, int]] = {}
    for i, (patient, visit) in enumerate(zip(patients, visits, strict=True)):
        earlier = rows.setdefault(patient, {}).setdefault(visit, i)
        if earlier != i:
            what = "patient" if visit == "row" else f"patient and visit '{visit}'"
            problems.append(f"row {i + FIRST_ROW}: the same {what} as row {earlier + FIRST_ROW}")
    return rows


def _check_constant(column: str, texts: Sequence[str], rows: dict[str, dict[str, int]], problems: list[str]) -> None:
    for found in rows.values():
        first, *rest = found.values()
        problems += [
            f"row {i + FIRST_ROW}, column '{column}': '{texts[i]}', but '{texts[first]}' in row {first + FIRST_ROW} "
            "of the same patient"
            for i in rest
            if texts[i] != texts[first]
        ]


def _visits_of(outcome: Outcome, schema: StudySchema) -> tuple[str, ...]:
    paired = outcome.before is not None or schema.visit is not None
    return ("before", "after") if paired else ("after",)


def _column(
    outcome: Outcome, visit: str, rows: dict[str, dict[str, int]], cells: dict[str, FloatArray], schema: StudySchema
) -> FloatArray:
    column = cells[outcome.before if visit == "before" and outcome.before else outcome.after]
    key = "row" if schema.visit is None else schema.visits[visit == "after"]
    return np.array([column[found[key]] if key in found else np.nan for found in rows.values()])


def _labels(groups: Sequence[str], schema: StudySchema) -> tuple[str, ...]:
    present = tuple(dict.fromkeys(groups))
    if schema.groups is None:
        return present
    return tuple(label for label in schema.groups if label in present)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise InputRefusedError(f"the table cannot be used: {'; '.join(problems[:PROBLEMS_SHOWN])}{more}")


def _quoted(names: Iterable[object]) -> str:
    return ", ".join(f"'{name}'" for name in names)
