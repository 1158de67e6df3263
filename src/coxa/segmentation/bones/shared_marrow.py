"""Marrow chambers that two bones wall in together: a patch of wall with the wrong name must not drain a bone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.solid import fill_shell

SMALLEST_CAVITY_ML = 2.0
"""Smaller cavities are left as they are, ml."""
CLEAR_MAJORITY = 0.8
"""A drained chamber is walled in by its own bone nearly all around; a joint space by two bones, half and half."""


def fill_shared_marrow(
    labels: npt.NDArray[np.uint8],
    walls: npt.NDArray[np.uint8],
    soft_edge: BoolArray,
    grid: Grid,
    bones: tuple[int, ...],
) -> None:
    """Give each chamber that only the walls of several bones together enclose to the bone that has most of its wall.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
        Bones filled one by one; changed in place.
    walls : ndarray [k, j, i] of uint8
        Walls of the bones by label.
    soft_edge : ndarray [k, j, i] of bool
        As in :func:`~coxa.segmentation.bones.solid.fill_shell`.
    grid : Grid
    bones : tuple of int
        Labels of the neighbours.
    """
    shared = np.isin(walls, bones)
    block = bounding_block(shared)
    if block is None:
        return
    drained = fill_shell(shared, soft_edge, grid)[block] & (labels[block] == 0) & ~shared[block]
    parts, count = ndi.label(drained)
    sizes = np.bincount(parts.ravel(), minlength=count + 1) * grid.voxel_volume_ml
    for number, where in enumerate(ndi.find_objects(parts), start=1):
        if sizes[number] < SMALLEST_CAVITY_ML:
            continue
        around = tuple(slice(max(0, s.start - 2), s.stop + 2) for s in where)
        chamber = parts[around] == number
        lining = ndi.binary_dilation(chamber, iterations=2)
        wall = walls[block][around]
        votes = np.bincount(wall[lining], minlength=max(bones) + 1)[list(bones)]
        if votes.max() >= CLEAR_MAJORITY * votes.sum() > 0:
            bone = bones[int(votes.argmax())]
            # a drained bone lost the soft inner side of its wall as well
            labels[block][around][chamber | (lining & (wall == bone))] = bone
