"""The rotation centre from other landmarks of the pelvis alone: proportions of the hip bone, and a regression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import Estimate, Side, landmark_name
from coxa.geometry.arrays import FloatArray, unit
from coxa.landmarks.constellation.agreement import Agreement
from coxa.landmarks.pelvis import PelvicFrame

PROPORTION_UNCERTAINTY_MM = 9.0
"""90 % radius: over ten adults, leave-one-out, mean 4.9, worst 8.9 mm; over thirty others mean 5.4, 90 % 8.6 mm."""
PROPORTION_LANDMARKS = ("PT", "IS", "AIIS")
PROPORTIONS = (0.416, 0.497, 0.221)
"""Centre = PT + a u + b v + c n with u = IS - PT, v = AIIS - PT, n = u x v / sqrt|u x v|, lateral positive."""
CONSTELLATION_RADIUS_PER_SIGMA = 3.0
"""Left out one by one, 79 heads of forty adults: with both hips unknown mean 3.9, 95 % within 7.0, worst 9.3 mm, three
sigma 6.3; with the other head known mean 2.8, 95 % 5.3, worst 6.6 mm, three sigma 5.5. In the middle with the
proportions the ten adults' worst fell from 9.8 to 8.0 mm."""
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


def estimate_from_constellation(agreement: Agreement, proportions: Estimate, side: Side) -> Estimate:
    """Return the centre that all other landmarks together give, in the middle with what the proportions give.

    The other side's native head is one of those landmarks; where both sides are operated on, bony landmarks are left.
    """
    name, what = landmark_name("HRC", side), "constellation"
    if agreement.fitted is None:
        return Estimate.missing(what, "too few landmarks of the pelvis are found")
    expected = agreement.expected.get(name) or agreement.fitted.expected(name, 0.0)
    place, method = expected.position_lps_mm, f"constellation of {len(agreement.fitted.names)} landmarks"
    if proportions.position_lps_mm is not None and not _other_head_known(agreement, side):
        place = 0.5 * (place + proportions.position_lps_mm)
        method = f"{method}, in the middle with the proportions of this side's own"
    sigma = float(np.sqrt(np.trace(expected.covariance_mm2) / 3.0))
    uncertainty = CONSTELLATION_RADIUS_PER_SIGMA * sigma * agreement.widening
    return Estimate(what, place, uncertainty, method, "from where other landmarks of the pelvis lie only")


def _other_head_known(agreement: Agreement, side: Side) -> bool:
    return agreement.fitted is not None and landmark_name("HRC", side.opposite) in agreement.fitted.names


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
