"""Certain seeds of each bone, placed in the frame of the two hip joints.

The hip frame has its origin midway between the joints, x toward the left joint, z superior. Over
adults, and within 20 degrees of pelvic tilt, the places below lie in one bone only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.segmentation.bones.lumbosacral import LumbosacralDisc
from coxa.segmentation.bones.sacroiliac import SacroiliacSurface
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.joints.native_frame import level_frame
from coxa.segmentation.joints.pelvis_likeness import tilted_frame
from coxa.segmentation.local_contrast import LocalContrast

SPINE_LABEL = 7
"""Lumbar vertebrae compete for voxels while bones are told apart, and are then dropped."""
SEED_CONTRAST = 0.75
"""Local contrast from which a voxel is certainly bone."""
ENDPLATES_MM, BODIES_MM = 2.5, 13.0
"""From this far off the disc's plane S1 and L5 begin, and up to there both are vertebral body."""
BODY_HALF_WIDTH_MM, BODY_HALF_DEPTH_MM = 18.0, 14.0
"""A vertebral body reaches at least so far from its middle, mm."""
CORTEX_MM = (1.2, 5.0)
"""What lies this far from a clear sacroiliac joint, on either side, is certainly that side's bone."""
HIP_LABEL: Mapping[Side, int] = {Side.LEFT: 1, Side.RIGHT: 2}
"""Label value of each hip bone,"""
FEMUR_LABEL: Mapping[Side, int] = {Side.LEFT: 4, Side.RIGHT: 5}
"""of each femur,"""
SACRUM_LABEL = 3
"""and of the sacrum."""


def hip_frame(joints: Mapping[Side, HipJoint]) -> RigidTransform:
    """Return ``lps_from_hips``: x toward the left joint, z superior, y posterior; origin midway.

    A replaced joint may have migrated by centimetres: where its native place is known, that place counts. Where it
    is not, x is level, and a native joint alone says how high and how far back the axis is.
    """
    if all(joint.native_lps_mm is None for joint in joints.values()):
        return level_frame(joints)
    left, right = (_native_place(joints[side]) for side in (Side.LEFT, Side.RIGHT))
    return tilted_frame(0.5 * (left + right), left - right, 0.0)


def _native_place(joint: HipJoint) -> FloatArray:
    return joint.centre_lps_mm if joint.native_lps_mm is None else joint.native_lps_mm


def place_seeds(
    local_contrast: LocalContrast,
    joints: Mapping[Side, HipJoint],
    disc: LumbosacralDisc | None,
    sacroiliac: Mapping[Side, SacroiliacSurface],
) -> npt.NDArray[np.uint8]:
    """Return label seeds [k, j, i] on bright bone only; 0 elsewhere."""
    lps_from_hips = hip_frame(joints)
    grid = local_contrast.grid
    seeds = np.zeros(local_contrast.values.shape, dtype=np.uint8)
    k, j, i = np.nonzero(local_contrast.values >= SEED_CONTRAST)
    p = lps_from_hips.inverse().points(grid.points_from_indices(np.stack([i, j, k], axis=1)))
    x, y, z = p.T
    label = np.zeros(len(p), dtype=np.uint8)
    midline = np.abs(x) < 20
    from_axis = np.hypot(y, z)
    backward_deg = np.degrees(np.arctan2(y, z))  # 0 straight up, 90 straight back
    ala = (np.abs(x) < 34) & (y > 20) & (y < 68) & (from_axis > 66) & (from_axis < 105) & (backward_deg > 18)
    label[ala & (backward_deg < 60)] = SACRUM_LABEL
    label[midline & (from_axis > 62) & (from_axis < 112) & (backward_deg > 32) & (backward_deg < 72)] = SACRUM_LABEL
    label[(np.abs(x) < 20) & (from_axis > 142) & (backward_deg > -30) & (backward_deg < 16)] = SPINE_LABEL
    if disc is not None:
        _part_spine_from_sacrum(label, p, disc)
    for side, joint in joints.items():
        cx, cy, cz = lps_from_hips.inverse().points(joint.centre_lps_mm)
        lateral = (x - cx) * side.lateral_sign
        nx, ny, nz = lps_from_hips.inverse().points(_supposed_native_place(side, joints, lps_from_hips))
        beside, above, behind = (x - nx) * side.lateral_sign, z - nz, y - ny
        roof = (above > 38) & (above < 62) & (beside > -32) & (beside < 12) & (np.abs(behind) < 26)
        wing = (above >= 62) & (above < 95) & (beside > -8) & (beside < 32) & (behind > 0) & (behind < 40)
        ischium = (z - cz > -60) & (z - cz < -25) & (lateral > -36) & (lateral < -12) & (y - cy > -20) & (y - cy < 60)
        label[roof | wing | ischium] = HIP_LABEL[side]
        shaft = (z - cz < -45) & (z - cz > -110) & (lateral > 0) & (lateral < 60) & (np.abs(y - cy) < 60)
        trochanter = (z - cz >= -45) & (z - cz < 0) & (lateral > 42) & (lateral < 90) & (np.abs(y - cy) < 45)
        label[shaft | trochanter] = FEMUR_LABEL[side]
    for side, surface in sacroiliac.items():
        _part_ilium_from_sacrum(label, p, side, surface)
    seeds[k, j, i] = label
    return seeds


def _part_spine_from_sacrum(label: npt.NDArray[np.uint8], points_hips_mm: FloatArray, disc: LumbosacralDisc) -> None:
    """Seed the vertebral bodies on both sides of the disc, and take back what the sacrum's seeds hold of L5."""
    above, behind = disc.heights_and_depths_mm(points_hips_mm)
    middle = np.abs(points_hips_mm[:, 0]) < BODY_HALF_WIDTH_MM
    body = middle & (np.abs(behind) < BODY_HALF_DEPTH_MM)
    label[(label == SACRUM_LABEL) & (above > -ENDPLATES_MM) & (behind < BODY_HALF_DEPTH_MM)] = 0
    label[body & (above < -ENDPLATES_MM) & (above > -BODIES_MM)] = SACRUM_LABEL
    label[body & (above > ENDPLATES_MM) & (above < BODIES_MM)] = SPINE_LABEL


def _part_ilium_from_sacrum(
    label: npt.NDArray[np.uint8], points_hips_mm: FloatArray, side: Side, surface: SacroiliacSurface
) -> None:
    """Seed both cortices of a sacroiliac joint, whatever was guessed there."""
    beyond = surface.beyond_mm(points_hips_mm)
    near, far = CORTEX_MM
    label[(beyond > near) & (beyond < far)] = HIP_LABEL[side]
    label[(beyond < -near) & (beyond > -far)] = SACRUM_LABEL


def _supposed_native_place(side: Side, joints: Mapping[Side, HipJoint], lps_from_hips: RigidTransform) -> FloatArray:
    """Return where a joint natively is: a migrated one's place is the other side's, mirrored."""
    own, other = joints[side], joints[side.opposite]
    if own.native_lps_mm is not None or not own.has_metal or other.has_metal:
        return _native_place(own)
    mirrored = lps_from_hips.inverse().points(other.centre_lps_mm) * np.array([-1.0, 1.0, 1.0])
    return lps_from_hips.points(mirrored)
