"""Bones that are none of the pelvis: a forearm or a hand that lay beside the hip and was taken for femur."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.anatomy import Side
from coxa.geometry.arrays import IntArray
from coxa.geometry.blocks import Block, bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.seeds import FEMUR_LABEL
from coxa.segmentation.joints.head_surface import HeadBlock

CUT_BELOW_HEAD_MM = 60.0
"""In a scan that ends within this below a head, trochanter and neck may hang together out of view only [E]."""
TROCHANTER_MM = 70.0
"""No trochanter's middle lies further from the head's; an arm beside the hip does."""


def drop_detached_components(labels: npt.NDArray[np.uint8], heads: Mapping[Side, HeadBlock], grid: Grid) -> None:
    """Take from each femur with a native head the pieces that do not hang together with the head; in place.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
        Slices from below upward.
    heads : Mapping[Side, HeadBlock]
        Native heads. A femur without one stays as it is: beside an implant it may be in pieces.
    grid : Grid
    """
    for side, (head_block, inside) in heads.items():
        femur = labels == FEMUR_LABEL[side]
        block = bounding_block(femur)
        if block is None:
            continue
        in_head = np.zeros_like(femur)
        in_head[head_block] = inside
        pieces, _ = ndi.label(femur[block])
        sizes = np.bincount(pieces[in_head[block] & (pieces > 0)].ravel(), minlength=2)
        kept = [int(sizes.argmax()), *_cut_off(pieces, block, head_block, grid)]
        labels[block][femur[block] & ~np.isin(pieces, kept)] = 0


def _cut_off(pieces: IntArray, block: Block, head_block: Block, grid: Grid) -> list[int]:
    """Return the pieces beside a head that the scan's lower end may have cut off from it."""
    if block[0].start > 0 or head_block[0].start * grid.spacing_mm[2] > CUT_BELOW_HEAD_MM:
        return []
    step_mm = np.array(grid.spacing_mm[1::-1])
    head = np.array([0.5 * (s.start + s.stop) for s in head_block[1:]])
    found = []
    for number in np.unique(pieces[0][pieces[0] > 0]):
        middle = np.argwhere((pieces == number).any(axis=0)).mean(axis=0) + [s.start for s in block[1:]]
        if np.linalg.norm((middle - head) * step_mm) < TROCHANTER_MM:
            found.append(int(number))
    return found
