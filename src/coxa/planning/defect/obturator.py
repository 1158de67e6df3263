"""The superior border of the obturator foramen, as an AP view of the hip bone shows it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.surface_samples import spread_over

PIXEL_MM = 1.0
"""Of the bone's shadow, mm."""
SAMPLES = 60_000
"""Points spread over the hip bone that cast the shadow."""
LEAST_FORAMEN_MM2 = 150.0
"""A smaller hole in the bone's shadow is no obturator foramen [E]."""
OBTURATOR_UNCERTAINTY_MM = 3.0
"""90 % half-width of its upper border's height [E]."""


def superior_obturator_mm(
    hip: Mesh, centre_lps_mm: FloatArray, lps_from_app: RigidTransform, side: Side
) -> float | None:
    """Return how far the foramen's upper border lies above the native centre along APP superior, mm: negative.

    The hip bone is projected along the posterior axis; the foramen is the largest hole of its shadow below the
    centre. None where the shadow has no such hole.
    """
    points = lps_from_app.inverse().vectors(spread_over(hip, SAMPLES).points_lps_mm - centre_lps_mm)
    plane = points[:, [0, 2]] * [side.lateral_sign, 1.0]
    low = plane.min(axis=0) - 3.0
    column, row = np.floor((plane - low) / PIXEL_MM).astype(int).T
    shadow = np.zeros((row.max() + 4, column.max() + 4), dtype=bool)
    shadow[row, column] = True
    shadow = ndi.binary_closing(shadow, iterations=2)
    holes, count = ndi.label(ndi.binary_fill_holes(shadow) & ~shadow)
    best, largest = None, LEAST_FORAMEN_MM2 / PIXEL_MM**2
    for number, place in enumerate(ndi.find_objects(holes), start=1):
        top = low[1] + place[0].stop * PIXEL_MM
        area = float((holes[place] == number).sum())
        if top < 0.0 and area > largest:
            best, largest = top, area
    return None if count == 0 else best
