"""A study known only by its printed table: n, mean and SD of each group and visit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coxa.cohort.between import compare_summaries
from coxa.cohort.multiple_testing import with_holm
from coxa.cohort.proportions import compare_counts
from coxa.cohort.results import Comparison, Description
from coxa.cohort.schema import Outcome, StudySchema
from coxa.cohort.study import Study
from coxa.cohort.table import FIRST_ROW, cell_number, cell_text
from coxa.cohort.within import compare_visit_summaries
from coxa.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("outcome", "group", "visit", "n", "mean", "sd")
"""Needed columns; optional are ``correlation`` (of before with after, in the row of after), ``events`` (of a yes/no
outcome, instead of mean and SD), ``unit`` and ``test`` (``student`` or ``welch``)."""
VISITS = ("before", "after")


@dataclass(frozen=True)
class _Row:
    number: int
    outcome: str
    unit: str
    test: str
    described: Description
    correlation: float | None
    events: int | None


def analyse_summaries(frame: pd.DataFrame, schema: StudySchema | None = None) -> Study:
    """Analyse a table of summary statistics, one row an outcome, group and visit.

    The first group that appears is the first of every difference.

    Raises
    ------
    InputRefusedError
        Naming row and column.
    """
    rows = _rows(frame)
    labels = tuple(dict.fromkeys(group for _, group, _ in rows))
    if len(labels) > 2:
        raise InputRefusedError(f"the table has {len(labels)} groups; two can be compared")
    names = dict.fromkeys(outcome for outcome, _, _ in rows)
    outcomes = tuple(_outcome(name, rows, schema) for name in names)
    found = schema or StudySchema(patient="", outcomes=outcomes, title="Study from summary statistics")
    between = _between(outcomes, labels, rows, "after")
    within = [_within(o, label, rows) for o in outcomes for label in labels]
    sizes = tuple(max(row.described.n for (_, g, _), row in rows.items() if g == label) for label in labels)
    family = found.family_between or tuple(names)
    return Study(
        schema=found,
        labels=labels,
        sizes=sizes,
        between=with_holm(between, family),
        baseline=tuple(_between(outcomes, labels, rows, "before")),
        within=with_holm([c for c in within if c is not None], found.family_within or tuple(names)),
        adjusted=(),
        table=None,
        remarks=("Only summary statistics were given: no ranks, no normality, no adjustment for baseline.",),
    )


Rows = dict[tuple[str, str, str], _Row]


def _rows(frame: pd.DataFrame) -> Rows:
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise InputRefusedError(f"the summary table has no column '{absent[0]}'; it needs {', '.join(COLUMNS)}")
    rows: Rows = {}
    problems = []
    for i, record in enumerate(frame.to_dict("records")):
        try:
            row = _row(i + FIRST_ROW, record)
        except ValueError as error:
            problems.append(f"row {i + FIRST_ROW}, {error}")
            continue
        key = (row.outcome, row.described.label, cell_text(record["visit"]) or "after")
        if key in rows:
            problems.append(f"row {row.number}: the same outcome, group and visit as row {rows[key].number}")
        rows.setdefault(key, row)
    if problems:
        raise InputRefusedError("the summary table cannot be used: " + "; ".join(problems[:10]))
    return rows


def _row(number: int, record: dict[str, object]) -> _Row:
    outcome, group = cell_text(record["outcome"]), cell_text(record["group"])
    visit = cell_text(record["visit"]) or "after"
    if not outcome or not group:
        raise ValueError("columns 'outcome' and 'group': empty")
    if visit not in VISITS:
        raise ValueError(f"column 'visit': '{visit}' is neither before nor after")
    n, mean, sd = (_number(record, name) for name in ("n", "mean", "sd"))
    events, correlation = _number(record, "events"), _number(record, "correlation")
    if n is None or n < 1 or n != int(n):
        raise ValueError("column 'n': must be a whole number of patients")
    if events is not None and not 0 <= events <= n:
        raise ValueError(f"column 'events': {events:g} lies outside 0 to {n:g}")
    if events is None and (mean is None or sd is None or sd < 0):
        raise ValueError("columns 'mean' and 'sd': a mean and an SD of 0 or more are needed (or 'events')")
    if correlation is not None and not -1 <= correlation <= 1:
        raise ValueError(f"column 'correlation': {correlation:g} lies outside -1 to 1")
    described = Description(group, int(n), 0, mean, sd)
    whole = None if events is None else int(events)
    return _Row(
        number, outcome, cell_text(record.get("unit")), cell_text(record.get("test")), described, correlation, whole
    )


def _number(record: dict[str, object], name: str) -> float | None:
    try:
        number = cell_number(record.get(name))
    except ValueError as error:
        raise ValueError(f"column '{name}': {error}") from error
    return None if math.isnan(number) else number


def _outcome(name: str, rows: Rows, schema: StudySchema | None) -> Outcome:
    if schema is not None and name in {outcome.name for outcome in schema.outcomes}:
        return schema.outcome(name)
    mine = [row for (outcome, _, _), row in rows.items() if outcome == name]
    unit = next((row.unit for row in mine if row.unit), "")
    test = next((row.test for row in mine if row.test), "auto")
    kind = "binary" if mine[0].events is not None else "continuous"
    return Outcome(name, name.replace("_", " "), unit, after=name, kind=kind, test_between=test)


def _between(outcomes: tuple[Outcome, ...], labels: tuple[str, ...], rows: Rows, visit: str) -> list[Comparison]:
    found = []
    for outcome in outcomes if len(labels) == 2 else ():
        first, second = (rows.get((outcome.name, label, visit)) for label in labels)
        if first is None or second is None:
            continue
        samples, design = (first.described, second.described), "between" if visit == "after" else "baseline"
        if first.events is not None and second.events is not None:
            found.append(compare_counts(outcome, samples, (first.events, second.events), design))
        else:
            found.append(compare_summaries(outcome, *samples, design))
    return found


def _within(outcome: Outcome, label: str, rows: Rows) -> Comparison | None:
    before, after = (rows.get((outcome.name, label, visit)) for visit in VISITS)
    if before is None or after is None or outcome.kind == "binary":
        return None
    return compare_visit_summaries(outcome, label, before.described, after.described, after.correlation)
