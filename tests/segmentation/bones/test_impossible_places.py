"""Walls wide of where a bone can be go to the bone that is there, on the left as on the right."""

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.impossible_places import correct_impossible_places
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL, SACRUM_LABEL
from coxa.segmentation.joints.hip_joint import HipJoint

GRID = Grid((130, 100, 120), (2.0, 2.0, 2.0), np.array([-130.0, -80.0, -120.0]), np.eye(3))


def joints(has_metal=False):
    return {side: HipJoint(np.array([86.0 * side.lateral_sign, 0.0, 0.0]), has_metal, 0.08) for side in Side}


def corrected(label, place_lps_mm, **kind):
    """Return what a wall of one label at one place becomes."""
    walls = np.zeros(GRID.shape, np.uint8)
    i, j, k = np.rint(GRID.indices_from_points(place_lps_mm)).astype(int)
    walls[k, j, i] = label
    correct_impossible_places(walls, joints(**kind), GRID)
    return int(walls[k, j, i])


@pytest.mark.parametrize("side", list(Side))
def test_a_pubic_ramus_or_a_wing_is_no_femur(side):
    sign = side.lateral_sign
    assert corrected(FEMUR_LABEL[side], [30.0 * sign, -40.0, -30.0], has_metal=True) == HIP_LABEL[side]
    assert corrected(FEMUR_LABEL[side], [90.0 * sign, 10.0, 60.0]) == HIP_LABEL[side]


@pytest.mark.parametrize("side", list(Side))
def test_trochanters_shaft_and_a_femur_that_rose_stay_femur(side):
    sign, femur = side.lateral_sign, FEMUR_LABEL[side]
    assert corrected(femur, [125.0 * sign, 10.0, 20.0]) == femur
    assert corrected(femur, [60.0 * sign, 10.0, -50.0]) == femur
    assert corrected(femur, [40.0 * sign, 0.0, -110.0]) == femur  # an adducted thigh
    assert corrected(femur, [110.0 * sign, 0.0, 60.0], has_metal=True) == femur


@pytest.mark.parametrize("side", list(Side))
def test_a_hip_bone_across_the_midplane_is_the_other_or_the_sacrum(side):
    sign, hip = side.lateral_sign, HIP_LABEL[side]
    assert corrected(hip, [-30.0 * sign, -45.0, -30.0]) == HIP_LABEL[side.opposite]
    assert corrected(hip, [-30.0 * sign, 60.0, 80.0]) == SACRUM_LABEL
    assert corrected(hip, [-8.0 * sign, -45.0, -30.0]) == hip
