"""Where the scan does not tell whether there is bone: in metal, and in what the segmentation calls unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coxa.anatomy import METAL, UNKNOWN
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.signed_distance import Field
from coxa.labels import Segmentation

if TYPE_CHECKING:
    import SimpleITK as sitk


def unseen_share(segmentation: Segmentation, grid: Grid) -> Field:
    """Return how much of the voxels [k, j, i] of ``grid`` is metal or unknown: 0 to 1, linear between the scan's."""
    import SimpleITK as sitk

    start, size = _block_about(segmentation.grid, grid, 2.0 * max(segmentation.grid.spacing_mm))
    if min(size) < 1:
        return np.zeros(grid.shape, dtype=np.float32)
    i, j, k = start
    block = np.s_[k : k + size[2], j : j + size[1], i : i + size[0]]
    unknown = segmentation.mask_in(block, METAL) | segmentation.mask_in(block, UNKNOWN)
    if not unknown.any():
        return np.zeros(grid.shape, dtype=np.float32)
    image = _placed(unknown.astype(np.float32), segmentation.grid.crop(start, size))
    reference = _placed(np.zeros(grid.shape, dtype=np.float32), grid)
    return np.asarray(sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, 0.0)))


def _placed(values: Field, grid: Grid) -> sitk.Image:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(values)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    return image


def _block_about(scan: Grid, grid: Grid, margin_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return start and size (i, j, k) of the scan's block that holds the grid and a margin."""
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(grid.size) - 1)
    indices: FloatArray = scan.indices_from_points(grid.points_from_indices(corners))
    margin = margin_mm / np.array(scan.spacing_mm)
    low = np.clip(np.floor(indices.min(axis=0) - margin), 0, None).astype(int)
    high = np.minimum(np.ceil(indices.max(axis=0) + margin).astype(int) + 1, scan.size)
    size = high - low
    return (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))
