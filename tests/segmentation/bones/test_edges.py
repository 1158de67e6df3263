"""Where bone ends among the voxels of its rim: cortex thinner than the scan's blur must not grow outward."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from coxa.geometry import Grid
from coxa.segmentation.bones.edges import edge_level_hu, settle_edges

SOFT, MARROW, COMPACT = 40.0, 60.0, 1000.0
BONE, OTHER = 1, 2
BLUR_MM = 0.5


def profile(cortex_mm: float, blur_mm: float, marrow_hu: float = MARROW, compact_hu: float = COMPACT):
    """HU every 0.01 mm from 10 mm outside the bone to 10 mm inside, and where its edge is."""
    depth = np.arange(-10, 10, 0.01)
    hu = np.where(depth < 0, SOFT, np.where(depth < cortex_mm, compact_hu, marrow_hu))
    return ndi.gaussian_filter1d(hu, blur_mm / 0.01), depth


def shift_mm(hu, depth, level: float) -> float:
    """Where a level is first reached, inward of the true edge."""
    return float(depth[np.argmax(hu >= level)])


@pytest.mark.parametrize(
    ("blur_mm", "marrow_hu"), [(0.3, 0.0), (0.3, 250.0), (0.5, 60.0), (0.5, 250.0), (0.8, 0.0), (0.8, 60.0)]
)
@pytest.mark.parametrize("cortex_mm", [0.6, 1.0, 1.5, 2.5, 5.0])
def test_the_level_is_met_at_the_edge_whatever_cortex_and_blur(cortex_mm, blur_mm, marrow_hu):
    hu, depth = profile(cortex_mm, blur_mm, marrow_hu)
    level = edge_level_hu(np.array([hu.max()]), np.array([marrow_hu]), COMPACT)[0]
    assert abs(shift_mm(hu, depth, level)) < 0.06


def test_half_of_the_peak_lies_outside_a_thin_cortex():
    hu, depth = profile(cortex_mm=0.8, blur_mm=BLUR_MM)
    assert shift_mm(hu, depth, 0.5 * (SOFT + hu.max())) < -0.2


@pytest.mark.parametrize("bone_hu", [220.0, 600.0, 1000.0, 1300.0])
def test_bone_without_a_denser_cortex_ends_at_half_its_height(bone_hu):
    bone = np.array([bone_hu])
    assert edge_level_hu(bone, bone, COMPACT) == pytest.approx(0.5 * (SOFT + bone_hu))


def ball(cortex_mm: float, spacing=(0.8, 0.8, 1.0), radius_mm=20.0, grow_mm=0.0, noise_hu=0.0):
    """A ball of bone as scanned, its labels grown by so much, and which voxels are bone in truth."""
    size = tuple(int(2 * (radius_mm + 8) / s) for s in spacing)
    grid = Grid(size, spacing, -0.5 * np.array(size) * np.array(spacing), np.eye(3))
    fine = 3  # samples along each axis of a voxel
    i, j, k = (
        (np.arange(n * fine) + 0.5) / fine * s - 0.5 * n * s - 0.5 * s for n, s in zip(size, spacing, strict=True)
    )
    depth = radius_mm - np.sqrt(k[:, None, None] ** 2 + j[None, :, None] ** 2 + i[None, None, :] ** 2)
    hu = np.where(depth < 0, SOFT, np.where(depth < cortex_mm, COMPACT, MARROW))
    blur_mm = (max(BLUR_MM, 0.42 * spacing[2]), BLUR_MM, BLUR_MM)  # across slices as wide as a slice at half height
    hu = ndi.gaussian_filter(hu, [b * fine / s for b, s in zip(blur_mm, spacing[::-1], strict=True)])
    middle = (slice(fine // 2, None, fine),) * 3
    scanned = hu[middle] + np.random.default_rng(1).normal(0, noise_hu, grid.shape)
    return np.round(scanned).astype(np.int16), grid, (depth[middle] > -grow_mm).astype(np.uint8), depth[middle] > 0


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.7, 0.7, 2.0)])
@pytest.mark.parametrize("grow_mm", [0.4, 0.0])
@pytest.mark.parametrize("cortex_mm", [0.9, 1.5, 3.0])
def test_a_mask_that_is_too_large_settles_on_the_truth(cortex_mm, grow_mm, spacing):
    hu, grid, labels, true = ball(cortex_mm, spacing, grow_mm=grow_mm, noise_hu=18.0)
    settle_edges(labels, hu, grid, (BONE,), np.zeros(grid.shape, bool), COMPACT)
    thickness_mm = (labels.sum() / true.sum() - 1) * 20.0 / 3
    # a voxel goes whole or stays: what noise takes from a mask without excess grows with the slices' width
    assert abs(thickness_mm) < 0.1 * max(spacing)
    assert ndi.label(labels == 0)[1] == 1  # no holes
    assert np.abs(labels.astype(int) - true).mean() < 0.01


def test_bone_that_reaches_the_level_stays():
    hu, grid, labels, _ = ball(cortex_mm=3.0, grow_mm=-0.4)
    before = labels.copy()
    settle_edges(labels, hu, grid, (BONE,), np.zeros(grid.shape, bool), COMPACT)
    assert np.array_equal(labels, before)


def test_what_faces_another_bone_or_lies_beside_metal_stays():
    hu, grid, labels, _ = ball(cortex_mm=0.9, grow_mm=0.6)
    half = grid.shape[2] // 2
    other = np.zeros(grid.shape, bool)
    other[..., :half] = True
    labels[(labels == 0) & other] = OTHER
    unsure = np.zeros(grid.shape, bool)
    unsure[: grid.shape[0] // 2] = True
    before = labels.copy()
    settle_edges(labels, hu, grid, (BONE,), unsure, COMPACT)
    changed = labels != before
    assert changed.any()
    assert not changed[other | unsure].any()


def test_a_sheet_of_two_thin_cortices_keeps_its_middle():
    grid = Grid((40, 40, 30), (0.8, 0.8, 1.0), np.zeros(3), np.eye(3))
    depth = np.abs(np.arange(300) - 150) / 10 * 1.0
    across = ndi.gaussian_filter1d(np.where(depth < 0.6, COMPACT, SOFT), BLUR_MM * 10)[5::10]
    noise = np.random.default_rng(2).normal(0, 18, grid.shape)
    hu = np.round(across[:, None, None] + noise).astype(np.int16)
    labels = np.broadcast_to((np.abs(np.arange(30) - 14.5) < 2)[:, None, None], grid.shape).astype(np.uint8)
    settle_edges(labels, hu, grid, (BONE,), np.zeros(grid.shape, bool), COMPACT)
    assert labels[14:16].any(axis=0).all()


def test_a_bone_that_is_absent_is_passed_over():
    hu, grid, labels, _ = ball(cortex_mm=2.0)
    empty = np.zeros_like(labels)
    settle_edges(empty, hu, grid, (BONE,), np.zeros(grid.shape, bool), COMPACT)
    assert not empty.any()
