"""What a stem tells about its femur, on a femur made of a tube, a neck and a stem in it."""

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry.arrays import unit
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.resected_femur import (
    ResectedFemur,
    along_and_around,
    find_neck_cut,
    resected_solid,
    seed_beside_stems,
)
from coxa.segmentation.bones.seeds import FEMUR_LABEL, HIP_LABEL
from coxa.segmentation.local_contrast import bone_local_contrast
from coxa.volume import Volume

HEAD = np.array([-80.0, 0.0, 0.0])
DOWN = np.array([0.0, 0.0, -1.0])
NECK = unit([-1.0, 0.0, -0.8])
KNEE = HEAD + 45.0 * NECK
GRID = Grid((70, 60, 90), (1.5, 1.5, 1.5), np.array([-165.0, -45.0, -110.0]), np.eye(3))


def capsule(start, stop, radius):
    """Return the voxels within ``radius`` of a segment."""
    k, j, i = np.indices(GRID.shape)
    offset = GRID.points_from_indices(np.stack([i, j, k], axis=-1)) - start
    way = stop - start
    share = np.clip(offset @ way / (way @ way), 0, 1)
    return np.linalg.norm(offset - share[..., None] * way, axis=-1) < radius


@pytest.fixture(scope="module")
def made():
    """Return HU, metal, bone and the femur as the stem tells it; the neck is cut 30 mm from the head."""
    outer = capsule(HEAD + 20 * NECK, KNEE, 15) | capsule(KNEE, KNEE + 120 * DOWN, 15)
    inner = capsule(HEAD + 20 * NECK, KNEE, 12) | capsule(KNEE, KNEE + 120 * DOWN, 12)
    bone = outer & (along_and_around(HEAD, NECK, GRID)[0] >= 30)
    metal = capsule(HEAD, KNEE, 6) | capsule(KNEE, KNEE + 100 * DOWN, 6) | capsule(HEAD, HEAD + 1e-3, 14)
    hu = np.full(GRID.shape, 40, np.int16)
    hu[bone] = 900
    hu[bone & inner] = 150
    streak_reduced = hu.copy()
    hu[metal] = 3000
    femur = ResectedFemur(HEAD, NECK, DOWN, KNEE + 60 * DOWN, 30.0)
    return hu, streak_reduced, metal, bone, femur


def test_coordinates_along_and_around_an_axis_of_an_oblique_grid():
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    grid = Grid((4, 5, 6), (1.0, 2.0, 3.0), np.array([7.0, -3.0, 2.0]), turn)
    axis = unit([1.0, 2.0, -0.5])
    along, around = along_and_around(HEAD, axis, grid)
    offset = grid.points_from_indices([3, 1, 4]) - HEAD
    assert along[4, 1, 3] == pytest.approx(offset @ axis, abs=1e-3)
    assert around[4, 1, 3] == pytest.approx(np.linalg.norm(np.cross(axis, offset)), abs=1e-2)


@pytest.mark.parametrize("cut_mm", [24.0, 30.0, 38.0])
def test_the_neck_cut_is_found_where_bone_begins(made, cut_mm):
    hu, _, metal, _, _ = made
    ring = capsule(HEAD + 10 * NECK, KNEE + 20 * NECK, 16)
    scan = np.full_like(hu, 40)
    scan[ring & (along_and_around(HEAD, NECK, GRID)[0] >= cut_mm)] = 300
    scan[metal] = 3000
    assert find_neck_cut(Volume(scan, GRID), metal, HEAD, NECK) == pytest.approx(cut_mm, abs=1.5)


def test_the_femur_is_filled_up_to_the_cut_and_not_beyond(made):
    _, streak_reduced, metal, bone, femur = made
    local_contrast = bone_local_contrast(streak_reduced, GRID)
    solid = resected_solid(local_contrast.wall, local_contrast, metal, femur)
    along = along_and_around(HEAD, NECK, GRID)[0]
    assert not solid[along < 29].any()
    assert (solid & bone).sum() > 0.97 * bone.sum()
    assert (solid & ~bone & ~metal).sum() < 0.03 * bone.sum()


def test_cortex_that_the_stem_has_taken_leaves_no_hole(made):
    _, streak_reduced, metal, bone, femur = made
    shifted = capsule(KNEE + 40 * DOWN + [12.0, 0, 0], KNEE + 70 * DOWN + [12.0, 0, 0], 5)
    without = streak_reduced.copy()
    without[shifted] = 40
    local_contrast = bone_local_contrast(without, GRID)
    solid = resected_solid(local_contrast.wall, local_contrast, metal | shifted, femur)
    assert (solid & bone).sum() > 0.97 * bone.sum()


def test_seeds_follow_the_stem_and_not_the_joint(made):
    _, streak_reduced, metal, bone, femur = made
    beside = capsule(KNEE + 70 * DOWN + [35.0, 0, 0], KNEE + 95 * DOWN + [35.0, 0, 0], 4)
    streak_reduced = streak_reduced.copy()
    streak_reduced[beside] = 900
    side = Side.RIGHT
    seeds = np.where(beside, FEMUR_LABEL[side], 0).astype(np.uint8)
    seeds[capsule(KNEE + 80 * DOWN, KNEE + 90 * DOWN, 15) & bone] = HIP_LABEL[side]
    seed_beside_stems(seeds, bone_local_contrast(streak_reduced, GRID), metal, {side: femur})
    assert not seeds[beside].any()
    cortex = (streak_reduced == 900) & bone
    assert set(np.unique(seeds[cortex])) == {0, FEMUR_LABEL[side]}
    assert (seeds[cortex] == FEMUR_LABEL[side]).mean() > 0.5
    assert not seeds[~bone].any()
