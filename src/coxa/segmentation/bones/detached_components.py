"""Bones that are none of the pelvis: a forearm or a hand that lay beside the hip and was taken for femur."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.anatomy import Side
from coxa.geometry.blocks import bounding_block
from coxa.segmentation.bones.seeds import FEMUR_LABEL
from coxa.segmentation.joints.head_surface import HeadBlock


def drop_detached_components(labels: npt.NDArray[np.uint8], heads: Mapping[Side, HeadBlock]) -> None:
    """Take from each femur with a native head the pieces that do not hang together with the head; in place.

    Parameters
    ----------
    labels : ndarray [k, j, i] of uint8
    heads : Mapping[Side, HeadBlock]
        Native heads. A femur without one stays as it is: beside an implant it may be in pieces.
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
        labels[block][femur[block] & (pieces != sizes.argmax())] = 0
