"""The defect of a plan as rows of ``measurements.json``."""

from __future__ import annotations

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.planning.plan import Defect

SECTORS = ("roof", "anterior", "posterior", "medial")
_DEFINITION = "bone of the native hemipelvis that is missing today around the native rotation centre"


def defect_measurements(defect: Defect | None, side: Side) -> tuple[Measurement, ...]:
    """Return ``defect_volume`` and its four sectors in ml; without a defect figure, rows that say so."""
    total = None if defect is None else defect.lost_ml
    rows = [_row(side, "defect_volume", _DEFINITION, total, defect)]
    for sector in SECTORS:
        volume_ml = None if defect is None else defect.lost_by_sector_ml.get(sector)
        rows.append(_row(side, f"defect_volume_{sector}", f"{_DEFINITION}, {sector} sector", volume_ml, defect))
    return tuple(rows)


def _row(side: Side, metric: str, definition: str, volume_ml: float | None, defect: Defect | None) -> Measurement:
    method = "" if defect is None else defect.method
    if volume_ml is None:
        reason = "the plan has no native hemipelvis to compare with"
        return Measurement(side, metric, None, "ml", "none", definition, Status.NOT_MEASURABLE, None, method, reason)
    return Measurement(side, metric, volume_ml, "ml", "none", definition, Status.OK, None, method)
