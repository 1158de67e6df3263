"""Certain seeds of each bone, placed in the frame of the two hip joints.

The hip frame has its origin midway between the joints, x toward the left joint, z superior. Over
adults, and within 20 degrees of pelvic tilt, the places below lie in one bone only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.grid import Grid
from coxa.segmentation.relief import Relief

SPINE_LABEL = 7
"""Lumbar vertebrae compete for voxels while bones are told apart, and are then dropped."""
SEED_RELIEF = 0.75
LUMBAR_FROM_AXIS_MM = 116.0
HIP_LABEL: Mapping[Side, int] = {Side.LEFT: 1, Side.RIGHT: 2}
FEMUR_LABEL: Mapping[Side, int] = {Side.LEFT: 4, Side.RIGHT: 5}
SACRUM_LABEL = 3


def hip_frame(centres_lps_mm: Mapping[Side, FloatArray]) -> RigidTransform:
    """Return ``lps_from_hips``: x right to left joint, z superior, y posterior; origin midway."""
    left, right = centres_lps_mm[Side.LEFT], centres_lps_mm[Side.RIGHT]
    x = unit(left - right)
    up = np.array([0.0, 0.0, 1.0])
    z = unit(up - (up @ x) * x)
    return RigidTransform.from_axes([x, np.cross(z, x), z], 0.5 * (left + right), Frame.LPS, "hips")


def place_seeds(relief: Relief, centres_lps_mm: Mapping[Side, FloatArray]) -> npt.NDArray[np.uint8]:
    """Return label seeds [k, j, i] on bright bone only; 0 elsewhere."""
    lps_from_hips = hip_frame(centres_lps_mm)
    grid = relief.grid
    seeds = np.zeros(relief.values.shape, dtype=np.uint8)
    k, j, i = np.nonzero(relief.values >= SEED_RELIEF)
    p = lps_from_hips.inverse().points(grid.points_from_indices(np.stack([i, j, k], axis=1)))
    x, y, z = p.T
    label = np.zeros(len(p), dtype=np.uint8)
    midline = np.abs(x) < 20
    from_axis = np.hypot(y, z)
    backward_deg = np.degrees(np.arctan2(y, z))  # 0 straight up, 90 straight back
    label[midline & (from_axis > 62) & (from_axis < 112) & (backward_deg > 32) & (backward_deg < 72)] = SACRUM_LABEL
    label[(np.abs(x) < 20) & (from_axis > 142) & (backward_deg > -30) & (backward_deg < 16)] = SPINE_LABEL
    for side, centre in centres_lps_mm.items():
        cx, cy, cz = lps_from_hips.inverse().points(centre)
        lateral = (x - cx) * side.lateral_sign
        above_joint = (z - cz > 38) & (z - cz < 62) & (lateral > -32) & (lateral < 12) & (np.abs(y - cy) < 26)
        label[above_joint] = HIP_LABEL[side]
        shaft = (z - cz < -45) & (z - cz > -85) & (lateral > 0) & (lateral < 60) & (np.abs(y - cy) < 60)
        label[shaft] = FEMUR_LABEL[side]
    seeds[k, j, i] = label
    return seeds


def lumbar_part(sacrum: BoolArray, grid: Grid, centres_lps_mm: Mapping[Side, FloatArray]) -> BoolArray:
    """Return the voxels of a sacrum mask [k, j, i] that lie where only the fifth lumbar vertebra can.

    The promontory is at most 108 mm from the axis through both hip joints in ten adults; in front of the
    sacrum's own slope nothing of it lies further out.
    """
    k, j, i = np.nonzero(sacrum)
    p = hip_frame(centres_lps_mm).inverse().points(grid.points_from_indices(np.stack([i, j, k], axis=1)))
    lumbar = (np.hypot(p[:, 1], p[:, 2]) > LUMBAR_FROM_AXIS_MM) & (np.degrees(np.arctan2(p[:, 1], p[:, 2])) < 8.0)
    out = np.zeros_like(sacrum)
    out[k[lumbar], j[lumbar], i[lumbar]] = True
    return out
