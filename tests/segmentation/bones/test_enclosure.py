"""A bone whose cortex has holes is filled; a ring stays open, and so does a bed that is known to be one."""

import numpy as np
import pytest

from coxa.geometry.grid import Grid
from coxa.segmentation.bones.enclosure import enclosed_share, fill_enclosed
from coxa.segmentation.bones.solid import fill_shell

SPACINGS = [(1.0, 1.0, 1.0), (1.2, 1.2, 5.0)]


def grid_of(spacing, size_mm=80.0):
    size = tuple(round(size_mm / s) for s in spacing)
    return Grid(size, spacing, np.zeros(3), np.eye(3))


def places(grid):
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    return np.moveaxis(grid.points_from_indices(np.stack([i, j, k], axis=-1)), -1, 0)


def fill(wall, grid, not_bone=None, deep_bed=None):
    nothing = np.zeros_like(wall)
    return fill_enclosed(wall, nothing, nothing if not_bone is None else not_bone, grid, deep_bed=deep_bed)


def drained_ball(grid):
    """Return the shell of a ball of 25 mm with five holes, each 18 mm wide, and the ball."""
    x, y, z = places(grid) - 40.0
    r = np.sqrt(x**2 + y**2 + z**2)
    thick = max(2.0, 1.2 * max(grid.spacing_mm))
    hole = (np.hypot(y, z) < 9) | (np.hypot(x, z) < 9) | ((np.hypot(x, y) < 9) & (z > 0))
    return (r < 25) & (r > 25 - thick) & ~hole, r < 25


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_shell_with_five_wide_holes_is_a_solid(spacing):
    grid = grid_of(spacing)
    wall, ball = drained_ball(grid)
    nothing = np.zeros_like(wall)
    assert dice(fill_shell(wall, nothing, grid), ball) < 0.75  # the flood drains it
    assert dice(fill(wall, grid), ball) > 0.9


def test_another_bone_inside_stays_another_bone():
    grid = grid_of((1.0, 1.0, 1.0))
    wall, _ = drained_ball(grid)
    x, y, z = places(grid) - 40.0
    other = np.sqrt(x**2 + y**2 + z**2) < 10
    assert not (fill(wall, grid, not_bone=other) & other).any()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_ring_as_the_obturator_foramen_stays_open(spacing):
    grid = grid_of(spacing)
    x, y, z = places(grid) - 40.0
    ring = (np.hypot(x, z) > 16) & (np.hypot(x, z) < 26) & (np.abs(y) < 6)
    assert not (fill(ring, grid) & (np.hypot(x, z) < 10)).any()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_the_bed_of_a_cup_stays_open_where_one_is_known(spacing):
    grid = grid_of(spacing)
    x, y, z = places(grid) - 40.0
    r = np.sqrt(x**2 + y**2 + z**2)
    bed = (r > 26) & (r < 26 + max(3.0, 1.2 * max(spacing))) & (z > 0)
    assert (fill(bed, grid) & (r < 24)).any()
    assert not (fill(bed, grid, deep_bed=np.ones_like(bed)) & (r < 24)).any()


def test_a_groove_of_a_sound_bone_is_not_filled():
    grid = grid_of((1.0, 1.0, 1.0))
    x, y, z = places(grid) - 40.0
    groove = np.sqrt(x**2 + y**2 + (z - 30.0) ** 2) < 26  # a socket in a block
    block = (np.abs(x) < 34) & (np.abs(y) < 34) & (np.abs(z) < 30) & ~groove
    assert (fill(block, grid) & groove).sum() < 0.02 * block.sum()


def test_half_of_the_directions_meet_an_endless_plane():
    wall = np.zeros((21, 21, 21), bool)
    wall[10] = True
    share = enclosed_share(wall, 4)
    assert share[9, 10, 10] == pytest.approx(9 / 26)  # the 9 of 26 that lead downward
    assert share[2, 10, 10] == 0.0
