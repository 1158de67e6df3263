"""Vessels full of contrast that hang on a bone: as bright as bone, but brightest inside, where bone has marrow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block
from coxa.geometry.grid import Grid

SMALLEST_VESSEL_ML = 0.3
"""Smaller pieces are no vessel, ml."""
CONTRAST_HU = (150.0, 500.0)
"""Blood with contrast medium; compact bone, which has no marrow either, is denser."""
RIM_TO_CORE = 1.1
"""Bone's rim is denser than this times its core; a vessel's rim only fades."""


def drop_vessels(labels: npt.NDArray[np.uint8], hu: npt.NDArray[np.int16], grid: Grid, bones: tuple[int, ...]) -> None:
    """Take from each bone the pieces, joined to it by a thin bridge or not at all, that are vessels; in place.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
    hu : ndarray [k, j, i] of int16
    grid : Grid
    bones : tuple of int
        Labels to look at.
    """
    for label in bones:
        block = bounding_block(labels == label)
        if block is None:
            continue
        bone = labels[block] == label
        cores, count = ndi.label(ndi.binary_erosion(bone))
        sizes = np.bincount(cores.ravel(), minlength=count + 1)
        for number, where in enumerate(ndi.find_objects(cores), start=1):
            if number == sizes[1:].argmax() + 1 or sizes[number] * grid.voxel_volume_ml < SMALLEST_VESSEL_ML:
                continue
            around = tuple(slice(max(0, s.start - 2), s.stop + 2) for s in where)
            core = cores[around] == number
            piece = ndi.binary_dilation(core, np.ones((3, 3, 3))) & bone[around]  # its edges and corners too
            if _is_vessel(core, piece, hu[block][around]):
                labels[block][around][piece] = 0


def _is_vessel(core: BoolArray, piece: BoolArray, hu: npt.NDArray[np.int16]) -> bool:
    middle = ndi.binary_erosion(core)
    inside = float(np.median(hu[middle if middle.any() else core]))
    rim = float(np.median(hu[piece & ~core]))
    return CONTRAST_HU[0] < inside < CONTRAST_HU[1] and rim < RIM_TO_CORE * inside
