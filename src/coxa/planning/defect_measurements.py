"""The defect of a plan as rows of ``measurements.json``."""

from __future__ import annotations

from coxa.anatomy import Side, Status
from coxa.case import Measurement
from coxa.planning.bone_stock import BoneStock
from coxa.planning.defect import SECTORS
from coxa.planning.plan import Defect

LOST = "bone of the native hemipelvis that is missing today around the native rotation centre"
SHARE = "share of the native bone around the rotation centre that is lost"
NO_NATIVE_BONE = "the plan has no native hemipelvis to compare with"


def defect_measurements(defect: Defect | None, stock: BoneStock | None, side: Side) -> tuple[Measurement, ...]:
    """Return the lost bone in ml and as a share, whole and by sector, new and hidden bone, and the signs.

    Without a defect figure, rows that say why.
    """
    reason = (None if stock is None else stock.reason) or NO_NATIVE_BONE
    if defect is None:
        names = ("defect_volume", *(f"defect_volume_{sector}" for sector in SECTORS))
        return tuple(
            Measurement(side, name, None, "ml", "none", LOST, Status.NOT_MEASURABLE, None, "", reason) for name in names
        )
    rows = [_row(side, "defect_volume", LOST, defect.lost_ml, "ml", defect, defect.uncertainty_ml)]
    rows += [
        _row(side, f"defect_volume_{sector}", f"{LOST}, {sector} sector", ml, "ml", defect)
        for sector, ml in defect.lost_by_sector_ml.items()
    ]
    rows += [_row(side, f"defect_share{name}", SHARE, share, "1", defect) for name, share in _shares(defect).items()]
    rows.append(_row(side, "new_bone_volume", "bone today beyond the native hemipelvis", defect.new_ml, "ml", defect))
    hidden = "native bone that metal and its halo hide: neither seen to be lost nor seen to be there"
    rows.append(_row(side, "unknown_bone_volume", hidden, defect.unknown_ml, "ml", defect))
    return (*rows, *(() if stock is None else stock.signs))


def _shares(defect: Defect) -> dict[str, float]:
    """Return lost over native bone, whole (under an empty name) and by sector where there is native bone."""
    pairs = {"": (defect.lost_ml, defect.native_ml)}
    for sector, ml in defect.lost_by_sector_ml.items():
        pairs[f"_{sector}"] = (ml, defect.native_by_sector_ml.get(sector, 0.0))
    return {name: lost / native for name, (lost, native) in pairs.items() if native > 0.0}


def _row(
    side: Side,
    metric: str,
    definition: str,
    value: float,
    unit: str,
    defect: Defect,
    uncertainty: float | None = None,
) -> Measurement:
    return Measurement(side, metric, value, unit, "none", definition, Status.OK, uncertainty, defect.method)
