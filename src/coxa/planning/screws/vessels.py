"""Vessels that screws must keep away from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from coxa.errors import InputRefusedError
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.grid import Grid

FAR_MM = 150.0
"""Vessels farther from the planned centre than this concern no screw."""


@dataclass(frozen=True, eq=False)
class VesselMask:
    """Voxels of vessels on a grid of their own.

    Attributes
    ----------
    inside : ndarray [k, j, i] of bool
    grid : Grid
    """

    inside: BoolArray
    grid: Grid


@dataclass(frozen=True, eq=False)
class Vessels:
    """The voxels of a vessel mask near one hip.

    Attributes
    ----------
    voxels_lps_mm : ndarray (N, 3)
        Their centres.
    half_voxel_mm : float
        Half the largest pitch of their grid: distances are stated from the voxels' faces, rather too small.
    """

    voxels_lps_mm: FloatArray
    half_voxel_mm: float

    def distance_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the distance (...) of points (..., 3) to the nearest vessel; negative within its outermost voxels."""
        return np.asarray(self._tree.query(points_lps_mm)[0] - self.half_voxel_mm)

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.voxels_lps_mm)


def vessels_near(mask: VesselMask, centre_lps_mm: FloatArray) -> Vessels:
    """Return the vessels of a mask within `FAR_MM` of a place.

    Raises
    ------
    InputRefusedError
        When there are none: a mask of another patient or another part of the body protects nobody.
    """
    points = mask.grid.points_from_indices(np.argwhere(mask.inside)[:, ::-1])
    near = points[np.linalg.norm(points - centre_lps_mm, axis=1) <= FAR_MM]
    if not len(near):
        raise InputRefusedError(
            f"the vessel mask holds nothing within {FAR_MM:.0f} mm of the planned centre: give the mask of this scan, "
            "in its own LPS coordinates, or leave --vessels out"
        )
    return Vessels(near, 0.5 * max(mask.grid.spacing_mm))
