"""The bone that is left of an acetabulum: loss, radial graph, signs and the classes that they suggest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coxa.anatomy import Side, Status, landmark_name
from coxa.case import Landmarks, MeasuredCase, Measurement
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame
from coxa.geometry.mesh import Mesh
from coxa.labels import Segmentation
from coxa.landmarks.centres.mirrored_hip import native_head_radius_mm
from coxa.planning.defect.classes import SuggestedClass, suggested_classes
from coxa.planning.defect.loss import SECTORS, DefectSite, bone_change, measure_defect, sector_index
from coxa.planning.defect.native_hemipelvis import NativeHemipelvis
from coxa.planning.defect.radial_loss import RadialLoss, radial_loss
from coxa.planning.defect.signs import SignSite, defect_signs
from coxa.planning.defect.values import Defect
from coxa.planning.settings.defect_settings import DefectSettings

LOST = "bone of the native hemipelvis that is missing today around the native rotation centre"
SHARE = "share of the native bone around the rotation centre that is lost"
NO_NATIVE_BONE = "the plan has no native hemipelvis to compare with"
MIGRATION = ("migration_superior", "migration_lateral")


@dataclass(frozen=True)
class BoneStock:
    """What is read off the bone that is left, beside the volumes of :class:`coxa.planning.defect.values.Defect`.

    Attributes
    ----------
    radial : RadialLoss or None
    signs : tuple of Measurement
        Teardrop, Köhler line, ischial lysis, rim and the like.
    classes : tuple of SuggestedClass
        Paprosky's for each published threshold, and the AAOS type.
    reason : str or None
        Why there is no radial loss and no sign, when there is none.
    """

    radial: RadialLoss | None
    signs: tuple[Measurement, ...]
    classes: tuple[SuggestedClass, ...]
    reason: str | None = None


def assess_defect(
    case: MeasuredCase,
    surfaces: Mapping[str, Mesh],
    segmentation: Segmentation,
    native: NativeHemipelvis,
    centre_lps_mm: FloatArray,
    side: Side,
    settings: DefectSettings,
) -> tuple[Defect | None, BoneStock]:
    """Measure what is lost of one hip bone; without a native bone to compare with there is no loss but a reason.

    Parameters
    ----------
    case : MeasuredCase
        With its migration measured.
    surfaces : Mapping[str, Mesh]
    segmentation : Segmentation
        For metal, what is unknown beside it, and how far the host's surface is known.
    native : NativeHemipelvis
    centre_lps_mm : ndarray (3,)
        Stands in for the native rotation centre where that is not known.
    side : Side
    settings : DefectSettings
    """
    frame = case.landmarks.lps_from_app
    warning = native.warning if frame is not None else f"the pelvic frame is not known ({case.landmarks.app_reason})"
    if warning is not None or frame is None:
        return None, BoneStock(None, (), suggested_classes(_migration(case, side)), warning)
    site = _site(case.landmarks, surfaces[f"hip_{side}"], native, centre_lps_mm, side)
    change = bone_change(site, segmentation, settings)
    sectors = sector_index(change.grid, site.native_centre_lps_mm, frame, side)
    defect = measure_defect(change, site, sectors, _surface_bias_mm(segmentation, side))
    radial = radial_loss(change, site.native_centre_lps_mm, frame, side, settings.defect_radius_mm)
    signs = defect_signs(SignSite(change, site, case.landmarks, frame, side, radial))
    rows = {**_migration(case, side), **{sign.metric: sign for sign in signs}}
    return defect, BoneStock(radial, signs, suggested_classes(rows))


def _site(
    landmarks: Landmarks, host: Mesh, native: NativeHemipelvis, centre_lps_mm: FloatArray, side: Side
) -> DefectSite:
    known = landmarks.points.get(landmark_name("HRC_NATIVE", side))
    today = landmarks.points.get(landmark_name("HRC", side))
    native_centre = centre_lps_mm if known is None or known.position_lps_mm is None else known.point
    centre_today = native_centre if today is None or today.position_lps_mm is None else today.point
    hip = landmarks.hips.get(side)
    operated = hip is not None and (hip.implant_present or hip.head is None)
    cup = None if hip is None else hip.cup
    return DefectSite(
        native, host, native_centre, centre_today, native_head_radius_mm(landmarks) if operated else None, cup
    )


def _surface_bias_mm(segmentation: Segmentation, side: Side) -> float:
    """Return how far all of the host's surface may lie off: the median of its uncertainty, 0 where none is stated."""
    stated = [q.surface_uncertainty for q in segmentation.quality if q.name == f"hip_{side}"]
    return next((found.p50_mm for found in stated if found is not None), 0.0)


def _migration(case: MeasuredCase, side: Side) -> dict[str, Measurement]:
    """Return how far the centre has moved; a hip with its own head has not moved."""
    rows = {metric: case.find(metric, side, Frame.APP) for metric in MIGRATION}
    return {metric: row for metric, row in rows.items() if row is not None}


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
