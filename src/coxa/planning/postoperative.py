"""What was planned against what a postoperative scan shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Landmark, Side, Status, landmark_name
from coxa.case import FittedCup, HipFindings, MeasuredCase, Measurement
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform, functional_frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.implants.cup_angles import CupAngles, axis_in_frame, radiographic_angles
from coxa.planning.pelvis_fit import PelvisFit, fit_pelvis
from coxa.planning.plan import Plan

AXES = ("lateral", "anterior", "superior")
"""Positive directions of the differences, away from the patient's midline, forward and upward."""

ABOUT = "achieved minus planned"


@dataclass(frozen=True, eq=False)
class PostoperativeComparison:
    """Plan against achieved, of one hip.

    Attributes
    ----------
    case_id, plan_input_sha256, postoperative_sha256 : str
    side : Side
    fit : PelvisFit
        How the postoperative pelvis lies on the planned one.
    differences : tuple of Measurement
        Achieved minus planned: mm along the plan's APP axes, degrees, and the cup's diameter.
    warnings : tuple of str
    """

    case_id: str
    plan_input_sha256: str
    postoperative_sha256: str
    side: Side
    fit: PelvisFit
    differences: tuple[Measurement, ...]
    warnings: tuple[str, ...]


def compare_with_plan(
    plan: Plan, planned_surfaces: Mapping[str, Mesh], case: MeasuredCase, surfaces: Mapping[str, Mesh]
) -> PostoperativeComparison:
    """Lay a postoperative scan on the plan, bone on bone, and subtract the planned from the achieved.

    Parameters
    ----------
    plan : Plan
    planned_surfaces : Mapping[str, Mesh]
        The plan's meshes: both hip bones and the sacrum as far as there are, and the metal.
    case : MeasuredCase
        The postoperative scan, measured.
    surfaces : Mapping[str, Mesh]
        Its surfaces.

    Raises
    ------
    InputRefusedError
        When the scan is the plan's own, has no pelvic frame, shares too little bone with the plan, or shows another
        pelvis.
    """
    if case.input_sha256 == plan.input_sha256:
        raise InputRefusedError("this is the scan that the plan was made on: give the scan after surgery")
    later = case.landmarks.lps_from_app
    if later is None:
        raise InputRefusedError(
            f"the pelvic frame of the postoperative scan is not known ({case.landmarks.app_reason}): "
            "compare a scan that shows both iliac spines and pubic tubercles"
        )
    frame = RigidTransform(plan.lps_from_app, Frame.LPS, Frame.APP)
    fit = fit_pelvis(planned_surfaces, surfaces, frame, later, plan.cup.centre_lps_mm)
    hip = case.landmarks.hips.get(plan.side)
    head = case.landmarks.points.get(landmark_name("HRC", plan.side))
    differences = (
        *_centre_rows(plan, fit, frame, hip, head),
        *_cup_rows(plan, fit, frame, hip),
    )
    return PostoperativeComparison(
        plan.case_id, plan.input_sha256, case.input_sha256, plan.side, fit, differences, case.warnings
    )


def _centre_rows(
    plan: Plan, fit: PelvisFit, frame: RigidTransform, hip: HipFindings | None, head: Landmark | None
) -> list[Measurement]:
    cup = None if hip is None else hip.cup
    no_implant = _no_implant(plan.side, hip)
    found = None if no_implant or head is None or head.position_lps_mm is None else head
    why = no_implant or ("the rotation centre was not searched for" if head is None else head.reason)
    rows = _differences_mm(
        plan, fit, frame, "rotation_centre", "head centre",
        None if found is None else found.position_lps_mm, 0.0 if found is None else found.uncertainty_mm or 0.0, why,
        None if found is None or found.status is Status.OK else found.reason,
    )  # fmt: skip
    return rows + _differences_mm(
        plan, fit, frame, "cup_centre", "centre of the cup's outer sphere",
        None if cup is None else cup.centre_lps_mm, 0.0 if cup is None else cup.centre_uncertainty_mm,
        no_implant or _no_cup(hip), None,
    )  # fmt: skip


def _differences_mm(
    plan: Plan,
    fit: PelvisFit,
    frame: RigidTransform,
    name: str,
    what: str,
    achieved_lps_mm: FloatArray | None,
    own_uncertainty_mm: float,
    missing: str | None,
    warning: str | None,
) -> list[Measurement]:
    """Return the differences along the three axes and their length."""
    definition = f"{what}, {ABOUT}, in the plan's anterior pelvic plane"
    if achieved_lps_mm is None:
        names = (*(f"{name}_difference_{axis}" for axis in AXES), f"{name}_distance")
        return [_missing(plan.side, metric, "mm", Frame.APP, definition, missing) for metric in names]
    offset = transform_points(fit.plan_from_later, achieved_lps_mm) - plan.cup.centre_lps_mm
    left, posterior, superior = frame.inverse().vectors(offset)
    along = np.array([plan.side.lateral_sign * left, -posterior, superior])
    spread = np.hypot(fit.shift_uncertainty_mm, own_uncertainty_mm)
    rows = [
        _row(plan.side, f"{name}_difference_{axis}", float(value), "mm", Frame.APP,
             f"{definition}; positive {axis}", float(width), warning)
        for axis, value, width in zip(AXES, along, spread, strict=True)
    ]  # fmt: skip
    length = float(np.linalg.norm(along))
    # The width along the difference itself; where there is none to speak of, the widest.
    width = float(np.linalg.norm(spread * along) / length) if length > spread.max() else float(spread.max())
    return [*rows, _row(plan.side, f"{name}_distance", length, "mm", Frame.APP, definition, width, warning)]


def _cup_rows(plan: Plan, fit: PelvisFit, frame: RigidTransform, hip: HipFindings | None) -> list[Measurement]:
    cup = None if hip is None else hip.cup
    missing = _no_implant(plan.side, hip) or _no_cup(hip)
    rows = []
    for name, lps_from_frame in ((Frame.FUNCTIONAL, functional_frame(frame)), (Frame.APP, frame)):
        rows += _angle_rows(plan, fit, name, lps_from_frame, cup, missing)
    definition = f"outer diameter of the cup, {ABOUT}"
    if cup is None:
        return [*rows, _missing(plan.side, "cup_diameter_difference", "mm", Frame.NONE, definition, missing)]
    value = cup.outer_diameter_mm - plan.cup.outer_diameter_mm
    width = cup.diameter_uncertainty_mm
    return [*rows, _row(plan.side, "cup_diameter_difference", value, "mm", Frame.NONE, definition, width, None)]


def _angle_rows(
    plan: Plan,
    fit: PelvisFit,
    name: Frame,
    lps_from_frame: RigidTransform,
    cup: FittedCup | None,
    missing: str | None,
) -> list[Measurement]:
    """Return the differences of radiographic inclination and anteversion, both cups in the plan's frame."""
    metrics = ("cup_inclination_difference", "cup_anteversion_difference")
    definition = f"radiographic angle of the cup (Murray 1993), {ABOUT}, both in the plan's frame"
    if cup is None:
        return [_missing(plan.side, metric, "deg", name, definition, missing) for metric in metrics]
    sign = plan.side.lateral_sign
    planned = radiographic_angles(axis_in_frame(plan.cup.axis_lps, lps_from_frame, sign))
    achieved_axis = fit.plan_from_later[:3, :3] @ cup.axis_lps
    achieved = radiographic_angles(axis_in_frame(achieved_axis, lps_from_frame, sign))
    width = float(np.hypot(cup.axis_uncertainty_deg, fit.turn_uncertainty_deg))
    widths = (width / max(float(np.cos(np.radians(achieved.anteversion_deg))), 0.2), width)
    return [
        _row(plan.side, metric, value, "deg", name, definition, spread, None)
        for metric, value, spread in zip(metrics, _subtracted(achieved, planned), widths, strict=True)
    ]


def _subtracted(achieved: CupAngles, planned: CupAngles) -> tuple[float, float]:
    return achieved.inclination_deg - planned.inclination_deg, achieved.anteversion_deg - planned.anteversion_deg


def _no_implant(side: Side, hip: HipFindings | None) -> str | None:
    if hip is not None and hip.implant_present:
        return None
    return f"the {side} hip of the postoperative scan shows no implant"


def _no_cup(hip: HipFindings | None) -> str:
    return "no cup was found in the metal" if hip is None or hip.reason is None else hip.reason


def _row(
    side: Side, metric: str, value: float, unit: str, frame: str, definition: str, width: float, warning: str | None
) -> Measurement:
    status = Status.OK if warning is None else Status.WARN
    method = "bone-to-bone registration of the pelvis, then subtraction"
    return Measurement(str(side), metric, value, unit, str(frame), definition, status, width, method, warning)


def _missing(side: Side, metric: str, unit: str, frame: str, definition: str, reason: str | None) -> Measurement:
    why = reason or "not measured in the postoperative scan"
    return Measurement(str(side), metric, None, unit, str(frame), definition, Status.NOT_MEASURABLE, None, "", why)
