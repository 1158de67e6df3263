"""From a bone's shell to the bone: cracks closed, interior filled, openings as wide as a canal kept."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid

CRACK_MM = 2.0
"""Cracks up to twice this are closed; the sacral canal and foramina are wider and stay open."""


def fill_shell(shell: BoolArray, soft_edge: BoolArray, grid: Grid) -> BoolArray:
    """Return the solid that a shell [k, j, i] encloses, closed by distances.

    The shell is widened by :data:`CRACK_MM`, what the outside cannot reach is interior, and what lies
    within that distance of the outside is given back, so the outer surface stays where it was.
    A shell that is cut by the first or last slice (a femoral shaft) is sealed there, slice-wise.
    Voxels of ``soft_edge`` on the outer surface are peeled off again, one layer.
    """
    occupied = [np.flatnonzero(shell.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    if not len(occupied[0]):
        return shell
    block = tuple(slice(o[0], o[-1] + 1) for o in occupied)
    part = shell[block].copy()
    for end, cut in ((0, block[0].start == 0), (-1, block[0].stop == shell.shape[0])):
        if cut:
            part[end] = _fill_slice(part[end], grid)
    pad = [int(np.ceil(2 * CRACK_MM / s)) + 1 for s in grid.spacing_mm[::-1]]
    padded = np.pad(part, [(p, p) for p in pad])
    image = sitk.GetImageFromArray(padded.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    outside = _distance(image) > CRACK_MM
    # 6-connected flood from the corner: the padding links all of the outside
    flood = sitk.ConnectedThreshold(outside, [(0, 0, 0)], 1, 1)
    solid = sitk.GetArrayFromImage(_distance(flood)) > CRACK_MM
    inner = tuple(slice(p, p + n) for p, n in zip(pad, part.shape, strict=True))
    filled = np.zeros_like(shell)
    solid = solid[inner] | part
    near_outside = ndi.binary_dilation(~solid, border_value=0)
    filled[block] = solid & ~(near_outside & soft_edge[block])
    return filled


def _distance(image: sitk.Image) -> sitk.Image:
    return sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)


def _fill_slice(mask: BoolArray, grid: Grid) -> BoolArray:
    image = sitk.GetImageFromArray(np.pad(mask, 6).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm[:2])
    outside = _distance(image) > CRACK_MM
    flood = sitk.ConnectedThreshold(outside, [(0, 0)], 1, 1)
    solid = sitk.GetArrayFromImage(_distance(flood)) > CRACK_MM
    return np.asarray(solid[6:-6, 6:-6] | mask)
