"""Hounsfield units along a line, without those that metal spoils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import METAL, UNKNOWN
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import block_about, distance_to, grid_of
from coxa.labels import Segmentation
from coxa.segmentation.metal.artefacts import STREAK_REACH_MM, streakiness
from coxa.segmentation.metal.not_assessable import halo_mm
from coxa.volume import Volume

ABOUT_MM = 90.0
"""Screws stay this near to the cup's centre."""

LEAST_TRUSTED = 0.5
"""Share of a way that must be undisturbed for its mean to be stated [E]."""


@dataclass(frozen=True, eq=False)
class HuAround:
    """The scan about a hip, with the voxels that metal disturbs marked.

    Attributes
    ----------
    volume : Volume
        A block of the scan.
    disturbed : ndarray [k, j, i] of bool
        In metal, in what the segmentation calls unknown, in their halo, or near metal in a slice full of streaks.
    """

    volume: Volume
    disturbed: BoolArray

    def mean_along(self, points_lps_mm: FloatArray) -> tuple[float | None, float]:
        """Return the mean HU of the undisturbed points (N, 3), None when they are too few, and their share."""
        from scipy.ndimage import map_coordinates

        if not len(points_lps_mm):
            return None, 0.0
        kji = self.volume.grid.indices_from_points(points_lps_mm)[:, ::-1].T
        nearest = np.round(kji).astype(np.int64)
        within = ((nearest >= 0) & (nearest < np.array(self.disturbed.shape)[:, None])).all(axis=0)
        clipped = np.clip(nearest, 0, np.array(self.disturbed.shape)[:, None] - 1)
        trusted = np.asarray(within & ~self.disturbed[tuple(clipped)])
        share = float(trusted.mean())
        if share < LEAST_TRUSTED:
            return None, share
        hu = map_coordinates(self.volume.hu, kji[:, trusted], order=1, mode="nearest", output=np.float64)
        return float(hu.mean()), share


def hu_around(volume: Volume, segmentation: Segmentation, centre_lps_mm: FloatArray) -> HuAround:
    """Mark what metal disturbs within `ABOUT_MM` of a place.

    Parameters
    ----------
    volume : Volume
    segmentation : Segmentation
        On the volume's grid.
    centre_lps_mm : ndarray (3,)
    """
    grid = volume.grid
    block = block_about(centre_lps_mm, ABOUT_MM, grid)
    part = Volume(volume.hu[block], grid_of(block, grid))
    metal = segmentation.mask_in(block, METAL)
    if not metal.any():
        return HuAround(part, segmentation.mask_in(block, UNKNOWN))
    distance = distance_to(metal, part.grid)
    streaked = streakiness(part.hu.astype(np.float32), part.grid) > 0
    near = (distance <= STREAK_REACH_MM) & (streaked & metal.any(axis=(1, 2)))[:, None, None]
    return HuAround(part, near | (distance <= halo_mm(grid)) | segmentation.mask_in(block, UNKNOWN))
