"""Bones of a joint whose head is gone, and no metal in its place: open where bone was resected or resorbed.

Socket and neck show cancellous bone to the joint, so nothing walls them in there. Gaps are closed as wide as a
socket is resorbed or a neck is cut; what this adds counts as bone where it is as dense as the bone's own
cancellous interior, not as scar.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block, distances_from, margin_voxels
from coxa.segmentation.bones.solid import OPERATED_CRACKS_MM, fill_shell, fill_slices
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.local_contrast import SOFT_TISSUE_HU, LocalContrast
from coxa.segmentation.metal.artefacts import GRAIN_SIGMAS, grain_hu
from coxa.volume import Volume

SOCKET_GAP_MM, SOCKET_REACH_MM = 16.0, 70.0
"""Half of the widest gap that resorption leaves in a hip bone, and how far from the joint it can lie [E]."""
NECK_CUT_MM = 14.0
"""Half of the widest neck section."""
DRAINED_ML = 20.0
"""A bone that gains less was closed already."""
GRAIN_MM = 2.0
"""Width of the Gaussian that evens out noise, mm."""
LEAST_INTERIOR_HU = 60.0
"""Cancellous bone no denser than this cannot be told from scar: then all that is closed over counts as bone."""


def bare_hip_solid(
    wall: BoolArray, soft_edge: BoolArray, local_contrast: LocalContrast, streak_reduced: Volume, joint: HipJoint
) -> BoolArray:
    """Fill a hip bone whose socket is open, from its wall [k, j, i]."""
    closed = fill_shell(wall, soft_edge, local_contrast.grid)
    closed_over = fill_shell(wall, soft_edge, local_contrast.grid, (SOCKET_GAP_MM,))
    near = distances_from(joint.centre_lps_mm, local_contrast.grid) < SOCKET_REACH_MM
    mended = _with_what_is_bone(closed, closed_over & near, streak_reduced)
    return fill_shell(mended, soft_edge, local_contrast.grid)  # what drained through the gap from further away


def bare_femur_solid(
    wall: BoolArray, soft_edge: BoolArray, local_contrast: LocalContrast, streak_reduced: Volume
) -> BoolArray:
    """Fill a femur whose neck is cut, from its wall [k, j, i]."""
    closed = fill_shell(wall, soft_edge, local_contrast.grid)
    lidded = fill_shell(
        fill_slices(wall, local_contrast.grid, NECK_CUT_MM), soft_edge, local_contrast.grid, OPERATED_CRACKS_MM
    )
    return _with_what_is_bone(closed, lidded, streak_reduced)


def _with_what_is_bone(closed: BoolArray, wider: BoolArray, streak_reduced: Volume) -> BoolArray:
    """Return the closed solid and, where it had drained, what of the wider one is as dense as cancellous bone."""
    added = wider & ~closed
    block = bounding_block(added, margin_voxels(GRAIN_SIGMAS * GRAIN_MM, streak_reduced.grid))
    if block is None or added.sum() * streak_reduced.grid.voxel_volume_ml < DRAINED_ML:
        return closed
    smooth = grain_hu(streak_reduced, block, GRAIN_MM)
    deep = ndi.binary_erosion(added[block], iterations=2)
    interior_hu = float(np.median(smooth[deep if deep.any() else added[block]]))
    if interior_hu > LEAST_INTERIOR_HU:
        added[block] &= smooth > 0.5 * (float(SOFT_TISSUE_HU) + interior_hu)
    return closed | added
