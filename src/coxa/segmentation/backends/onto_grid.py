"""Labels from another voxel grid onto the scan's own, every position in LPS mm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.volume import reorient_array, restore_array


def labels_on(given: Segmentation, grid: Grid) -> npt.NDArray[np.uint8]:
    """Return labels [k, j, i] on ``grid``: the same voxels when they coincide, else those of the nearest neighbour.

    Labels that order or flip their axes otherwise, but lie on the same places, come through without resampling.
    Outside the given labels there is background.
    """
    axes, flips = given.grid.axes_nearest_lps()
    grid_axes, grid_flips = grid.axes_nearest_lps()
    if given.grid.reoriented(axes, flips).matches(grid.reoriented(grid_axes, grid_flips)):
        upright = reorient_array(given.labels, axes, flips)
        return np.ascontiguousarray(restore_array(upright, grid_axes, grid_flips))
    place = grid.origin_lps_mm.tolist(), grid.spacing_mm, grid.direction.ravel().tolist()
    image = image_on(given.labels, given.grid)
    nearest = sitk.Resample(image, grid.size, sitk.Transform(), sitk.sitkNearestNeighbor, *place, 0.0, sitk.sitkUInt8)
    return np.asarray(sitk.GetArrayFromImage(nearest))


def image_on(array: npt.NDArray[np.generic], grid: Grid) -> sitk.Image:
    """Return voxels [k, j, i] as an image that knows where it is, as ITK does: in LPS mm."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    return image


def grid_of(image: sitk.Image) -> Grid:
    """Return where the voxels of a three-dimensional image are."""
    i, j, k = image.GetSize()
    si, sj, sk = image.GetSpacing()
    return Grid((i, j, k), (si, sj, sk), np.array(image.GetOrigin()), np.array(image.GetDirection()).reshape(3, 3))
