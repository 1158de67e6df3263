"""Blocks around masks, and distances that are exact up to their reach."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from coxa.geometry import Grid
from coxa.geometry.blocks import (
    bounding_block,
    distance_to,
    distances_from,
    far_from,
    heights_along,
    margin_voxels,
    near_distance,
    within,
)

SPACING_KJI_MM = (1.5, 0.7, 0.9)
SIZE_KJI = (14, 40, 30)


@pytest.fixture(scope="module")
def scattered():
    return np.random.default_rng(5).random(SIZE_KJI) > 0.999


@pytest.fixture(scope="module")
def grid():
    return Grid(SIZE_KJI[::-1], SPACING_KJI_MM[::-1], np.zeros(3), np.eye(3))


@pytest.mark.parametrize("reach_mm", [0.5, 2.1, 4.5, 15.0])
@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_what_lies_beyond_a_distance_is_told_exactly_up_to_the_reach(scattered, reach_mm, share):
    beyond = near_distance(scattered, SPACING_KJI_MM, reach_mm).beyond(share * reach_mm)
    true_mm = distance_transform_edt(~scattered, sampling=SPACING_KJI_MM)
    told = np.abs(true_mm - share * reach_mm) > 1e-3
    assert scattered.sum() > 3
    assert told.mean() > 0.9
    assert np.array_equal(beyond[told], (true_mm > share * reach_mm)[told])


def test_an_infinite_spacing_along_k_measures_each_slice_by_itself(scattered):
    beyond = near_distance(scattered, (np.inf, *SPACING_KJI_MM[1:]), 5.0).beyond(5.0)
    for inside, far in zip(scattered, beyond, strict=True):
        true_mm = distance_transform_edt(~inside, sampling=SPACING_KJI_MM[1:]) if inside.any() else np.inf
        assert np.array_equal(far, np.broadcast_to(true_mm > 5.0, inside.shape))


@pytest.mark.parametrize("spacing_mm", [0.8, 0.7999999, 0.800000012])
def test_a_reach_of_whole_voxels_is_reached_however_the_spacing_was_rounded(spacing_mm):
    row = np.zeros((1, 1, 15), bool)
    row[0, 0, 7] = True
    for voxels in range(1, 7):
        assert far_from(row, (spacing_mm,) * 3, round(0.8 * voxels, 1)).sum() == 15 - (2 * voxels + 1)


def test_within_and_the_whole_distance_map_agree(scattered, grid):
    assert np.array_equal(within(scattered, grid, 3.3), distance_to(scattered, grid) <= 3.3)


def test_heights_and_distances_are_those_of_the_voxels_places_on_an_oblique_grid():
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    grid = Grid((5, 4, 3), (0.7, 0.9, 1.5), np.array([10.0, -20.0, 30.0]), turn)
    point, direction = np.array([12.0, -18.0, 29.0]), np.array([0.6, 0.0, -0.8])
    heights, distances = heights_along(point, direction, grid), distances_from(point, grid)
    for k, j, i in ((0, 0, 0), (2, 3, 4), (1, 0, 3)):
        offset = grid.points_from_indices(np.array([i, j, k])) - point
        assert heights[k, j, i] == pytest.approx(offset @ direction, abs=1e-5)
        assert distances[k, j, i] == pytest.approx(np.linalg.norm(offset), abs=1e-5)


def test_nothing_is_near_an_empty_mask(grid):
    assert not within(np.zeros(SIZE_KJI, bool), grid, 5.0).any()


def test_the_block_around_a_mask_has_its_margin_and_ends_with_the_array(grid):
    mask = np.zeros(SIZE_KJI, bool)
    mask[2, 10:15, 29] = True
    assert margin_voxels(2.0, grid) == (3, 4, 4)
    assert tuple(s.indices(n)[:2] for s, n in zip(bounding_block(mask, (3, 4, 4)), SIZE_KJI, strict=True)) == (
        (0, 6),
        (6, 19),
        (25, 30),
    )
    assert bounding_block(mask & False) is None
