"""Several answers for one bony landmark: its rule applied around the place where the other landmarks put it."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.extremum import outermost_cap

TILTS_DEG = (0.0, 10.0)
"""A prominence stays where it is when the direction is tilted by this much; another part of a crest does not."""
EDGE_MM = 1.5
"""An extreme point this close to the edge of where it was looked for is no prominence: the bone rises further out."""


def tilted(direction_lps: FloatArray) -> tuple[FloatArray, ...]:
    """Return the direction and four others around it, tilted by the second of `TILTS_DEG`; unit vectors (3,)."""
    direction = unit(direction_lps)
    first = unit(np.cross(direction, np.eye(3)[int(np.abs(direction).argmin())]))
    angle = np.radians(TILTS_DEG[1])
    aside = (first, -first, np.cross(direction, first), -np.cross(direction, first))
    return (direction, *(np.cos(angle) * direction + np.sin(angle) * axis for axis in aside))


def prominences_near(
    bone: SurfacePoints, place_lps_mm: FloatArray, radius_mm: float, direction_lps: FloatArray, cap_depth_mm: float
) -> list[FloatArray]:
    """Return the outermost caps (3,) within a ball, along a direction and four around it, LPS mm.

    One whose extreme point lies at the edge of the ball is left out: it is no prominence there.
    """
    near = bone.where(np.linalg.norm(bone.points_lps_mm - place_lps_mm, axis=1) < radius_mm)
    found = []
    for way in tilted(direction_lps):
        cap = outermost_cap(near, way, cap_depth_mm)
        if cap is not None and np.linalg.norm(_extreme(near, way) - place_lps_mm) < radius_mm - EDGE_MM:
            found.append(cap)
    return found


def _extreme(bone: SurfacePoints, direction_lps: FloatArray) -> FloatArray:
    return np.asarray(bone.points_lps_mm[int(np.argmax(bone.points_lps_mm @ direction_lps))])
