"""The half-maximum rule: where a bone's edge is does not depend on how dense the bone is."""

import numpy as np
import pytest

from coxa.geometry import Grid
from coxa.segmentation.local_contrast import SOFT_TISSUE_HU, bone_local_contrast


def slab(bone_hu: float, edge_at: float, spacing=(0.5, 0.5, 0.5)):
    """Bone from voxel index ``edge_at`` on along i, with the edge smeared over 2 mm as a scanner does."""
    grid = Grid((40, 6, 6), spacing, np.zeros(3), np.eye(3))
    share = np.clip((np.arange(40) - edge_at) / 4 + 0.5, 0, 1)
    hu = float(SOFT_TISSUE_HU) + share * (bone_hu - float(SOFT_TISSUE_HU))
    return np.broadcast_to(np.round(hu).astype(np.int16), grid.shape), grid


@pytest.mark.parametrize("bone_hu", [260, 500, 900, 1350])
def test_the_edge_lies_at_half_the_height_whatever_the_density(bone_hu):
    hu, grid = slab(bone_hu, edge_at=19.5)
    shell = bone_local_contrast(hu, grid).shell[3, 3]
    assert not shell[:20].any()
    assert shell[20:].all()


def test_the_wall_is_wider_than_the_shell_and_holds_it():
    hu, grid = slab(900, edge_at=19.5)
    local_contrast = bone_local_contrast(hu, grid)
    assert local_contrast.wall[local_contrast.shell].all()
    assert local_contrast.wall.sum() > local_contrast.shell.sum()


def test_soft_tissue_with_noise_has_no_relief():
    grid = Grid((30, 30, 30), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
    hu = np.random.default_rng(0).normal(50, 25, grid.shape).astype(np.int16)
    assert not bone_local_contrast(hu, grid).values.any()


def test_metal_nearby_does_not_hide_dense_cortex():
    hu, grid = slab(1200, edge_at=19.5)
    hu = hu.copy()
    hu[:, :, 34:] = 3000
    assert bone_local_contrast(hu, grid).shell[3, 3, 24:34].all()


def test_a_voxel_is_judged_against_the_brightest_within_reach_along_every_axis():
    grid = Grid((15, 15, 15), (1.0, 1.0, 1.5), np.zeros(3), np.eye(3))
    hu = np.full(grid.shape, 240, np.int16)
    hu[7, 7, 7] = 1040
    values = bone_local_contrast(hu, grid).values
    k, j, i = (np.abs(n - 7) for n in np.indices(grid.shape))
    near = (k <= 2) & (j <= 3) & (i <= 3)
    assert np.allclose(values[near & (k + j + i > 0)], 0.2)
    assert (values[~near] == 1.0).all()


def test_a_joint_space_between_two_bright_walls_is_dark():
    grid = Grid((30, 6, 6), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
    hu = np.full(grid.shape, 900, np.int16)
    hu[:, :, 15] = 300  # 1 mm wide, partly filled by its walls
    values = bone_local_contrast(hu, grid).values
    assert values[3, 3, 15] < 0.33
    assert values[3, 3, 13] == 1.0
