"""The default back-end: bones told apart by their own relief, without learned weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from skimage.segmentation import watershed

from coxa.anatomy import LABELS, Side
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.segmentation.head_surface import find_head_surface
from coxa.segmentation.joints import HipJoint, find_hip_joints
from coxa.segmentation.metal import distance_to, find_metal
from coxa.segmentation.quality import assess
from coxa.segmentation.relief import EDGE_RELIEF, SOFT_TISSUE_HU, Relief, bone_relief
from coxa.segmentation.seeds import FEMUR_LABEL, HIP_LABEL, SACRUM_LABEL, hip_frame, place_seeds
from coxa.segmentation.solid import fill_shell
from coxa.volume import Volume, restore_array

METAL_LABEL = 6
BLOOM_MM = 1.0
"""Voxels this close to metal hold no bone signal."""
REGION_MM = {"lateral": 95.0, "anterior": 105.0, "posterior": 145.0, "superior": 185.0}
"""The pelvis and proximal femora around the hip joints; below, the region ends with the scan."""


def segment_classic(volume: Volume) -> Segmentation:
    """Segment hips, sacrum, femurs and metal.

    Parameters
    ----------
    volume : Volume
        Any orientation; the labels come back on its own grid.

    Raises
    ------
    NoPelvisError
        When no pair of hip joints is in view.
    """
    axes, flips = volume.grid.axes_nearest_lps()
    upright = volume.nearest_lps()
    joints = find_hip_joints(upright)
    start, size = _region(upright.grid, {side: joint.centre_lps_mm for side, joint in joints.items()})
    labels = np.zeros(upright.hu.shape, dtype=np.uint8)
    region = upright.crop(start, size)
    i, j, k = start
    ni, nj, nk = size
    labels[k : k + nk, j : j + nj, i : i + ni] = _label_region(region, joints)
    own = np.ascontiguousarray(restore_array(labels, axes, flips))
    segmentation = Segmentation(own, volume.grid, LABELS, "classic")
    return Segmentation(own, volume.grid, LABELS, "classic", assess(segmentation, volume))


def _label_region(region: Volume, joints: Mapping[Side, HipJoint]) -> npt.NDArray[np.uint8]:
    metal = find_metal(region.hu, region.grid)
    relief = _relief_beside_metal(region, metal)
    heads = _native_heads(relief, joints)
    walls = _tell_apart(relief, joints, heads)
    labels = _solids(walls, relief, heads, metal)
    labels[metal] = METAL_LABEL
    return labels


def _relief_beside_metal(region: Volume, metal: BoolArray) -> Relief:
    if not metal.any():
        return bone_relief(region.hu, region.grid)
    hu = region.hu.copy()
    hu[distance_to(metal, region.grid, BLOOM_MM) <= BLOOM_MM] = int(SOFT_TISSUE_HU)
    return bone_relief(hu, region.grid)


def _native_heads(relief: Relief, joints: Mapping[Side, HipJoint]) -> dict[Side, BoolArray]:
    """Return a full-size mask of what lies inside each native head's surface."""
    heads = {}
    for side, joint in joints.items():
        if joint.has_metal:
            continue
        block, inside = find_head_surface(relief, joint.centre_lps_mm).inside(relief)
        heads[side] = np.zeros(relief.values.shape, dtype=bool)
        heads[side][block] = inside
    return heads


def _tell_apart(
    relief: Relief, joints: Mapping[Side, HipJoint], heads: Mapping[Side, BoolArray]
) -> npt.NDArray[np.uint8]:
    """Flood the bones' shells from certain seeds, brightest relief first; fronts meet in the dark joints."""
    seeds = place_seeds(relief, {side: joint.centre_lps_mm for side, joint in joints.items()})
    wall = relief.wall
    ball = np.zeros_like(wall)
    for head in heads.values():
        ball |= head
    level = np.round((1.0 - relief.values) * 200).astype(np.uint8)
    walls = watershed(level, seeds * ~ball, mask=wall & ~ball).astype(np.uint8)
    for side, head in heads.items():
        walls[head & wall] = FEMUR_LABEL[side]
    return walls


def _solids(
    walls: npt.NDArray[np.uint8], relief: Relief, heads: Mapping[Side, BoolArray], metal: BoolArray
) -> npt.NDArray[np.uint8]:
    """Fill each bone; a voxel that two bones enclose goes to the one whose wall holds it, heads first."""
    labels = np.zeros_like(walls)
    soft_edge = relief.values < EDGE_RELIEF
    for label in (SACRUM_LABEL, *HIP_LABEL.values(), *FEMUR_LABEL.values()):
        wall = walls == label
        solid = fill_shell(wall | metal if label != SACRUM_LABEL else wall, soft_edge, relief.grid)
        labels[solid & (labels == 0)] = label
    for side, head in heads.items():
        labels[head & (labels > 0)] = FEMUR_LABEL[side]
    own = (walls > 0) & (walls <= max(FEMUR_LABEL.values())) & ~soft_edge
    labels[own] = walls[own]
    return labels


def _region(grid: Grid, centres_lps_mm: Mapping[Side, FloatArray]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return start and size (i, j, k) of the block around pelvis and femurs."""
    lps_from_hips = hip_frame(centres_lps_mm)
    span = float(np.linalg.norm(centres_lps_mm[Side.LEFT] - centres_lps_mm[Side.RIGHT])) / 2
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
    size = high - low
    return (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))
