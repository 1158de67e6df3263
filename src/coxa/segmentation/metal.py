"""Metal and ceramic by hysteresis: certain seeds, grown to a lower level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid

METAL_SEED_HU = 2400
"""No bone reaches it; alumina ceramic (about 2500 HU) and every alloy do."""
METAL_EDGE_HU = 2100
"""Above dense cortex (1800 HU at most). Blooming widens metal: a lower edge would widen the mask more."""
SMALLEST_PART_ML = 0.05

LINER_MM = 9.0
"""A plastic liner between head and cup is thinner than twice this."""


def implant_hull(metal: BoolArray, grid: Grid) -> BoolArray:
    """Return metal and the notches in it up to twice :data:`LINER_MM` wide: liner, neck recess, taper gap."""
    if not metal.any():
        return metal
    outside = distance_to(metal, grid, LINER_MM) > LINER_MM
    return np.asarray(distance_to(outside, grid, LINER_MM) > LINER_MM)


def find_metal(hu: npt.NDArray[np.int16], grid: Grid) -> BoolArray:
    """Return the mask of metal in a block of HU [k, j, i]; all false without any."""
    if int(hu.max()) < METAL_SEED_HU:
        return np.zeros(hu.shape, dtype=bool)
    parts = sitk.ConnectedComponent(sitk.GetImageFromArray((hu >= METAL_EDGE_HU).astype(np.uint8)), True)
    labels = sitk.GetArrayViewFromImage(parts)
    sizes = np.bincount(labels.ravel())
    seeded = np.zeros(len(sizes), dtype=bool)
    seeded[np.unique(labels[hu >= METAL_SEED_HU])] = True
    keep = seeded & (sizes * grid.voxel_volume_ml >= SMALLEST_PART_ML)
    keep[0] = False
    return np.asarray(keep[labels])


def distance_to(mask: BoolArray, grid: Grid, reach_mm: float) -> npt.NDArray[np.float32]:
    """Return the distance in mm to a mask, exact up to ``reach_mm`` and at least that beyond.

    Computed only on the mask's surroundings.
    """
    far = np.full(mask.shape, np.float32(reach_mm * 2 + 1))
    occupied = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    if not len(occupied[0]):
        return far
    pad = [int(np.ceil(reach_mm / s)) + 1 for s in grid.spacing_mm[::-1]]
    block = tuple(slice(max(0, o[0] - p), o[-1] + 1 + p) for o, p in zip(occupied, pad, strict=True))
    image = sitk.GetImageFromArray(mask[block].astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    far[block] = np.maximum(sitk.GetArrayViewFromImage(distance), 0)
    return far
