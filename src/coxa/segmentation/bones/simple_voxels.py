"""Voxels that a mask can lose without a change of form: no tunnel, cavity or piece comes of it or goes.

A voxel is simple when the object's voxels about it hang together without it (through corners), and the outside's
voxels at its faces do too (through faces): [Bertrand 1994].
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, IntArray

ABOUT = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)])
"""The 26 neighbours of a voxel (26, 3),"""
APART = np.abs(ABOUT[:, None] - ABOUT[None])
"""how far each lies from each along the axes,"""
TOUCH = (APART.max(axis=2) <= 1).astype(np.float32)
"""Which of the 26 neighbours touch each other, and which share a face, below."""
SHARE_FACE = (APART.sum(axis=2) <= 1).astype(np.float32)
"""which of them share a face,"""
AT_FACE, AT_EDGE = np.abs(ABOUT).sum(axis=1) == 1, np.abs(ABOUT).sum(axis=1) <= 2
"""and which share a face, or a face or an edge, with the voxel itself."""


def remove_simple(mask: BoolArray, kji: IntArray) -> None:
    """Remove those of the voxels (N, 3) that are simple when their turn comes, in place.

    No two of a turn touch each other. Voxels at the border of the array stay.
    """
    kji = kji[((kji > 0) & (kji < np.array(mask.shape) - 1)).all(axis=1)]
    turn = kji % 2 @ np.array([4, 2, 1])
    for n in range(8):
        now = kji[turn == n]
        mask[tuple(now[_is_simple(_about(mask, now))].T)] = False


def count_about(mask: BoolArray, kji: IntArray) -> IntArray:
    """Return how many of the 26 neighbours of voxels (N, 3) are in a mask; 26 at the array's border."""
    count = np.full(len(kji), len(ABOUT))
    inside = ((kji > 0) & (kji < np.array(mask.shape) - 1)).all(axis=1)
    count[inside] = _about(mask, kji[inside]).sum(axis=1)
    return count


def _about(mask: BoolArray, kji: IntArray) -> BoolArray:
    """Return the 26 neighbours (N, 26) of voxels off the border."""
    stride = np.array([mask.shape[1] * mask.shape[2], mask.shape[2], 1])
    return np.asarray(mask.ravel().take((kji @ stride)[:, None] + ABOUT @ stride))


def _is_simple(about: BoolArray) -> BoolArray:
    """Judge voxels by their 26 neighbours (N, 26)."""
    return _hang_together(about, about, TOUCH) & _hang_together(~about & AT_EDGE, ~about & AT_FACE, SHARE_FACE)


def _hang_together(among: BoolArray, wanted: BoolArray, beside: npt.NDArray[np.float32]) -> BoolArray:
    """Tell in which rows (N, 26) something is wanted, and all of it linked through what it is among."""
    reached = np.zeros_like(wanted)
    reached[np.arange(len(wanted)), wanted.argmax(axis=1)] = True
    reached &= wanted
    while True:
        further = (reached.astype(np.float32) @ beside > 0) & among
        if (further == reached).all():
            return np.asarray(wanted.any(axis=1) & ~(wanted & ~reached).any(axis=1))
        reached = further
