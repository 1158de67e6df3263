"""Hip joints as found: the value that all seeds and regions hang on, and single candidates for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.segmentation.joints.joint_sphere import head_share, refine_joint
from coxa.segmentation.joints.sphere_candidates import HipSphere, sphere_candidates
from coxa.segmentation.metal.detection import METAL_SEED_HU
from coxa.volume import Volume

CANDIDATES = 8
"""The best spheres that are looked at closely."""
CLEAR_JOINT_SCORE = 0.008
"""Native joints score 0.06 and more, on 3 mm slices 0.03, on 5 mm 0.013; a vertebra 0.005."""
METAL_JOINT_SCORE = 0.08
"""A metal sphere of head or cup size counts as much as a clear native joint space."""
MIN_HEAD_SHARE = 0.66
"""A native head shows its cortex in more directions than that; a socket without one (0.6), or a vertebra, does not."""
REPEATED_MM, IMPLANT_REACH_MM = 12.0, 80.0
"""Two joints closer than this are one; two with metal, closer than the second, mm."""
METAL_SHARE = 0.04
"""Share of metal within 25 mm of a joint's centre that makes it a replaced joint."""


@dataclass(frozen=True, eq=False)
class HipJoint:
    """A hip joint.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
    has_metal : bool
        Metal replaces it.
    score : float
        How clear it is, 0 to about 0.1; 0 when inferred.
    inferred : bool
        Nothing was found: the place is the other joint's, mirrored. No head is there, or it is out of view.
    native_lps_mm : ndarray (3,), optional
        Where the joint was before it was replaced or lost its head, as the pelvis tells.
    """

    centre_lps_mm: FloatArray
    has_metal: bool
    score: float
    inferred: bool = False
    native_lps_mm: FloatArray | None = None

    @property
    def is_native(self) -> bool:
        """A femoral head was found in it."""
        return not self.has_metal and not self.inferred


def joint_candidates(
    volume: Volume, coarse: npt.NDArray[np.float32], coarse_grid: Grid, count: int = CANDIDATES
) -> list[HipJoint]:
    """Return clear joints, native or replaced, in any orientation; most edges agree on the first.

    Parameters
    ----------
    volume : Volume
    coarse : ndarray [k, j, i] of float32
        The same in coarse voxels.
    coarse_grid : Grid
    count : int
        So many spheres are looked at.
    """
    found: list[HipJoint] = []
    spheres = sphere_candidates(coarse, coarse_grid, count)
    with ThreadPoolExecutor() as threads:
        judged = list(threads.map(lambda sphere: _judge(volume, sphere), spheres))
    for joint in judged:
        if joint is not None and not any(_same_joint(joint, earlier) for earlier in found):
            found.append(joint)
    return found


def joint_beside(volume: Volume, supposed_lps_mm: FloatArray) -> HipJoint | None:
    """Return the joint, native or replaced, near where one is supposed; None when none is clear there."""
    index = volume.grid.indices_from_points(supposed_lps_mm)
    if not ((index >= 0) & (index <= np.array(volume.grid.size) - 1)).all():
        return None
    return _judge(volume, HipSphere(supposed_lps_mm, 0.0, 0.0))


def _same_joint(joint: HipJoint, earlier: HipJoint) -> bool:
    """Tell whether a candidate repeats an earlier one; beside a metal head, stem and cup edges vote too, but less."""
    apart_mm = IMPLANT_REACH_MM if joint.has_metal and earlier.has_metal else REPEATED_MM
    return float(np.linalg.norm(joint.centre_lps_mm - earlier.centre_lps_mm)) < apart_mm


def _judge(volume: Volume, sphere: HipSphere) -> HipJoint | None:
    """Refine a sphere on the joint space; None when it is no joint: unclear, or without a head in it."""
    if _metal_share(volume, sphere.centre_lps_mm) > METAL_SHARE:
        return HipJoint(sphere.centre_lps_mm, True, METAL_JOINT_SCORE)
    fine = refine_joint(volume, sphere.centre_lps_mm)
    if fine.score < CLEAR_JOINT_SCORE:
        return None
    if _metal_share(volume, fine.centre_lps_mm) > METAL_SHARE:
        return HipJoint(fine.centre_lps_mm, True, fine.score)
    has_head = head_share(volume, fine.centre_lps_mm) >= MIN_HEAD_SHARE
    return HipJoint(fine.centre_lps_mm, False, fine.score) if has_head else None


def _metal_share(volume: Volume, centre_lps_mm: FloatArray, radius_mm: float = 25.0) -> float:
    index = volume.grid.indices_from_points(centre_lps_mm)
    reach = radius_mm / np.array(volume.grid.spacing_mm)
    low = np.clip((index - reach).astype(int), 0, np.array(volume.grid.size) - 1)
    high = np.clip((index + reach).astype(int) + 1, low + 1, volume.grid.size)
    return float((volume.crop(low, high - low).hu >= METAL_SEED_HU).mean())
