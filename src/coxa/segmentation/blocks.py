"""Work on the part of a scan that matters: bounding blocks, and distances measured within them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.grid import Grid

Block = tuple[slice, slice, slice]
"""Slices along k, j, i."""
TIE_MM2 = 1e-4
"""Squared distances that differ by less are equal: many voxels lie at a reach of whole voxels, however rounded."""


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


def distance_to(mask: BoolArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the distance in mm of every voxel to a mask [k, j, i] that is not empty; 0 in it."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    signed = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    return np.asarray(np.maximum(sitk.GetArrayFromImage(signed), 0))


def squared_distance_to(
    mask: BoolArray, spacing_kji_mm: tuple[float, float, float], reach_mm: float
) -> npt.NDArray[np.float32]:
    """Return the squared distance in mm² of every voxel to a mask [k, j, i]: exact up to a reach, larger beyond.

    The axes are taken one after the other, plane by plane, so that all stays in the processor's cache: at a reach of
    a few voxels 5 to 10 times faster than a whole distance map. With an infinite spacing along k each slice is by
    itself.
    """
    along_k, along_j, along_i = (
        [np.float32((n * s) ** 2 if n else 0) for n in range(int(reach_mm / s + 1e-6) + 1)] for s in spacing_kji_mm
    )
    squared = np.full(mask.shape, np.inf, dtype=np.float32)
    for k, plane in enumerate(squared):
        for n in range(len(along_k) - 1, -1, -1):  # the nearest is written last
            for there in {k - n, k + n} & set(range(len(mask))):
                np.copyto(plane, along_k[n], where=mask[there])
        if np.isinf(plane).all():
            continue
        _spread(plane, along_j)
        _spread(plane.T, along_i)
    return squared


def _spread(plane: npt.NDArray[np.float32], steps: list[np.float32]) -> None:
    """Lower each value to the least of ``value n rows away + steps[n]``."""
    before = plane.copy(order="K")
    for n, step in enumerate(steps[1:], start=1):
        further = before + step
        np.minimum(plane[n:], further[:-n], out=plane[n:])
        np.minimum(plane[:-n], further[n:], out=plane[:-n])


def beyond(squared_mm2: npt.NDArray[np.float32], reach_mm: float) -> BoolArray:
    """Tell which squared distances are of more than a reach."""
    return np.asarray(squared_mm2 > reach_mm**2 + TIE_MM2)


def far_from(mask: BoolArray, spacing_kji_mm: tuple[float, float, float], reach_mm: float) -> BoolArray:
    """Return the voxels [k, j, i] that are further than a reach from a mask."""
    return beyond(squared_distance_to(mask, spacing_kji_mm, reach_mm), reach_mm)


def within(mask: BoolArray, grid: Grid, reach_mm: float) -> BoolArray:
    """Return the voxels no further than ``reach_mm`` from a mask [k, j, i], itself included."""
    near = np.zeros_like(mask)
    block = bounding_block(mask, margin_voxels(reach_mm, grid))
    if block is not None:
        near[block] = ~far_from(mask[block], grid.spacing_mm[::-1], reach_mm)
    return near


def distances_from(point_lps_mm: FloatArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the distance in mm of every voxel [k, j, i] from a point."""
    centre = grid.indices_from_points(point_lps_mm)
    i, j, k = (((np.arange(n) - c) * s) ** 2 for n, c, s in zip(grid.size, centre, grid.spacing_mm, strict=True))
    return np.asarray(np.sqrt(k[:, None, None] + j[None, :, None] + i[None, None, :]), dtype=np.float32)
