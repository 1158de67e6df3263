"""The rotation centre from other landmarks of the pelvis alone: proportions of the hip bone, and a regression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import Estimate, Side, landmark_name
from coxa.geometry.arrays import FloatArray, unit
from coxa.landmarks.pelvis import PelvicFrame

PROPORTION_UNCERTAINTY_MM = 9.0
"""90 % radius: over ten adults, leave-one-out, mean 4.9, worst 8.9 mm; over thirty others mean 5.4, 90 % 8.6 mm."""
PROPORTION_LANDMARKS = ("PT", "IS", "AIIS")
PROPORTIONS = (0.416, 0.497, 0.221)
"""Centre = PT + a u + b v + c n with u = IS - PT, v = AIIS - PT, n = u x v / sqrt|u x v|, lateral positive."""
REGRESSION_LANDMARKS = ("ASIS_L", "ASIS_R", "PSIS_L", "PSIS_R")
REGRESSION_UNCERTAINTY_MM = 17.0
"""90 % radius: on landmarks from CT of forty adults mean 11, 90 % 16 mm."""


def expected_centre_lps_mm(
    points_lps_mm: Mapping[str, FloatArray], frame: PelvicFrame, side: Side
) -> FloatArray | None:
    """Return the centre that the side's own tubercle, spine and AIIS suggest (3,); None when one of them is missing.

    The start of the other methods.
    """
    names = [landmark_name(stem, side) for stem in PROPORTION_LANDMARKS]
    if any(name not in points_lps_mm for name in names):
        return None
    mirror = np.array([side.lateral_sign, 1.0, 1.0])
    tubercle, spine, aiis = (frame.lps_from_app.inverse().points(points_lps_mm[name]) * mirror for name in names)
    u, v = spine - tubercle, aiis - tubercle
    normal = np.cross(u, v)
    local = tubercle + np.array(PROPORTIONS) @ [u, v, normal / np.sqrt(np.linalg.norm(normal))]
    return frame.lps_from_app.points(local * mirror)


def estimate_from_proportions(points_lps_mm: Mapping[str, FloatArray], frame: PelvicFrame, side: Side) -> Estimate:
    """Return the centre that the proportions of the side's own landmarks give."""
    place = expected_centre_lps_mm(points_lps_mm, frame, side)
    if place is None:
        return Estimate.missing("proportions", "pubic tubercle, ischial spine or AIIS of this side is not found")
    method = "proportions of pubic tubercle, ischial spine and AIIS"
    return Estimate("proportions", place, PROPORTION_UNCERTAINTY_MM, method, "from pelvic proportions only")


def estimate_from_regression(points_lps_mm: Mapping[str, FloatArray], side: Side) -> Estimate:
    """Return the centre by regression on pelvic width and depth: a check against gross error, never a choice.

    Equations of [Harrington 2007] in the frame of both ASIS and the middle of both PSIS.
    """
    missing = [name for name in REGRESSION_LANDMARKS if name not in points_lps_mm]
    if missing:
        return Estimate.missing("regression", f"needs {' and '.join(missing)}")
    left, right, back_left, back_right = (points_lps_mm[name] for name in REGRESSION_LANDMARKS)
    origin, depth_vector = 0.5 * (left + right), 0.5 * (left + right - back_left - back_right)
    width_mm, depth_mm = float(np.linalg.norm(right - left)), float(np.linalg.norm(depth_vector))
    z = unit(right - left)
    x = unit(depth_vector - (depth_vector @ z) * z)
    y = np.cross(z, x)
    forward, up = -0.24 * depth_mm - 9.9, -0.30 * width_mm - 10.9
    sideways = -side.lateral_sign * (0.33 * width_mm + 7.3)
    method = "regression on pelvic width and depth (Harrington 2007)"
    place = origin + forward * x + up * y + sideways * z
    return Estimate("regression", place, REGRESSION_UNCERTAINTY_MM, method, "a check against gross error only")
