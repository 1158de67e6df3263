"""Both hips of a scan, or the one that is in view, and whether the header says truly how the patient lies.

Joint candidates are paired by anatomy, and a pair counts only when the bone about it lies as in a pelvis. Where no
pair does, one joint alone may: its side follows from where the pelvis lies about it, and the other joint's place is
its mirror image. Where the bone lies as in a pelvis only after the scan is turned by right angles, the header is
wrong about the patient's position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from coxa.anatomy import Side
from coxa.errors import NoPelvisError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.segmentation.joints.hip_joint import CANDIDATES, HipJoint, joint_beside, joint_candidates
from coxa.segmentation.joints.native_frame import with_native_places
from coxa.segmentation.joints.pelvis_likeness import BoneCells, pelvis_likeness, tilted_frame
from coxa.segmentation.joints.single_hip import MIN_LIKENESS, Hypothesis, amid_view, find_single_hip
from coxa.segmentation.joints.sphere_candidates import coarse_volume, resampled
from coxa.volume import Volume

HIP_DISTANCE_MM = (120.0, 235.0)
"""Inter-centre distance 173 +- 10 mm (computed on 16 adults); migrated cups and small or large adults reach beyond."""
USUAL_HIP_DISTANCE_MM, USUAL_SPREAD_MM = 173.0, 25.0
"""Usual distance between the hips (computed on 16 adults), and the spread that it is given, mm."""
MIN_ACROSS = 0.6
"""Cosine between the hip axis and the left axis: who is rolled by more lies otherwise than the header says."""
TURN_MARGIN = 0.15
"""A turned scan must look so much more like a pelvis than as its header says."""
CERTAIN_LIKENESS = 0.65
"""A pair that looks less like a pelvis must do better than one joint alone, and overrules no header."""
LONE_MARGIN = 0.12
"""A pair may look this much less like a pelvis than the best joint alone."""
TILTS_DEG = (0.0, -20.0, 20.0)
"""Pelvic tilts that are tried, degrees."""
FINER_MM, FINER_CANDIDATES = 1.5, 16
"""Where no joint is found the search is done again on cubes of this edge, and with more candidates."""


@dataclass(frozen=True, eq=False)
class FoundHips:
    """Both hip joints, one of them perhaps inferred.

    Attributes
    ----------
    joints : Mapping[Side, HipJoint]
        In true LPS mm, that is after ``true_from_header``.
    true_from_header : ndarray (3, 3)
        Proper rotation by right angles from the header's LPS axes to the patient's; the identity unless the header is
        wrong about the patient's position.
    warnings : tuple of str
        What a user must know of the view.
    """

    joints: Mapping[Side, HipJoint]
    true_from_header: FloatArray
    warnings: tuple[str, ...] = ()


def find_hips(volume: Volume) -> FoundHips:
    """Find the hip joints of a volume and how the patient truly lies in it.

    Parameters
    ----------
    volume : Volume
        Its axes run nearly along the header's LPS.

    Raises
    ------
    NoPelvisError
        When no hip joint is in view with enough of a pelvis about it.
    """
    found = _search(volume, CANDIDATES, MIN_LIKENESS)
    if found is None:  # coarse voxels can hide a head
        found = _search(resampled(volume, FINER_MM), FINER_CANDIDATES, CERTAIN_LIKENESS)
    if found is None:
        raise NoPelvisError(
            "No hip joint with a pelvis about it was found in this scan. Coxa needs a CT with at least one whole hip "
            "in view, from the socket's roof to the ischium; if the study has another series, choose it with --series. "
            "Labels of the bones that another program made can be given with --labels."
        )
    return found


def _search(volume: Volume, count: int, least: float) -> FoundHips | None:
    """Find the hip joints among so many candidates; None when none has bone about it that is like a pelvis.

    More candidates on finer voxels are more places that look like a joint by chance: then ``least`` must be more.
    """
    coarse, grid = coarse_volume(volume)
    candidates = joint_candidates(volume, coarse, grid, count)
    cells = BoneCells.of(coarse, grid)
    pair = _best_pair(candidates, cells)
    if pair is not None and pair.likeness >= CERTAIN_LIKENESS:
        return FoundHips(with_native_places(pair.joints, cells), np.eye(3))
    turned, turned_likeness, turn = _best_turned_pair(candidates, cells)
    lone = find_single_hip(candidates, cells)
    pair_likeness, lone_likeness = (0.0 if h is None else h.likeness for h in (pair, lone))
    if turned is not None and turned_likeness >= max(CERTAIN_LIKENESS, pair_likeness + TURN_MARGIN, lone_likeness):
        as_it_lies = BoneCells(cells.occupied, turned_grid(cells.grid, turn))
        return FoundHips(with_native_places(turned, as_it_lies), turn, (_turn_warning(turn),))
    if pair is not None and pair_likeness >= max(least, lone_likeness - LONE_MARGIN):
        return FoundHips(with_native_places(pair.joints, cells), np.eye(3))
    if lone is None or lone_likeness < least:
        return None
    joints = {
        side: (joint_beside(volume, joint.centre_lps_mm) or joint) if joint.inferred else joint
        for side, joint in lone.joints.items()
    }
    warnings = (_single_hip_warning(joints, grid),) if any(joint.inferred for joint in joints.values()) else ()
    return FoundHips(with_native_places(joints, cells), np.eye(3), warnings)


def _best_pair(joints: list[HipJoint], cells: BoneCells) -> Hypothesis | None:
    best: Hypothesis | None = None
    for left, right in permutations(joints, 2):
        apart = left.centre_lps_mm - right.centre_lps_mm
        distance = float(np.linalg.norm(apart))
        if not HIP_DISTANCE_MM[0] <= distance <= HIP_DISTANCE_MM[1] or apart[0] < MIN_ACROSS * distance:
            continue
        tilt = abs(float(apart[2])) / distance  # joints stand side by side, not above each other
        usual = np.exp(-0.5 * ((distance - USUAL_HIP_DISTANCE_MM) / USUAL_SPREAD_MM) ** 2)
        middle = 0.5 * (left.centre_lps_mm + right.centre_lps_mm)
        likeness = max(pelvis_likeness(cells, tilted_frame(middle, apart, t), 0.5 * distance) for t in TILTS_DEG)
        clearness = min(left.score, right.score) * max(0.0, 1.0 - 1.5 * tilt) * (0.3 + 0.7 * usual)
        score = max(0.0, likeness) * clearness
        if best is None or score > best.score:
            best = Hypothesis({Side.LEFT: left, Side.RIGHT: right}, likeness, score)
    return best


def _best_turned_pair(
    joints: list[HipJoint], cells: BoneCells
) -> tuple[Mapping[Side, HipJoint] | None, float, FloatArray]:
    """Return the pair that looks most like a pelvis after a turn by right angles, how much so, and the turn."""
    found: tuple[Mapping[Side, HipJoint] | None, float, FloatArray] = None, 0.0, np.eye(3)
    for turn in _right_angle_turns():
        moved = [
            replace(joint, centre_lps_mm=turn @ joint.centre_lps_mm)
            for joint in joints
            if amid_view(joint.centre_lps_mm, cells.grid)
        ]
        pair = _best_pair(moved, BoneCells(cells.occupied, turned_grid(cells.grid, turn)))
        if pair is not None and pair.likeness > found[1]:
            found = pair.joints, pair.likeness, turn
    return found


def turned_grid(grid: Grid, turn: FloatArray) -> Grid:
    """Return the same voxels with their place and direction turned about the world's origin by a rotation (3, 3)."""
    return Grid(grid.size, grid.spacing_mm, turn @ grid.origin_lps_mm, turn @ grid.direction)


def _right_angle_turns() -> Iterator[FloatArray]:
    """Yield the 23 rotations by right angles other than the identity."""
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        turn = np.eye(3)[list(order)] * np.array(signs)[:, None]
        if np.linalg.det(turn) > 0 and not np.array_equal(turn, np.eye(3)):
            yield turn


def _single_hip_warning(joints: Mapping[Side, HipJoint], coarse_grid: Grid) -> str:
    side = next(side for side, joint in joints.items() if joint.inferred)
    index = coarse_grid.indices_from_points(joints[side].centre_lps_mm)
    in_view = ((index >= 0) & (index <= np.array(coarse_grid.size) - 1)).all()
    if in_view:
        return f"no femoral head and no implant was found in the {side} hip: its place is the other joint's, mirrored"
    return f"the {side} hip is not in view: only the {side.opposite} one is segmented as a whole"


def _turn_warning(turn: FloatArray) -> str:
    front, up = (_direction(turn.T @ axis) for axis in (np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0])))
    return (
        f"the header contradicts the bones: the patient's front points to what the header calls {front}, the head end "
        f"to what it calls {up}. The patient position was taken from the bones, and left and right with it. If the "
        "scan was mirrored by a conversion, left and right are exchanged: compare with the original images"
    )


def _direction(axis: FloatArray) -> str:
    names = (("right", "left"), ("front", "back"), ("feet", "head"))
    n = int(np.abs(axis).argmax())
    return names[n][int(axis[n] > 0)]
