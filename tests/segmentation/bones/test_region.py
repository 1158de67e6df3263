"""The pelvic region: what is dense near the hips, with a margin, and nothing of the rest of the scan."""

import numpy as np

from coxa.anatomy import Side
from coxa.geometry import Grid
from coxa.segmentation.bones.region import BONE_MARGIN_MM, pelvic_region
from coxa.segmentation.joints.hip_joint import HipJoint
from coxa.volume import Volume

GRID = Grid((250, 250, 300), (2.0, 2.0, 2.0), np.array([-250.0, -250.0, -150.0]), np.eye(3))
JOINTS = {side: HipJoint(np.array([x, 0.0, 0.0]), False, 0.06) for side, x in ((Side.LEFT, 86.0), (Side.RIGHT, -86.0))}


def dense_box(low_lps_mm, high_lps_mm, hu=400):
    voxels = np.full(GRID.shape, 40, np.int16)
    low, high = (np.rint(GRID.indices_from_points(p)).astype(int) for p in (low_lps_mm, high_lps_mm))
    voxels[low[2] : high[2] + 1, low[1] : high[1] + 1, low[0] : high[0] + 1] = hu
    return voxels


def corners(volume):
    start, size = pelvic_region(volume, JOINTS)
    last = np.array(start) + np.array(size) - 1
    return GRID.points_from_indices(start), GRID.points_from_indices(last)


def test_the_region_is_the_dense_part_and_its_margin():
    low, high = corners(Volume(dense_box((-120, -40, -80), (130, 90, 150)), GRID))
    for found, dense, sign in ((low, (-120, -40, -80), -1), (high, (130, 90, 150), 1)):
        beyond = sign * (found - np.array(dense))
        assert (beyond >= BONE_MARGIN_MM).all()
        assert (beyond <= BONE_MARGIN_MM + 3 * 2.0).all()


def test_ribs_and_skull_far_above_are_left_out():
    pelvis = dense_box((-120, -40, -80), (130, 90, 150))
    ribs = dense_box((-150, -100, 300), (150, 100, 440))
    low, high = corners(Volume(np.maximum(pelvis, ribs), GRID))
    assert high[2] < 200
    assert low[2] > -100


def test_a_scan_without_dense_voxels_keeps_the_reach_around_the_joints():
    low, high = corners(Volume(np.full(GRID.shape, 40, np.int16), GRID))
    assert high[0] - low[0] > 340
    assert low[2] == GRID.origin_lps_mm[2]
