"""Where a bone cannot be, as seen from the hip joints: no femur at the symphysis or over the joint, no hip across.

Between two implants the scan is starved of photons, and a flood passes along the dark and bright bands into the next
bone. Such places are wide of what anatomy and poses allow, so their wall belongs to the bone that is there instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.anatomy import Side
from coxa.geometry.arrays import IntArray
from coxa.geometry.blocks import bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL, SACRUM_LABEL, hip_frame
from coxa.segmentation.joints.hip_joint import HipJoint

FEMUR_MEDIAL_MM, FEMUR_BELOW_MM = 40.0, 60.0
"""Above this far below its joint, no femur reaches this far medial of it: the ischium and the pubis do [E]."""
FEMUR_ABOVE_MM, LOOSE_FEMUR_ABOVE_MM = 45.0, 70.0
"""No trochanter stands this far above the centre of its own head; without a head the femur may have risen [E]."""
ACROSS_MM = 18.0
"""Nor does a hip bone cross the midplane by this, as well as the joints tell it [E]."""
SACRUM_BEHIND_MM = 20.0
"""A hip bone's wall beyond the midplane and this far behind the hip axis is the sacrum's [E]."""


def correct_impossible_places(walls: npt.NDArray[np.uint8], joints: Mapping[Side, HipJoint], grid: Grid) -> None:
    """Give walls that a femur or a hip bone cannot have to the bone that lies there; in place.

    Parameters
    ----------
    walls : ndarray [k, j, i] of uint8
        By label.
    joints : Mapping[Side, HipJoint]
    grid : Grid
    """
    hips_from_lps = hip_frame(joints).inverse()
    for side, joint in joints.items():
        centre = hips_from_lps.points(joint.centre_lps_mm)
        kji = np.argwhere(walls == FEMUR_LABEL[side])
        lateral, _, above = (hips_from_lps.points(grid.points_from_indices(kji[:, ::-1])) - centre).T
        highest_mm = FEMUR_ABOVE_MM if joint.is_native else LOOSE_FEMUR_ABOVE_MM
        medial = (lateral * side.lateral_sign < -FEMUR_MEDIAL_MM) & (above > -FEMUR_BELOW_MM)
        _give_to_hip(walls, kji[medial | (above > highest_mm)], HIP_LABEL[side])
    for side in joints:
        kji = np.argwhere(walls == HIP_LABEL[side])
        across, behind, _ = hips_from_lps.points(grid.points_from_indices(kji[:, ::-1])).T
        beyond = across * side.lateral_sign < -ACROSS_MM
        back = behind > SACRUM_BEHIND_MM
        walls[tuple(kji[beyond & back].T)] = SACRUM_LABEL
        walls[tuple(kji[beyond & ~back].T)] = HIP_LABEL[side.opposite]


def _give_to_hip(walls: npt.NDArray[np.uint8], places_kji: IntArray, hip: int) -> None:
    """Give places (N, 3) to a hip bone where they hang together with it; else, like an arm beside it, to no bone."""
    if not len(places_kji):
        return
    places = tuple(places_kji.T)
    own = walls == hip
    walls[places] = hip
    block = bounding_block(walls == hip)
    if block is None or not own.any():
        return
    pieces, _ = ndi.label(walls[block] == hip, np.ones((3, 3, 3)))
    held = np.unique(pieces[own[block]])
    moved = np.zeros_like(own)
    moved[places] = True
    walls[block][moved[block] & ~np.isin(pieces, held)] = 0
