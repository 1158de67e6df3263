"""One hip joint alone: which side it is, and where the other joint would be.

The side follows from where the bone lies about the joint, never from its place in the picture. The other joint's
place is the mirror image in a plane that is turned until the bone lies as in a pelvis and, where both halves are in
view, until they lie on each other. The other hip may be out of view, or have lost its head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.registration import reflection_matrix, transform_points
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.segmentation.joints.pelvis_likeness import BoneCells, pelvis_likeness, tilted_frame

MIN_LIKENESS = 0.45
"""Pelves reach 0.7 to 0.95 within 20 degrees of tilt; turned by right angles, or without joints, at most 0.4."""
SIDE_MARGIN = 0.2
"""One joint alone must fit its side so much better than the other."""
REACH_MM = 45.0
"""A joint alone must be in view with what lies above, below and beside it up to here."""
TRIED: tuple[tuple[float, ...], ...] = (
    (0.0, -7.0, 7.0, -15.0, 15.0, -25.0, 25.0, -35.0, 35.0),
    (0.0, -6.0, 6.0, -12.0, 12.0, -20.0, 20.0),
    (0.0, -10.0, 10.0, -20.0, 20.0, -30.0, 30.0),
    (86.5, 81.5, 91.5, 76.0, 97.0),
)
"""Turn about the long axis, obliquity, tilt (degrees) and half the hip distance (mm), the usual value first."""
USUAL_SPREAD = np.array([25.0, 8.0, 20.0, 8.0])
"""Spread of the three angles (degrees) and of half the hip distance (mm) about the usual pose [E]."""
UNUSUAL_COST = 0.04
"""Likeness that a pose must win to lie one such spread from the usual one: half a pelvis alone says little of it."""
ROUNDS = 3
"""Each value in turn, so many times."""
FINE_STEPS = (4.0, 2.0, 1.0)
"""Steps of the refinement, degrees or mm."""
PELVIS_BELOW_MM, PELVIS_REACH_MM = 50.0, 260.0
"""The pelvis about a joint: bone no further than this below it and from it; thighs may lie as they like."""
MIRROR_POINTS = 4000
"""Points of bone that are mirrored, about."""
MIRRORED_SHARE = 0.6
"""Both halves are in view when so much of the bone has its mirror image in view."""


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A supposed pair of joints, how much the bone about it looks like a pelvis, and how clear the joints are too."""

    joints: Mapping[Side, HipJoint]
    likeness: float
    score: float


def find_single_hip(joints: list[HipJoint], cells: BoneCells) -> Hypothesis | None:
    """Return the clearest joint about which bone lies as in a pelvis on one side; None when there is none."""
    best: tuple[Side, Hypothesis] | None = None
    for joint in joints:
        if not amid_view(joint.centre_lps_mm, cells.grid):
            continue
        fits = {side: _fit(joint, side, cells) for side in Side}
        side = max(fits, key=lambda s: fits[s].likeness)
        clear_side = fits[side].likeness - fits[side.opposite].likeness >= SIDE_MARGIN
        if clear_side and fits[side].likeness >= MIN_LIKENESS and (best is None or fits[side].score > best[1].score):
            best = side, fits[side]
    return None if best is None else best[1]


def amid_view(centre_lps_mm: FloatArray, grid: Grid) -> bool:
    """Tell whether a joint is in view with what lies about it on all sides."""
    index = grid.indices_from_points(centre_lps_mm + REACH_MM * np.vstack([np.eye(3), -np.eye(3)]))
    return bool(((index >= 0) & (index <= np.array(grid.size) - 1)).all())


def _fit(joint: HipJoint, side: Side, cells: BoneCells) -> Hypothesis:
    """Turn a supposed pelvis about one joint until the bone fits best."""

    def plausible_likeness(pose: FloatArray) -> float:
        unusual = UNUSUAL_COST * float((((pose - usual) / USUAL_SPREAD) ** 2).sum())
        return pelvis_likeness(cells, _frame(joint, side, pose), pose[3]) - unusual

    usual = np.array([tried[0] for tried in TRIED])
    pose = usual
    for _ in range(ROUNDS):
        for n, tried in enumerate(TRIED):
            pose = _best_along(n, np.array(tried), pose, plausible_likeness)
    pose = _refine(pose, joint, side, cells, plausible_likeness)
    fit = pelvis_likeness(cells, _frame(joint, side, pose), pose[3])
    other = joint.centre_lps_mm - 2.0 * pose[3] * side.lateral_sign * _frame(joint, side, pose).axes[0]
    joints = {side: joint, side.opposite: HipJoint(other, False, 0.0, inferred=True)}
    return Hypothesis(joints, fit, fit * joint.score)


def _refine(
    pose: FloatArray, joint: HipJoint, side: Side, cells: BoneCells, likeness: Callable[[FloatArray], float]
) -> FloatArray:
    """Lay the two halves of the pelvis on each other, where both are in view."""
    bone = _pelvic_bone(joint.centre_lps_mm, cells)

    def in_mirror(trial: FloatArray) -> tuple[float, float]:
        frame = _frame(joint, side, trial)
        hits, in_view = cells.look_up(transform_points(reflection_matrix(frame.origin, frame.axes[0]), bone))
        return float(hits.mean()), float(in_view.mean())

    if len(bone) == 0 or in_mirror(pose)[1] < MIRRORED_SHARE:
        return pose
    for step in FINE_STEPS:
        for _ in range(ROUNDS):
            for n in range(len(pose)):
                near = pose[n] + step * np.array([0.0, -1.0, 1.0])
                pose = _best_along(n, near, pose, lambda trial: likeness(trial) + in_mirror(trial)[0])
    return pose


def _pelvic_bone(centre_lps_mm: FloatArray, cells: BoneCells) -> FloatArray:
    """Return an even sample (N, 3) of the bone about a joint that is no thigh, LPS mm."""
    k, j, i = np.nonzero(cells.occupied)
    points = cells.grid.points_from_indices(np.stack([i, j, k], axis=1))
    offset = points - centre_lps_mm
    near = (offset[:, 2] > -PELVIS_BELOW_MM) & (np.linalg.norm(offset, axis=1) < PELVIS_REACH_MM)
    return np.asarray(points[near][:: max(1, int(near.sum()) // MIRROR_POINTS)])


def _best_along(n: int, tried: FloatArray, pose: FloatArray, goodness: Callable[[FloatArray], float]) -> FloatArray:
    """Return the pose with the best of some values in place of its n-th; of equals the first."""
    trials = np.repeat(pose[None], len(tried), axis=0)
    trials[:, n] = tried
    return np.asarray(max(trials, key=goodness))


def _frame(joint: HipJoint, side: Side, pose: FloatArray) -> RigidTransform:
    turn, obliquity = np.radians(pose[:2])
    left = np.array([np.cos(obliquity) * np.cos(turn), np.cos(obliquity) * np.sin(turn), np.sin(obliquity)])
    return tilted_frame(joint.centre_lps_mm - pose[3] * side.lateral_sign * left, left, pose[2])
