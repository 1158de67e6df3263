"""Metal and ceramic by hysteresis: certain seeds, grown to a lower level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block, margin_voxels, within
from coxa.geometry.grid import Grid

METAL_SEED_HU = 2400
"""No bone reaches it; alumina ceramic (about 2500 HU) and every alloy do."""
METAL_EDGE_HU = 2100
"""Above dense cortex (1800 HU at most). Blooming widens metal: a lower edge would widen the mask more."""
SMALLEST_PART_ML = 0.05
"""Smaller specks are no metal, ml."""
LINER_MM = 9.0
"""A plastic liner between head and cup is thinner than twice this."""


def implant_hull(metal: BoolArray, grid: Grid) -> BoolArray:
    """Return metal and the notches in it up to twice :data:`LINER_MM` wide: liner, neck recess, taper gap."""
    hull = np.zeros_like(metal)
    block = bounding_block(metal, margin_voxels(LINER_MM, grid))
    if block is not None:
        outside = ~within(metal[block], grid, LINER_MM)
        hull[block] = ~within(outside, grid, LINER_MM)
    return hull


def find_metal(hu: npt.NDArray[np.int16], grid: Grid) -> BoolArray:
    """Return the mask of metal in a block of HU [k, j, i]; all false without any."""
    metal = hu >= METAL_EDGE_HU
    block = bounding_block(metal)
    if block is None:
        return metal
    parts = sitk.ConnectedComponent(sitk.GetImageFromArray(metal[block].astype(np.uint8)), True)
    labels = sitk.GetArrayViewFromImage(parts)
    sizes = np.bincount(labels.ravel())
    seeded = np.zeros(len(sizes), dtype=bool)
    seeded[labels[hu[block] >= METAL_SEED_HU]] = True
    keep = seeded & (sizes * grid.voxel_volume_ml >= SMALLEST_PART_ML)
    keep[0] = False
    metal[block] = keep[labels]
    return metal
