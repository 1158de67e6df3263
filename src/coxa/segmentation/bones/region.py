"""The block of a scan that holds pelvis and proximal femora; nothing outside it is looked at in full resolution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.blocks import bounding_block, margin_voxels
from coxa.segmentation.bones.seeds import hip_frame
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.local_contrast import CORTEX_FLOOR_HU
from coxa.volume import Volume

REGION_MM = {"lateral": 95.0, "anterior": 105.0, "posterior": 145.0, "superior": 185.0}
"""The pelvis and proximal femora around the hip joints; below, the region ends with the scan."""
BONE_MARGIN_MM = 8.0
"""Further than this from every dense voxel nothing can be a wall: the local contrast reaches 3 mm, reducing
streaks 4 mm."""


def pelvic_region(volume: Volume, joints: Mapping[Side, HipJoint]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return start and size (i, j, k) of the block around pelvis and femurs, no larger than what is dense there."""
    grid = volume.grid
    lps_from_hips = hip_frame(joints)
    span = float(np.linalg.norm(joints[Side.LEFT].centre_lps_mm - joints[Side.RIGHT].centre_lps_mm)) / 2
    reach = REGION_MM
    corners = np.array(
        [
            (x * (span + reach["lateral"]), y, z)
            for x in (-1, 1)
            for y in (-reach["anterior"], reach["posterior"])
            for z in (0.0, reach["superior"])
        ]
    )
    index = grid.indices_from_points(lps_from_hips.points(corners))
    low = np.clip(np.floor(index.min(axis=0)).astype(int), 0, np.array(grid.size) - 1)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1, low + 1, grid.size)
    low[2] = 0
    around = volume.crop(low, high - low)
    dense = bounding_block(around.hu >= CORTEX_FLOOR_HU, margin_voxels(BONE_MARGIN_MM, grid))
    if dense is not None:
        ranges = [part.indices(count)[:2] for part, count in zip(dense[::-1], around.grid.size, strict=True)]
        low, high = (low + np.array(ends) for ends in zip(*ranges, strict=True))
    size = high - low
    return (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))
