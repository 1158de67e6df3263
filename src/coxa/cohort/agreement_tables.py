"""Two measurement tables compared, metric by metric and side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coxa.cohort.agreement import LEAST_PAIRS, Agreement, agreement
from coxa.cohort.table import cell_number
from coxa.errors import InputRefusedError

if TYPE_CHECKING:
    import pandas as pd

KEY = ("metric", "frame", "side")
NEEDED = ("case_id", "metric", "value")
"""Columns a table must have; ``side``, ``frame`` and ``unit`` are used when they are there."""


@dataclass(frozen=True, eq=False)
class MetricAgreement:
    """Agreement on one metric in one frame and side.

    Attributes
    ----------
    metric, frame, side, unit : str
    pairs : int
        Cases with a value in both tables.
    only_first, only_second, neither : int
        Cases whose value only one table has, or none though both name it.
    agreement : Agreement or None
    reason : str or None
        Why there is none.
    """

    metric: str
    frame: str
    side: str
    unit: str
    pairs: int
    only_first: int
    only_second: int
    neither: int
    agreement: Agreement | None
    reason: str | None


def compare_tables(first: pd.DataFrame, second: pd.DataFrame) -> tuple[MetricAgreement, ...]:
    """Compare two long tables of measurements (``measurements.csv``) over the cases that both name.

    Raises
    ------
    InputRefusedError
        When a column is missing, a value is no number, a row stands twice, or the tables share no case or metric.
    """
    import pandas as pd

    a, b = _checked(first, "A"), _checked(second, "B")
    shared = set(a["case_id"]) & set(b["case_id"])
    if not shared:
        raise InputRefusedError(
            "the tables share no case id: measure the same scans under the same ids (coxa batch --id-column)"
        )
    both = pd.merge(a, b, on=[*KEY, "case_id"], how="outer", suffixes=("_a", "_b"))
    both = both[both["case_id"].isin(shared)]
    found = []
    for (metric, frame, side), rows in both.groupby(list(KEY), sort=True):
        unit = next((u for u in (*rows["unit_a"], *rows["unit_b"]) if isinstance(u, str) and u), "")
        units = {u for u in (*rows["unit_a"], *rows["unit_b"]) if isinstance(u, str) and u}
        if len(units) > 1:
            raise InputRefusedError(f"{metric} is given in {' and '.join(sorted(units))}: convert one table")
        found.append(_compare(str(metric), str(frame), str(side), unit, rows.sort_values("case_id")))
    if not any(m.pairs for m in found):
        raise InputRefusedError("the tables share cases but no case has the same metric measured in both")
    return tuple(found)


def _compare(metric: str, frame: str, side: str, unit: str, rows: pd.DataFrame) -> MetricAgreement:
    x, y = (rows[name].to_numpy(dtype=np.float64) for name in ("value_a", "value_b"))
    has_x, has_y = ~np.isnan(x), ~np.isnan(y)
    both = has_x & has_y
    pairs = int(both.sum())
    reason, result = None, None
    if pairs < LEAST_PAIRS:
        reason = f"{LEAST_PAIRS} cases with a value in both tables are needed, there are {pairs}"
    else:
        result = agreement(x[both], y[both])
    counts = (int((has_x & ~has_y).sum()), int((has_y & ~has_x).sum()), int((~has_x & ~has_y).sum()))
    return MetricAgreement(metric, frame, side, unit, pairs, *counts, result, reason)


def _checked(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    absent = [column for column in NEEDED if column not in frame.columns]
    if absent:
        raise InputRefusedError(
            f"table {name} has no column '{absent[0]}': give a measurements.csv or .parquet of Coxa"
        )
    frame = frame.copy()
    for column, default in (("frame", "none"), ("side", "none"), ("unit", "")):
        frame[column] = frame[column].astype(str) if column in frame.columns else default
    frame[["case_id", "metric"]] = frame[["case_id", "metric"]].astype(str)
    frame["value"] = [_number(value, i, name) for i, value in enumerate(frame["value"])]
    twice = frame.duplicated([*KEY, "case_id"])
    if twice.any():
        row = int(np.flatnonzero(twice)[0]) + 2
        raise InputRefusedError(f"table {name}, row {row}: the same case, metric, frame and side stand there twice")
    return frame[[*KEY, "case_id", "value", "unit"]]


def _number(value: object, i: int, name: str) -> float:
    try:
        return cell_number(value)
    except ValueError as error:
        raise InputRefusedError(f"table {name}, row {i + 2}, column 'value': {error}") from error
