"""Metal by hysteresis, the implant's hull, and streaks calmed for segmenting only."""

import numpy as np
import pytest

from coxa.geometry import Grid
from coxa.geometry.blocks import within
from coxa.segmentation.metal.artefacts import least_cortex_hu, reduce_metal_artefacts
from coxa.segmentation.metal.detection import LINER_MM, find_metal, implant_hull
from coxa.volume import Volume

GRID = Grid((60, 50, 40), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))


def blank(hu=40):
    return np.full(GRID.shape, hu, dtype=np.int16)


def test_metal_grows_from_certain_seeds_to_its_edge():
    hu = blank()
    hu[10:20, 10:20, 10:20] = 2200
    hu[14:16, 14:16, 14:16] = 2900
    assert np.array_equal(find_metal(hu, GRID), hu >= 2200)


def test_dense_cortex_is_not_metal():
    hu = blank()
    hu[10:20, 10:20, 10:20] = 1900
    hu[12:14, 12:14, 12:14] = 2300  # noise on an ivory cortex: above the edge, without a seed
    assert not find_metal(hu, GRID).any()


def test_a_bright_piece_without_a_seed_is_left_out_beside_real_metal():
    hu = blank()
    hu[5:12, 5:12, 5:12] = 3000
    hu[25:32, 25:32, 25:32] = 2200
    metal = find_metal(hu, GRID)
    assert metal[8, 8, 8]
    assert not metal[28, 28, 28]


def test_a_single_bright_voxel_is_not_an_implant():
    hu = blank()
    hu[20, 20, 20] = 3000
    assert not find_metal(hu, GRID).any()


@pytest.mark.parametrize(("gap_mm", "is_hull"), [(14, True), (24, False)])
def test_the_hull_holds_a_liner_but_not_the_space_between_two_implants(gap_mm, is_hull):
    assert (gap_mm < 2 * LINER_MM) == is_hull
    metal = np.zeros(GRID.shape, bool)
    metal[5:35, 5:45, 10:16] = True
    metal[5:35, 5:45, 16 + gap_mm : 22 + gap_mm] = True
    hull = implant_hull(metal, GRID)
    assert hull[metal].all()
    assert hull[20, 25, 16 + gap_mm // 2] == is_hull
    assert not hull[20, 25, :9].any()
    assert not implant_hull(np.zeros_like(metal), GRID).any()


def test_distances_count_millimetres_not_voxels():
    grid = Grid((21, 21, 21), (0.5, 1.0, 2.0), np.zeros(3), np.eye(3))
    point = np.zeros(grid.shape, bool)
    point[10, 10, 10] = True
    near = within(point, grid, 4.0)
    assert [int(near[:, 10, 10].sum()), int(near[10, :, 10].sum()), int(near[10, 10, :].sum())] == [5, 9, 17]
    assert not within(np.zeros_like(point), grid, 4.0).any()


def test_streaks_are_calmed_beside_metal_and_the_scan_is_not_touched():
    rng = np.random.default_rng(2)
    hu = blank() + rng.normal(0, 60, GRID.shape).astype(np.int16)
    hu[15:25, 20:30, 25:35] = 3000
    volume, metal = Volume(hu.copy(), GRID), hu >= 3000
    streak_reduced = reduce_metal_artefacts(volume, metal)
    assert np.array_equal(volume.hu, hu)
    assert np.abs(streak_reduced.hu[metal] - 40).max() < 60
    beside = np.s_[16:24, 21:29, 38:44]
    assert streak_reduced.hu[beside].std() < 0.5 * hu[beside].std()
    assert np.array_equal(streak_reduced.hu[:15], hu[:15])  # other slices carry no streaks
    assert reduce_metal_artefacts(volume, np.zeros_like(metal)) is volume


@pytest.mark.parametrize(("noise_hu", "kept"), [(5.0, True), (60.0, False)])
def test_thin_cortex_is_blurred_only_where_there_are_streaks_to_calm(noise_hu, kept):
    rng = np.random.default_rng(5)
    hu = (blank() + rng.normal(0, noise_hu, GRID.shape)).astype(np.int16)
    hu[:, 20:30, 25:35] = 3000
    hu[:, 10:40, 42] = 900
    streak_reduced = reduce_metal_artefacts(Volume(hu, GRID), hu >= 3000)
    contrast = streak_reduced.hu[20, 22:28, 42].mean() - streak_reduced.hu[20, 22:28, 44].mean()
    assert (contrast > 500) == kept


def test_cortex_must_be_brighter_beside_metal_than_far_from_it():
    metal = blank() > 1000
    metal[20, 25, 30] = True
    least = least_cortex_hu(metal, GRID)
    assert least[20, 25, 30] == 400
    assert 210 < least[20, 25, 30 + int(16 / GRID.spacing_mm[0])] < 400
    assert least[20, 25, 30 + int(25 / GRID.spacing_mm[0])] <= 210
    assert least_cortex_hu(np.zeros_like(metal), GRID) is None
