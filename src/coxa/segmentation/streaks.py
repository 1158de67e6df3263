"""Streaks of metal, calmed for segmenting only: the HU that are reported stay as scanned."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.segmentation.blocks import bounding_block, distance_to, margin_voxels
from coxa.segmentation.relief import SOFT_TISSUE_HU
from coxa.volume import Volume

STREAK_REACH_MM = 60.0
SMOOTHING_MM = 1.3
BLOOM_MM, BLOOM_VOXELS = 1.8, 1.5
"""Voxels this close to metal hold no bone signal: the scanner's blooming, and partial volume of coarse voxels."""
BRIGHTEST_HU = 1800
"""Smoothing must not smear the metal itself."""


def bloom_reach_mm(grid: Grid) -> float:
    """Return how far from metal voxels hold no bone signal."""
    return max(BLOOM_MM, BLOOM_VOXELS * max(grid.spacing_mm))


def calm_streaks(volume: Volume, metal: BoolArray) -> Volume:
    """Return a copy smoothed around metal, with the metal and its blooming at soft-tissue level.

    Parameters
    ----------
    volume : Volume
    metal : ndarray [k, j, i] of bool
        Without any, the volume itself is returned.
    """
    _, rows, columns = margin_voxels(STREAK_REACH_MM, volume.grid)
    block = bounding_block(metal, (0, rows, columns))  # streaks run within slices
    if block is None:
        return volume
    part = np.minimum(volume.hu[block], BRIGHTEST_HU).astype(np.float32)
    distance = distance_to(metal[block], volume.grid)
    part[distance <= bloom_reach_mm(volume.grid)] = SOFT_TISSUE_HU
    smooth = ndi.gaussian_filter(part, [SMOOTHING_MM / s for s in volume.grid.spacing_mm[::-1]], truncate=2.5)
    share = np.clip(1.5 - distance / (STREAK_REACH_MM / 1.5), 0, 1)
    calm = volume.hu.copy()
    calm[block] = np.round(part + share * (smooth - part)).astype(np.int16)
    return Volume(calm, volume.grid)
