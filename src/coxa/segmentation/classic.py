"""The default back-end: bones told apart by their own relief, without learned weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from skimage.segmentation import watershed

from coxa.anatomy import LABELS, Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.segmentation.blocks import within
from coxa.segmentation.head_surface import HeadBlock, find_head_surface
from coxa.segmentation.joints import HipJoint, find_hip_joints
from coxa.segmentation.metal import find_metal, implant_hull
from coxa.segmentation.quality import assess
from coxa.segmentation.relief import Relief, bone_relief
from coxa.segmentation.seeds import FEMUR_LABEL, HIP_LABEL, SACRUM_LABEL, hip_frame, place_seeds
from coxa.segmentation.solid import OPERATED_CRACKS_MM, cut_spikes, fill_shell, fill_slices
from coxa.segmentation.streaks import calm_streaks
from coxa.volume import Volume, restore_array

METAL_LABEL = 6
HEAD_RIND_MM = 4.0
"""Deeper than this under its surface a native head is bone whatever its density."""
HEAD_ROOM_MM = 28.0
"""No femur is left this close to a prosthetic head: the neck is cut further down [E]."""
SHAFT_BELOW_MM = 45.0
"""This far below a joint the femur is a closed ring in every slice."""
CUP_ROOM_MM = 21.0
"""No hip bone is left inside a cup; the smallest measure 44 mm across [E]."""
NECK_ROOM_MM, NECK_CONE_COSINE = 45.0, 0.6
"""Nor in the cone about the prosthetic neck, clear of ischium and pubis."""
STEM_MM = (35.0, 80.0)
"""Metal this far from the joint is mostly neck and stem."""
CUP_METAL_MM = 60.0
"""Metal further from the joint than cup and screws reach does not wall a hip bone in."""
SPONGY_HU, SPONGY_GRAIN_MM = 110.0, 1.5
"""What only the implant walls in counts as bone when it is denser than scar and granuloma (20 to 80 HU)."""
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
    start, size = _region(upright.grid, joints)
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
    calm = calm_streaks(region, metal)
    relief = bone_relief(calm.hu, calm.grid)
    heads = _native_heads(relief, joints)
    walls = _tell_apart(relief, joints, heads)
    labels = _solids(walls, relief, heads, _operated(calm, relief.wall, metal, joints))
    labels[metal] = METAL_LABEL
    return labels


def _native_heads(relief: Relief, joints: Mapping[Side, HipJoint]) -> dict[Side, HeadBlock]:
    """Return the block around each native head and its voxels inside the head's surface."""
    return {
        side: find_head_surface(relief, joint.centre_lps_mm).inside(relief)
        for side, joint in joints.items()
        if not joint.has_metal
    }


def _tell_apart(
    relief: Relief, joints: Mapping[Side, HipJoint], heads: Mapping[Side, HeadBlock]
) -> npt.NDArray[np.uint8]:
    """Flood the bones' shells from certain seeds, brightest relief first; fronts meet in the dark joints."""
    seeds = place_seeds(relief, joints)
    wall = relief.wall
    open_wall = wall.copy()
    for block, inside in heads.values():
        open_wall[block] &= ~inside
        seeds[block][inside] = 0
    level = (200 - np.round(relief.values * 200)).astype(np.uint8)
    walls = watershed(level, seeds, mask=open_wall)
    for side, (block, inside) in heads.items():
        core = ~within(~inside, relief.grid, HEAD_RIND_MM)
        walls[block][core | (inside & wall[block])] = FEMUR_LABEL[side]
    return np.asarray(walls)


def _solids(
    walls: npt.NDArray[np.uint8], relief: Relief, heads: Mapping[Side, HeadBlock], operated: _Operated
) -> npt.NDArray[np.uint8]:
    """Fill each bone; a voxel that two bones enclose goes to the one whose wall holds it, heads first."""
    labels = np.zeros_like(walls)
    soft_edge = ~relief.shell
    for label in (SACRUM_LABEL, *HIP_LABEL.values(), *FEMUR_LABEL.values()):
        wall = walls == label
        if label in operated.metal:
            solid = _operated_solid(wall, soft_edge, relief, operated, label)
            walls[wall & ~solid] = 0
        else:
            solid = fill_shell(wall, soft_edge, relief.grid)
        labels[solid & (labels == 0)] = label
    for side, (block, inside) in heads.items():
        labels[block][inside & (labels[block] > 0)] = FEMUR_LABEL[side]
    own = (walls > 0) & (walls <= max(FEMUR_LABEL.values())) & ~soft_edge
    labels[own] = walls[own]
    return labels


@dataclass(frozen=True, eq=False)
class _Operated:
    """What filling a bone beside an implant must know.

    ``metal``: by bone label, the metal that may wall it in; ``not_bone``: by label, where it cannot be;
    ``spongy``: voxels as dense as cancellous bone; ``shaft_top``: by femur label, the first slice above its shaft.
    """

    metal: Mapping[int, BoolArray]
    not_bone: Mapping[int, BoolArray]
    spongy: BoolArray
    shaft_top: Mapping[int, int]


def _operated(calm: Volume, wall: BoolArray, metal: BoolArray, joints: Mapping[Side, HipJoint]) -> _Operated:
    hull = implant_hull(metal, calm.grid)
    walls, forbidden, shaft_top = {}, {}, {}
    for side, joint in joints.items():
        if not joint.has_metal:
            continue
        distance = _distance_from(joint.centre_lps_mm, calm.grid)
        head_room = distance < HEAD_ROOM_MM
        walls[HIP_LABEL[side]] = metal & (distance < CUP_METAL_MM)
        walls[FEMUR_LABEL[side]] = metal & ~head_room
        toward_stem = _toward_stem(joint.centre_lps_mm, metal, distance, calm.grid)
        neck_room = (distance < NECK_ROOM_MM) & (toward_stem > NECK_CONE_COSINE)
        forbidden[HIP_LABEL[side]] = (hull & ~wall) | (distance < CUP_ROOM_MM) | neck_room
        forbidden[FEMUR_LABEL[side]] = hull | head_room
        centre_k = calm.grid.indices_from_points(joint.centre_lps_mm)[2]
        shaft_top[FEMUR_LABEL[side]] = max(0, int(centre_k - SHAFT_BELOW_MM / calm.grid.spacing_mm[2]))
    if not walls:
        return _Operated({}, {}, metal, {})
    sigma = [SPONGY_GRAIN_MM / s for s in calm.grid.spacing_mm[::-1]]
    smooth = ndi.gaussian_filter(calm.hu.astype(np.float32), sigma, truncate=2.5)
    return _Operated(walls, forbidden, smooth > SPONGY_HU, shaft_top)


def _operated_solid(
    wall: BoolArray, soft_edge: BoolArray, relief: Relief, operated: _Operated, label: int
) -> BoolArray:
    """Fill a bone from which an implant took some of the shell: the metal walls it in where it is cancellous there."""
    no_bone = operated.not_bone[label]
    wall = wall & ~no_bone
    solid = fill_shell(wall, soft_edge, relief.grid, OPERATED_CRACKS_MM)
    solid |= fill_shell(wall | operated.metal[label], soft_edge, relief.grid, OPERATED_CRACKS_MM) & operated.spongy
    shaft = slice(0, operated.shaft_top.get(label, 0))
    solid[shaft] |= fill_slices(wall[shaft], relief.grid)
    return cut_spikes(solid & ~no_bone, relief.grid)


def _toward_stem(
    centre_lps_mm: FloatArray, metal: BoolArray, distance_mm: npt.NDArray[np.float32], grid: Grid
) -> npt.NDArray[np.float32]:
    """Return the cosine between each voxel's direction from the joint and that of neck and stem; -1 without a stem."""
    k, j, i = np.nonzero(metal & (distance_mm > STEM_MM[0]) & (distance_mm < STEM_MM[1]))
    if len(k) == 0:
        return np.full(metal.shape, -1.0, dtype=np.float32)
    centre = grid.indices_from_points(centre_lps_mm)
    spacing = np.array(grid.spacing_mm)
    ax, ay, az = unit((np.array([i.mean(), j.mean(), k.mean()]) - centre) * spacing)
    i, j, k = ((np.arange(n) - c) * s for n, c, s in zip(grid.size, centre, spacing, strict=True))
    along = ax * i[None, None, :] + ay * j[None, :, None] + az * k[:, None, None]
    return np.asarray(along / np.maximum(distance_mm, 1e-3), dtype=np.float32)


def _distance_from(point_lps_mm: FloatArray, grid: Grid) -> npt.NDArray[np.float32]:
    """Return the distance in mm of every voxel [k, j, i] from a point."""
    centre = grid.indices_from_points(point_lps_mm)
    i, j, k = (((np.arange(n) - c) * s) ** 2 for n, c, s in zip(grid.size, centre, grid.spacing_mm, strict=True))
    return np.asarray(np.sqrt(k[:, None, None] + j[None, :, None] + i[None, None, :]), dtype=np.float32)


def _region(grid: Grid, joints: Mapping[Side, HipJoint]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return start and size (i, j, k) of the block around pelvis and femurs."""
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
    size = high - low
    return (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))
