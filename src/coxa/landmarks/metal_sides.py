"""Which metal belongs to which hip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree

from coxa.anatomy import METAL, SIDES, Side
from coxa.geometry.surface_points import SurfacePoints

REACH_MM = 60.0
"""Metal farther from a side's bones than this has nothing to do with that hip."""
MIN_METAL_POINTS = 100
"""Fewer points of metal on a side are no implant."""
METAL_THINNING_MM2, BONE_THINNING_MM2 = 0.8, 30.0
"""One surface point of metal, and of bone, takes part for so much area, mm2."""


def metal_of_sides(points: Mapping[str, SurfacePoints]) -> dict[Side, SurfacePoints]:
    """Split the metal by the nearer side's hip bone and femur; a side without metal is left out."""
    if METAL not in points:
        return {}
    metal = points[METAL].thinned(METAL_THINNING_MM2)
    distance = {}
    for side in SIDES:
        bones = [
            points[name].thinned(BONE_THINNING_MM2).points_lps_mm
            for name in (f"hip_{side}", f"femur_{side}")
            if name in points
        ]
        far = np.full(len(metal.points_lps_mm), np.inf)
        distance[side] = cKDTree(np.vstack(bones)).query(metal.points_lps_mm)[0] if bones else far
    split = {}
    for side in SIDES:
        own = (distance[side] < distance[side.opposite]) & (distance[side] < REACH_MM)
        if own.sum() >= MIN_METAL_POINTS:
            split[side] = metal.where(own)
    return split
