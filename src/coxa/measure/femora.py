"""Femoral shafts, and the offset of the rotation centre from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Side, Status, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.errors import FitError
from coxa.geometry.frames import Frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.shaft import ShaftAxis, find_shaft_axis
from coxa.geometry.surface_points import points_of_mesh
from coxa.measure.leg_length import leg_length_measurements
from coxa.measure.propagation import Quantity

OFFSET = "distance of the rotation centre from the axis of the femoral shaft, in space"
SHAFT_POINT_AREA_MM2 = 3.0
"""The shaft is fitted to one surface point for so much area, mm2."""


def femoral_measurements(landmarks: Landmarks, surfaces: Mapping[str, Mesh]) -> list[Measurement]:
    """Return the femoral offset of both sides and the leg length difference in both frames."""
    shafts = {side: _shaft(landmarks, surfaces.get(f"femur_{side}"), side) for side in SIDES}
    return [_offset(landmarks, shafts[side], side) for side in SIDES] + leg_length_measurements(landmarks, shafts)


def _shaft(landmarks: Landmarks, femur: Mesh | None, side: Side) -> ShaftAxis | str:
    """Return the axis, or why there is none."""
    centre = landmarks.points[landmark_name("HRC", side)]
    if femur is None or femur.is_empty:
        return f"no surface of femur_{side}"
    if centre.position_lps_mm is None:
        return f"needs {centre.name}: {centre.reason}"
    try:
        return find_shaft_axis(points_of_mesh(femur).thinned(SHAFT_POINT_AREA_MM2).points_lps_mm, centre.point)
    except FitError as refusal:
        return str(refusal)


def _offset(landmarks: Landmarks, shaft: ShaftAxis | str, side: Side) -> Measurement:
    quantity = Quantity(side, "femoral_offset", "mm", Frame.NONE, OFFSET, "line through cross-section centres")
    if isinstance(shaft, str):
        return quantity.missing(shaft)
    centre = landmarks.points[landmark_name("HRC", side)]
    foot = shaft.foot_of(centre.point)
    spread = float(np.hypot(shaft.offset_uncertainty_mm, centre.uncertainty_mm or 0.0))
    warnings = [f"{centre.name}: {centre.reason}"] if centre.status is Status.WARN else []
    if shaft.is_short:
        warnings.append(f"the shaft is in view only down to {shaft.reach_mm:.0f} mm below the head")
    return quantity.measured(float(np.linalg.norm(foot - centre.point)), spread, tuple(warnings))
