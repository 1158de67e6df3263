"""The two hip joints of a scan: candidates on bone edges, refined on the joint space, paired by anatomy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.errors import NoPelvisError
from coxa.geometry.arrays import FloatArray
from coxa.segmentation.joint_sphere import refine_joint
from coxa.segmentation.metal import METAL_SEED_HU
from coxa.segmentation.sphere_candidates import HipSphere, coarse_volume, sphere_candidates
from coxa.volume import Volume

CANDIDATES = 8
HIP_DISTANCE_MM = (120.0, 235.0)
"""Inter-centre distance 173 +- 10 mm [C]; migrated cups and small or large adults reach beyond."""
USUAL_HIP_DISTANCE_MM, USUAL_SPREAD_MM = 173.0, 25.0
CLEAR_JOINT_SCORE = 0.015
"""Native joints score 0.06 and more, on 3 mm slices 0.03; vertebrae and ribs, which also come in pairs, 0.005."""
METAL_JOINT_SCORE = 0.08
"""A metal sphere of head or cup size counts as much as a clear native joint space."""
REPEATED_MM, IMPLANT_REACH_MM = 12.0, 80.0
METAL_SHARE = 0.04
"""Share of metal within 25 mm of a joint's centre that makes it a replaced joint."""


@dataclass(frozen=True, eq=False)
class HipJoint:
    """A hip joint: its centre in LPS mm, whether metal replaces it, and how clear it is (0 to about 0.1)."""

    centre_lps_mm: FloatArray
    has_metal: bool
    score: float


def find_hip_joints(volume: Volume) -> dict[Side, HipJoint]:
    """Find both hip joints of a volume whose axes run nearly along LPS.

    Raises
    ------
    NoPelvisError
        When no pair of joints is in view.
    """
    coarse, grid = coarse_volume(volume)
    candidates: list[HipJoint] = []
    for sphere in sphere_candidates(coarse, grid)[:CANDIDATES]:
        joint = _judge(volume, sphere)
        if not any(_same_joint(joint, earlier) for earlier in candidates):
            candidates.append(joint)
    pair = _best_pair(candidates)
    if pair is None:
        raise NoPelvisError(
            "No pair of hip joints was found in this scan. Coxa needs a CT with both hips in view; "
            "if the study has another series, choose it with --series."
        )
    return pair


def _same_joint(joint: HipJoint, earlier: HipJoint) -> bool:
    """Tell whether a candidate repeats an earlier one; beside a metal head, stem and cup edges vote too, but less."""
    apart_mm = IMPLANT_REACH_MM if joint.has_metal and earlier.has_metal else REPEATED_MM
    return float(np.linalg.norm(joint.centre_lps_mm - earlier.centre_lps_mm)) < apart_mm


def _judge(volume: Volume, sphere: HipSphere) -> HipJoint:
    if _metal_share(volume, sphere.centre_lps_mm) > METAL_SHARE:
        return HipJoint(sphere.centre_lps_mm, True, METAL_JOINT_SCORE)
    fine = refine_joint(volume, sphere.centre_lps_mm)
    return HipJoint(fine.centre_lps_mm, _metal_share(volume, fine.centre_lps_mm) > METAL_SHARE, fine.score)


def _metal_share(volume: Volume, centre_lps_mm: FloatArray, radius_mm: float = 25.0) -> float:
    index = volume.grid.indices_from_points(centre_lps_mm)
    reach = radius_mm / np.array(volume.grid.spacing_mm)
    low = np.clip((index - reach).astype(int), 0, np.array(volume.grid.size) - 1)
    high = np.clip((index + reach).astype(int) + 1, low + 1, volume.grid.size)
    return float((volume.crop(low, high - low).hu >= METAL_SEED_HU).mean())


def _best_pair(joints: list[HipJoint]) -> dict[Side, HipJoint] | None:
    best: tuple[float, HipJoint, HipJoint] | None = None
    clear = [joint for joint in joints if joint.score >= CLEAR_JOINT_SCORE]
    for left in clear:
        for right in clear:
            apart = left.centre_lps_mm - right.centre_lps_mm
            distance = float(np.linalg.norm(apart))
            if apart[0] <= 0 or not HIP_DISTANCE_MM[0] <= distance <= HIP_DISTANCE_MM[1]:
                continue
            tilt = abs(float(apart[2])) / distance  # joints stand side by side, not above each other
            usual = np.exp(-0.5 * ((distance - USUAL_HIP_DISTANCE_MM) / USUAL_SPREAD_MM) ** 2)
            score = min(left.score, right.score) * max(0.0, 1.0 - 1.5 * tilt) * (0.3 + 0.7 * usual)
            if score > 0 and (best is None or score > best[0]):
                best = score, left, right
    return None if best is None else {Side.LEFT: best[1], Side.RIGHT: best[2]}
