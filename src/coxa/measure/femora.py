"""Femoral offset and leg length difference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Side, Status, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.errors import FitError
from coxa.geometry.frames import Frame
from coxa.geometry.mesh import Mesh
from coxa.geometry.shaft import find_shaft_axis
from coxa.geometry.surface_points import points_of_mesh
from coxa.measure.coronal import height_over_line
from coxa.measure.propagation import ANATOMICAL_FRAMES, Points, Quantity, chosen, derive, frame_of

OFFSET = "distance of the rotation centre from the axis of the femoral shaft, in space"
LEG_LENGTH = (
    "distance of the lesser trochanter's apex below the inter-teardrop line, left minus right, in the coronal plane of "
    "the frame; positive when the left leg is longer; not corrected for a difference in femoral pose"
)
SHAFT_POINT_AREA_MM2 = 3.0


def femoral_measurements(landmarks: Landmarks, surfaces: Mapping[str, Mesh]) -> list[Measurement]:
    """Return the femoral offset of both sides and the leg length difference in both frames."""
    offsets = [_offset(landmarks, surfaces.get(f"femur_{side}"), side) for side in SIDES]
    return offsets + [_leg_length(landmarks, frame) for frame in ANATOMICAL_FRAMES]


def _offset(landmarks: Landmarks, femur: Mesh | None, side: Side) -> Measurement:
    quantity = Quantity(side, "femoral_offset", "mm", Frame.NONE, OFFSET, "line through cross-section centres")
    centre = landmarks.points[landmark_name("HRC", side)]
    if femur is None or femur.is_empty:
        return quantity.missing(f"no surface of femur_{side}")
    if centre.position_lps_mm is None:
        return quantity.missing(f"needs {centre.name}: {centre.reason}")
    try:
        shaft = find_shaft_axis(points_of_mesh(femur).thinned(SHAFT_POINT_AREA_MM2).points_lps_mm, centre.point)
    except FitError as refusal:
        return quantity.missing(str(refusal))
    foot = shaft.foot_of(centre.point)
    spread = float(np.hypot(shaft.offset_uncertainty_mm, centre.uncertainty_mm or 0.0))
    doubts = [f"{centre.name}: {centre.reason}"] if centre.status is Status.WARN else []
    if shaft.is_short:
        doubts.append(f"the shaft is in view only down to {shaft.reach_mm:.0f} mm below the head")
    return quantity.measured(float(np.linalg.norm(foot - centre.point)), spread, tuple(doubts))


def _leg_length(landmarks: Landmarks, frame: Frame) -> Measurement:
    def difference(points: Points) -> float:
        lps_from_frame = frame_of(points, frame)
        below = [
            -height_over_line(points[f"LT_{side.suffix}"], points["TD_L"], points["TD_R"], lps_from_frame)
            for side in SIDES
        ]
        return below[0] - below[1]

    return derive(
        Quantity("none", "leg_length_difference", "mm", frame, LEG_LENGTH),
        chosen(landmarks.points, "TD_L", "TD_R", "LT_L", "LT_R"),
        difference,
    )
