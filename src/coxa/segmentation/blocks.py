"""Work on the part of a scan that matters: bounding blocks, and distances measured within them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid

Block = tuple[slice, slice, slice]
"""Slices along k, j, i."""


def bounding_block(mask: BoolArray, margin_kji: tuple[int, int, int] = (0, 0, 0)) -> Block | None:
    """Return the block around a mask, widened by whole voxels within the array; None when the mask is empty."""
    occupied = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    if not len(occupied[0]):
        return None
    k, j, i = (
        slice(max(0, int(o[0]) - margin), int(o[-1]) + 1 + margin)
        for o, margin in zip(occupied, margin_kji, strict=True)
    )
    return k, j, i


def margin_voxels(reach_mm: float, grid: Grid) -> tuple[int, int, int]:
    """Return how many voxels along k, j, i cover a reach, and one more."""
    k, j, i = (int(np.ceil(reach_mm / s)) + 1 for s in grid.spacing_mm[::-1])
    return k, j, i


def signed_distance_mm(image: sitk.Image) -> sitk.Image:
    """Return the distance from the border of a binary image's foreground, negative inside."""
    return sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)


def mask_image(mask: BoolArray, grid: Grid) -> sitk.Image:
    """Return a mask [k, j, i] as an image that knows the grid's spacing only."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    return image


def distance_to(mask: BoolArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the distance in mm of every voxel to a mask [k, j, i] that is not empty; 0 in it."""
    return np.asarray(np.maximum(sitk.GetArrayFromImage(signed_distance_mm(mask_image(mask, grid))), 0))


def within(mask: BoolArray, grid: Grid, reach_mm: float) -> BoolArray:
    """Return the voxels no further than ``reach_mm`` from a mask [k, j, i], itself included."""
    near = np.zeros_like(mask)
    block = bounding_block(mask, margin_voxels(reach_mm, grid))
    if block is not None:
        near[block] = distance_to(mask[block], grid) <= reach_mm
    return near
