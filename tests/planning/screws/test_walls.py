"""A screw through an augment has a hole, not a slot: on a block between a cup and a slab of bone."""

import numpy as np
import pytest
import trimesh

from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.values import PlannedCup
from coxa.planning.screws.paths import AUGMENT, CUP, ScrewPaths
from coxa.planning.screws.walls import cuts_slot
from coxa.planning.settings import PlanSettings

CUP_BELOW = PlannedCup(2000.0, np.array([0.0, 0.0, -1000.0]), np.array([0.0, 0.0, -1.0]), 40.0, 15.0, "functional")
"""So large that its top is flat, as the block's underside is."""
SETTINGS = PlanSettings.of(screw_diameter_mm=6.5, screw_channel_mm=0.5, cement_gap_mm=1.5)
BONE_MM = 16.0
UP = np.array([0.0, 0.0, 1.0])


def box(low: list[float], high: list[float]) -> Mesh:
    made = trimesh.creation.box(bounds=[low, high])
    return Mesh(np.asarray(made.vertices, float), np.asarray(made.faces))


AUGMENT_BLOCK = box([-20.0, -20.0, 1.5], [20.0, 20.0, BONE_MM - 0.3])
SLAB = box([-60.0, -60.0, BONE_MM], [60.0, 60.0, 60.0])


def slot(entry: list[float], direction: np.ndarray = UP, through: str = CUP, begin: float = BONE_MM) -> bool:
    paths = ScrewPaths(np.array([entry]), (direction / np.linalg.norm(direction))[None], through)
    return bool(cuts_slot(RayCaster(AUGMENT_BLOCK), RayCaster(SLAB), CUP_BELOW, paths, np.array([begin]), SETTINGS)[0])


@pytest.mark.parametrize(
    ("across_mm", "cuts"),
    [
        (0.0, False),
        (13.5, False),  # 3.75 mm of channel, 2 mm of wall and 0.5 mm for drawing end at 19.75 mm
        (14.0, True),
        (20.0, True),
        (25.0, True),
        (26.5, False),  # beside it
    ],
)
def test_a_hole_keeps_its_wall_a_slot_does_not(across_mm: float, cuts: bool) -> None:
    assert slot([across_mm, 0.0, 0.0]) is cuts
    assert slot([0.0, -across_mm, 0.0]) is cuts


def test_a_screw_that_leans_out_through_the_side_cuts_a_slot() -> None:
    assert slot([10.0, 0.0, 0.0], np.array([0.6, 0.0, 0.8]), begin=BONE_MM / 0.8)
    assert not slot([-10.0, 0.0, 0.0], np.array([0.6, 0.0, 0.8]), begin=BONE_MM / 0.8)


def test_the_face_that_a_head_sits_on_is_no_open_side() -> None:
    low = box([-20.0, -20.0, 1.5], [20.0, 20.0, BONE_MM - 0.3])
    lean = np.array([0.5, 0.0, np.sqrt(0.75)])
    paths = ScrewPaths(np.array([[-4.0, 0.0, 1.5]]), lean[None], AUGMENT)
    far_cup = PlannedCup(54.0, np.array([0.0, 0.0, -80.0]), -UP, 40.0, 15.0, "functional")
    assert not cuts_slot(RayCaster(low), RayCaster(SLAB), far_cup, paths, np.array([14.5 / lean[2]]), SETTINGS)[0]


def test_a_screw_that_never_reaches_bone_is_not_judged() -> None:
    assert not slot([20.0, 0.0, 0.0], begin=np.inf)
