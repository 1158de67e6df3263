"""Values from Coxa's own measurements put beside a study's table, by case id and side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from coxa.cohort.schema import Outcome, StudySchema
from coxa.cohort.table import FIRST_ROW, SIDES, cell_text
from coxa.errors import InputRefusedError, SchemaError

if TYPE_CHECKING:
    import pandas as pd

NEEDED_COLUMNS = ("case_id", "side", "metric", "value", "frame", "status")
"""Columns of measurements.csv that the join reads."""

Key = tuple[str, str, str, str]


def join_measurements(
    frame: pd.DataFrame, schema: StudySchema, measurements: pd.DataFrame
) -> tuple[pd.DataFrame, StudySchema, tuple[str, ...]]:
    """Add the outcomes that the schema takes from Coxa's measurements.

    Parameters
    ----------
    frame : DataFrame
        The study's table, with the columns ``side``, ``case_before`` and ``case_after`` that the schema names.
    schema : StudySchema
    measurements : DataFrame
        A long table as ``coxa measure`` and ``coxa batch`` write it.

    Returns
    -------
    frame : DataFrame
        With a column a value; not measurable is a missing value.
    schema : StudySchema
        In which those outcomes are ordinary columns.
    remarks : tuple of str
        What could not be measured, and how often.

    Raises
    ------
    InputRefusedError
        When a case id has no measurements at all, or a side is neither left nor right.
    """
    wanted = [outcome for outcome in schema.outcomes if outcome.metric is not None]
    if not wanted:
        return frame, schema, ()
    if schema.side is None or schema.case_after is None:
        raise SchemaError('outcomes with a metric need side = "..." and case_after = "..." in the schema')
    lookup = _lookup(measurements)
    cases = {key[0] for key in lookup}
    frame, remarks, outcomes = frame.reset_index(drop=True).copy(), [], list(schema.outcomes)
    for outcome in wanted:
        columns = {}
        for visit, case_column in (("before", schema.case_before), ("after", schema.case_after)):
            if case_column is not None:
                columns[visit] = f"{outcome.name} {visit} (Coxa)"
                values, lost = _values(frame, schema.side, case_column, outcome, lookup, cases)
                frame[columns[visit]] = values
                remarks += [f"{outcome.label}, {visit}: {n} × {reason}" for reason, n in lost.items()]
        joined = replace(outcome, metric=None, before=columns.get("before"), after=columns["after"])
        outcomes[outcomes.index(outcome)] = joined
    return frame, replace(schema, outcomes=tuple(outcomes)), tuple(remarks)


def _lookup(measurements: pd.DataFrame) -> Mapping[Key, tuple[float, str]]:
    """Return value (NaN when there is none) and status by case id, side, metric and frame."""
    absent = [name for name in NEEDED_COLUMNS if name not in measurements.columns]
    if absent:
        raise InputRefusedError(
            f"the measurements have no column '{absent[0]}': give a measurements.csv or .parquet of Coxa"
        )
    found = {}
    for case, side, metric, value, frame, status in measurements[list(NEEDED_COLUMNS)].itertuples(index=False):
        text = cell_text(value)
        found[str(case), str(side), str(metric), str(frame)] = (float(text) if text else math.nan, str(status))
    return found


def _values(
    frame: pd.DataFrame,
    side_column: str,
    case_column: str,
    outcome: Outcome,
    lookup: Mapping[Key, tuple[float, str]],
    cases: set[str],
) -> tuple[list[float], dict[str, int]]:
    for column in (side_column, case_column):
        if column not in frame.columns:
            raise InputRefusedError(f"the table has no column '{column}': Coxa's measurements are joined by it")
    values: list[float] = []
    lost: dict[str, int] = {}
    problems: list[str] = []
    for i, (side, case) in enumerate(zip(frame[side_column], frame[case_column], strict=True)):
        side, case, value = cell_text(side).lower(), cell_text(case), math.nan
        if side not in SIDES:
            problems.append(f"row {i + FIRST_ROW}, column '{side_column}': '{side}' is neither left nor right")
        elif case and case not in cases:
            problems.append(f"row {i + FIRST_ROW}, column '{case_column}': no measurements of case '{case}'")
        else:
            value, status = lookup.get(
                (case, side, str(outcome.metric), outcome.frame or "none"), (math.nan, "not reported")
            )
            if math.isnan(value):
                reason = status.replace("_", " ") if case else "no scan"
                lost[reason] = lost.get(reason, 0) + 1
        values.append(value)
    if problems:
        raise InputRefusedError("the measurements cannot be joined: " + "; ".join(problems[:10]))
    return values, lost
