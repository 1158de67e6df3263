"""Leg length difference, as the legs lie and with both femora in the same pose.

A leg that lies abducted, adducted or flexed carries its lesser trochanter up or down although nothing is longer.
So both femora are turned about their rotation centres, each by the smallest angle that takes its shaft to the mean
direction of both (in the frame, the right one mirrored). Rotation about the shaft stays: it hardly moves the trochanter
along it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import Frame
from coxa.geometry.shaft import ShaftAxis
from coxa.measure.coronal import height_over_line
from coxa.measure.propagation import ANATOMICAL_FRAMES, Points, Quantity, chosen, derive, frame_of

_DISTANCE = (
    "distance of the lesser trochanter's apex below the inter-teardrop line, left minus right, in the coronal plane of "
    "the frame; positive when the left leg is longer"
)
CORRECTED = (
    f"{_DISTANCE}; corrected for femoral pose: both femora turned about their rotation centres until their shafts lie "
    "in the mean direction of both"
)
AS_THEY_LIE = f"{_DISTANCE}; as the legs lie, not corrected for a difference in femoral pose"
LOWER_POINT_UNCERTAINTY_MM = 1.0
"""90 % radius of a point on the axis in the middle of the shaft that is seen [E]."""


def leg_length_measurements(landmarks: Landmarks, shafts: Mapping[Side, ShaftAxis | str]) -> list[Measurement]:
    """Return the difference in both frames, corrected for femoral pose and as the legs lie.

    Parameters
    ----------
    landmarks : Landmarks
    shafts : mapping of Side to ShaftAxis or str
        Each femur's axis, or why there is none.
    """
    return [
        row for frame in ANATOMICAL_FRAMES for row in (_corrected(landmarks, shafts, frame), _posed(landmarks, frame))
    ]


def _posed(landmarks: Landmarks, frame: Frame) -> Measurement:
    quantity = Quantity("none", "leg_length_difference_uncorrected", "mm", frame, AS_THEY_LIE)
    return derive(
        quantity,
        chosen(landmarks.points, "TD_L", "TD_R", "LT_L", "LT_R"),
        lambda points: _difference(points, frame, points["LT_L"], points["LT_R"]),
    )


def _corrected(landmarks: Landmarks, shafts: Mapping[Side, ShaftAxis | str], frame: Frame) -> Measurement:
    quantity = Quantity("none", "leg_length_difference", "mm", frame, CORRECTED, "from landmarks and shaft axes")
    inputs = chosen(landmarks.points, "TD_L", "TD_R", "LT_L", "LT_R", "HRC_L", "HRC_R")
    for side in SIDES:
        inputs |= _points_of_axis(shafts[side], landmarks.points[landmark_name("HRC", side)], side)

    def difference(points: Points) -> float:
        left, right = _in_mean_pose(points, frame)
        return _difference(points, frame, left, right)

    return derive(quantity, inputs, difference)


def _difference(points: Points, frame: Frame, left_lt_lps_mm: FloatArray, right_lt_lps_mm: FloatArray) -> float:
    lps_from_frame = frame_of(points, frame)
    left, right = (
        -height_over_line(apex, points["TD_L"], points["TD_R"], lps_from_frame)
        for apex in (left_lt_lps_mm, right_lt_lps_mm)
    )
    return left - right


def _points_of_axis(shaft: ShaftAxis | str, centre: Landmark, side: Side) -> dict[str, Landmark]:
    """Return two points of the axis, beside the head and below, as landmarks that carry its uncertainty."""
    upper, lower = f"SHAFT_UPPER_{side.suffix}", f"SHAFT_LOWER_{side.suffix}"
    if isinstance(shaft, str):
        return {upper: Landmark.missing(upper, shaft)}
    warning = f"the shaft is in view only down to {shaft.reach_mm:.0f} mm below the head" if shaft.is_short else None
    status, method = Status.WARN if warning else Status.OK, "axis of the femoral shaft"
    foot = shaft.foot_of(centre.point)
    return {
        upper: Landmark(upper, foot, shaft.offset_uncertainty_mm, status, method, warning),
        lower: Landmark(lower, shaft.point_lps_mm, LOWER_POINT_UNCERTAINTY_MM, Status.OK, method),
    }


def _in_mean_pose(points: Points, frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Return both apices (3,), LPS mm, after the femora were turned into the mean pose; left and right."""
    axes = frame_of(points, frame).axes
    mirrors = {side: np.array([side.lateral_sign, 1.0, 1.0]) for side in SIDES}
    up = {
        side: mirrors[side] * (axes @ unit(points[f"SHAFT_UPPER_{side.suffix}"] - points[f"SHAFT_LOWER_{side.suffix}"]))
        for side in SIDES
    }
    mean = unit(up[Side.LEFT] + up[Side.RIGHT])
    apices = []
    for side in SIDES:
        centre = points[landmark_name("HRC", side)]
        arm = mirrors[side] * (axes @ (points[landmark_name("LT", side)] - centre))
        apices.append(centre + axes.T @ (mirrors[side] * _turned(arm, up[side], mean)))
    return apices[0], apices[1]


def _turned(vector: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Turn a vector by the smallest rotation that takes one unit vector to another (Rodrigues)."""
    normal, cosine = np.cross(start, end), float(start @ end)
    return np.asarray(vector + np.cross(normal, vector) + np.cross(normal, np.cross(normal, vector)) / (1.0 + cosine))
