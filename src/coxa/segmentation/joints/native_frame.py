"""Where the native hip axis lies when a cup may have moved: the frame in which bone lies as in a pelvis.

A migrated cup is centimetres away from the joint that it replaced, and so is every place that is told from it. The
pelvis itself has not moved: about the native axis bone lies where it does in every adult, and the plane midway
between the joints mirrors one half of it onto the other. Metal and what it casts is no bone, so only whole bones
count: the frame is the one that explains most of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.registration import reflection_matrix, transform_points
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.joints.pelvis_likeness import BoneCells, pelvis_likeness, tilted_frame

TRIED: tuple[tuple[float, ...], ...] = (
    (0.0, -12.0, -24.0, -36.0),
    (0.0, -8.0, 8.0),
    (0.0, -8.0, 8.0),
    (0.0, -8.0, 8.0, -15.0, 15.0),
    (0.0, -8.0, 8.0, -15.0, 15.0),
    (0.0, -12.0, 12.0, -24.0, 24.0),
    (86.5, 80.0, 93.0),
)
"""Shift superior, posterior and left of midway between the joints (mm), turn about the long axis, obliquity and tilt
(degrees), half the distance of the native joints (mm); where nothing has moved first."""
SPREAD = np.array([16.0, 8.0, 8.0, 25.0, 10.0, 20.0, 8.0])
"""Usual scatter of each of these about the first, in their units [E]."""
UNUSUAL_COST = 0.02
"""Likeness that a pose must win to lie one such spread from the first [E]."""
MOVABLE_WITH_NATIVE = (3, 4, 5, 6)
"""A native joint in view stays on the axis: then only these of the pose are free."""
ROUNDS = 2
"""So often all parts of the pose are gone through, coarsely and at each fine step."""
CLEARLY_BETTER = 0.1
"""Joints that explain the bones nearly as well where they were found are left there [E]."""
FINE_STEPS = (4.0, 2.0, 1.0)
"""Steps of the refinement, mm and degrees."""
BELOW_MM, REACH_MM, POINTS = 60.0, 230.0, 2000
"""Bone down to this below the joints and within this of their middle is mirrored; about so many points of it."""
MIRRORED_SHARE = 0.6
"""The mirror image says something only if this share of it lies in the scan [E]."""


def with_native_places(joints: Mapping[Side, HipJoint], cells: BoneCells) -> dict[Side, HipJoint]:
    """Return the joints, those that are not native with the place where they natively were.

    Where the bones do not clearly tell that another place is better than what the joints alone suggest, none is given.

    Parameters
    ----------
    joints : Mapping[Side, HipJoint]
        A native one is where it was found.
    cells : BoneCells
    """
    if all(joint.is_native for joint in joints.values()):
        return dict(joints)
    places = _native_places(joints, cells)
    return {
        side: joint if joint.is_native or places is None else replace(joint, native_lps_mm=places[side])
        for side, joint in joints.items()
    }


def level_frame(joints: Mapping[Side, HipJoint]) -> RigidTransform:
    """Return ``lps_from_hips`` as the joints alone tell it.

    Beside a replaced joint, which may have moved, x is level, and a native joint says how high and how far back the
    axis is.
    """
    left, right = joints[Side.LEFT].centre_lps_mm, joints[Side.RIGHT].centre_lps_mm
    middle, toward_left = 0.5 * (left + right), left - right
    native = [joint.centre_lps_mm for joint in joints.values() if joint.is_native]
    if any(joint.has_metal for joint in joints.values()):
        toward_left = toward_left * np.array([1.0, 1.0, 0.0])
    frame = tilted_frame(middle, toward_left, 0.0)
    if len(native) != 1:
        return frame
    offset = native[0] - middle  # keep the middle across
    _, y, z = frame.axes
    return tilted_frame(middle + (offset @ y) * y + (offset @ z) * z, toward_left, 0.0)


def _native_places(joints: Mapping[Side, HipJoint], cells: BoneCells) -> dict[Side, FloatArray] | None:
    """Return where both joints natively were; None where the joints alone explain the bones nearly as well."""
    native = [side for side, joint in joints.items() if joint.is_native]
    free = MOVABLE_WITH_NATIVE if native else tuple(range(len(TRIED)))
    usual = np.array([tried[0] for tried in TRIED])
    left, right = joints[Side.LEFT].centre_lps_mm, joints[Side.RIGHT].centre_lps_mm

    def frame(pose: FloatArray) -> RigidTransform:
        turn, obliquity = np.radians(pose[3:5])
        x = np.array([np.cos(obliquity) * np.cos(turn), np.cos(obliquity) * np.sin(turn), np.sin(obliquity)])
        middle = 0.5 * (left + right) + pose[[2, 1, 0]]
        for side in native:
            middle = joints[side].centre_lps_mm - pose[6] * side.lateral_sign * x
        return tilted_frame(middle, x, pose[5])

    bone = _bone_about(0.5 * (left + right), cells)

    def fit(here: RigidTransform, half_mm: float) -> float:
        return pelvis_likeness(cells, here, half_mm) + _mirrored(here, bone, cells)

    def goodness(pose: FloatArray) -> float:
        unusual = UNUSUAL_COST * float((((pose - usual) / SPREAD) ** 2).sum())
        return fit(frame(pose), float(pose[6])) - unusual

    pose = _best_pose(usual, free, goodness)
    settled = frame(pose)
    level = level_frame(joints)
    half_mm = 0.5 * float(np.linalg.norm(left - right))
    as_found = max(fit(tilted_frame(level.origin, level.axes[0], tilt), half_mm) for tilt in TRIED[5])
    if fit(settled, float(pose[6])) < as_found + CLEARLY_BETTER:
        return None
    return {side: settled.origin + pose[6] * side.lateral_sign * settled.axes[0] for side in Side}


def _best_pose(usual: FloatArray, free: tuple[int, ...], goodness: Callable[[FloatArray], float]) -> FloatArray:
    pose = usual
    for _ in range(ROUNDS):
        for n in free:
            pose = _best_along(n, np.array(TRIED[n]), pose, goodness)
    for step in FINE_STEPS:
        for _ in range(ROUNDS):
            for n in free:
                pose = _best_along(n, pose[n] + step * np.array([0.0, -1.0, 1.0]), pose, goodness)
    return pose


def _best_along(n: int, tried: FloatArray, pose: FloatArray, goodness: Callable[[FloatArray], float]) -> FloatArray:
    """Return the pose with the best of some values in place of its n-th; of equals the first."""
    trials = np.repeat(pose[None], len(tried), axis=0)
    trials[:, n] = tried
    return np.asarray(max(trials, key=goodness))


def _mirrored(frame: RigidTransform, bone: FloatArray, cells: BoneCells) -> float:
    """Return the share of bone whose mirror image is bone; 0 where too little of it is in view."""
    if not len(bone):
        return 0.0
    hits, in_view = cells.look_up(transform_points(reflection_matrix(frame.origin, frame.axes[0]), bone))
    return float(hits.sum() / max(1, in_view.sum())) if in_view.mean() >= MIRRORED_SHARE else 0.0


def _bone_about(middle_lps_mm: FloatArray, cells: BoneCells) -> FloatArray:
    """Return an even sample (N, 3) of the bone about the joints that is no thigh, LPS mm."""
    k, j, i = np.nonzero(cells.occupied)
    points = cells.grid.points_from_indices(np.stack([i, j, k], axis=1))
    offset = points - middle_lps_mm
    near = (offset[:, 2] > -BELOW_MM) & (np.linalg.norm(offset, axis=1) < REACH_MM)
    return np.asarray(points[near][:: max(1, int(near.sum()) // POINTS)])
