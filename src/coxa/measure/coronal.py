"""The coronal picture of a frame: the inter-teardrop line and distances from it, as drawn on a radiograph."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import RigidTransform


def line_and_up(
    left_lps_mm: FloatArray, right_lps_mm: FloatArray, lps_from_frame: RigidTransform
) -> tuple[FloatArray, FloatArray]:
    """Return u along the line from right to left and v perpendicular to it, superior; LPS units (3,), coronal plane."""
    _, posterior, superior = lps_from_frame.axes
    across = left_lps_mm - right_lps_mm
    u = unit(across - (across @ posterior) * posterior)
    v = superior - (superior @ u) * u
    return u, unit(v)


def height_over_line(
    point_lps_mm: FloatArray, left_lps_mm: FloatArray, right_lps_mm: FloatArray, lps_from_frame: RigidTransform
) -> float:
    """Return how far a point lies above the line through two points in the coronal plane, mm; superior positive."""
    _, v = line_and_up(left_lps_mm, right_lps_mm, lps_from_frame)
    return float((point_lps_mm - left_lps_mm) @ v)


def crossing_at_height(
    upper_lps_mm: FloatArray, lower_lps_mm: FloatArray, point_lps_mm: FloatArray, lps_from_frame: RigidTransform
) -> float:
    """Return the left coordinate, relative to a point, where a steep line passes the point's height; mm, coronal."""
    left, _, superior = lps_from_frame.axes
    rise = float((upper_lps_mm - lower_lps_mm) @ superior)
    share = float((point_lps_mm - lower_lps_mm) @ superior) / rise if abs(rise) > 1e-6 else 0.5
    on_line = lower_lps_mm + share * (upper_lps_mm - lower_lps_mm)
    return float(np.asarray(on_line - point_lps_mm) @ left)
