"""Bones beside an implant: metal takes the place of shell that is gone, and no bone is left inside cup and neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.grid import Grid
from coxa.segmentation.blocks import bounding_block, margin_voxels
from coxa.segmentation.joints import HipJoint
from coxa.segmentation.metal import implant_hull
from coxa.segmentation.relief import Relief
from coxa.segmentation.seeds import FEMUR_LABEL, HIP_LABEL
from coxa.segmentation.solid import OPERATED_CRACKS_MM, cut_spikes, fill_shell, fill_slices
from coxa.volume import Volume

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
SPONGY_HU, SPONGY_GRAIN_MM, KERNEL_SIGMAS = 110.0, 1.5, 2.5
"""What only the implant walls in counts as bone when it is denser than scar and granuloma (20 to 80 HU)."""


@dataclass(frozen=True, eq=False)
class Operated:
    """What filling a bone beside an implant must know.

    ``metal``: by bone label, the metal that may wall it in; ``not_bone``: by label, where it cannot be;
    ``calm``: the region without streaks and metal; ``shaft_top``: by femur label, the first slice above its shaft.
    """

    metal: Mapping[int, BoolArray]
    not_bone: Mapping[int, BoolArray]
    calm: Volume
    shaft_top: Mapping[int, int]


def around_implants(calm: Volume, wall: BoolArray, metal: BoolArray, joints: Mapping[Side, HipJoint]) -> Operated:
    """Gather what filling the bones of each operated side must know; empty without an implant."""
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
    return Operated(walls, forbidden, calm, shaft_top)


def operated_solid(wall: BoolArray, soft_edge: BoolArray, relief: Relief, operated: Operated, label: int) -> BoolArray:
    """Fill a bone from which an implant took some of the shell: the metal walls it in where it is cancellous there."""
    no_bone = operated.not_bone[label]
    wall = wall & ~no_bone
    solid = fill_shell(wall, soft_edge, relief.grid, OPERATED_CRACKS_MM)
    walled_in = fill_shell(wall | operated.metal[label], soft_edge, relief.grid, OPERATED_CRACKS_MM) & ~solid
    solid |= _spongy(walled_in, operated.calm)
    shaft = slice(0, operated.shaft_top.get(label, 0))
    solid[shaft] |= fill_slices(wall[shaft], relief.grid)
    return cut_spikes(solid & ~no_bone, relief.grid)


def _spongy(places: BoolArray, calm: Volume) -> BoolArray:
    """Return the places [k, j, i] that are as dense as cancellous bone."""
    spongy = np.zeros_like(places)
    block = bounding_block(places, margin_voxels(KERNEL_SIGMAS * SPONGY_GRAIN_MM, calm.grid))
    if block is not None:
        sigma = [SPONGY_GRAIN_MM / s for s in calm.grid.spacing_mm[::-1]]
        smooth = ndi.gaussian_filter(calm.hu[block].astype(np.float32), sigma, truncate=KERNEL_SIGMAS)
        spongy[block] = places[block] & (smooth > SPONGY_HU)
    return spongy


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
