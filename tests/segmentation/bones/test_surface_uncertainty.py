"""The uncertainty of a surface against edges of known place and sharpness."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from coxa.geometry import Grid
from coxa.segmentation.bones.surface_uncertainty import (
    UNSUPPORTED_MM,
    point_uncertainties_mm,
    surface_uncertainty,
    surface_voxels,
)

GRID = Grid((60, 60, 60), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
RADIUS_MM, NOISE_HU = 18.0, 20.0
ALONE = np.zeros(GRID.shape, dtype=bool)


def ball(radius_mm):
    return np.linalg.norm(np.indices(GRID.shape) - 29.5, axis=0) <= radius_mm


def scan(contrast_hu=500.0, blur_mm=0.6):
    """A ball of bone in soft tissue, blurred, with noise."""
    edge = ndi.gaussian_filter(ball(RADIUS_MM).astype(float), blur_mm) * contrast_hu
    return np.round(edge + np.random.default_rng(0).normal(50, NOISE_HU, GRID.shape)).astype(np.int16)


def test_a_true_surface_is_known_to_half_a_voxel():
    found = surface_uncertainty(ball(RADIUS_MM), ALONE, scan(), GRID)
    assert found.p50_mm <= found.p90_mm <= 0.6


@pytest.mark.parametrize("off_mm", [-2.0, -1.0, 1.0, 2.0])
def test_a_surface_beside_the_edge_is_doubted_by_its_distance(off_mm):
    found = surface_uncertainty(ball(RADIUS_MM + off_mm), ALONE, scan(), GRID)
    assert found.p50_mm == pytest.approx(abs(off_mm), abs=0.4)


def test_where_the_edge_is_lost_in_noise_the_surface_is_not_supported():
    found = surface_uncertainty(ball(RADIUS_MM), ALONE, scan(contrast_hu=0.0), GRID)
    assert found.p50_mm == UNSUPPORTED_MM


def test_a_weak_blurred_edge_is_less_sure_than_a_sharp_one():
    sharp, soft = (
        surface_uncertainty(ball(RADIUS_MM), ALONE, scan(c, b), GRID) for c, b in ((500.0, 0.6), (120.0, 1.5))
    )
    assert soft.p90_mm > 1.3 * sharp.p90_mm


def test_uncertainty_is_local():
    """Half of the ball is given 2 mm too large: only there it is unreliable."""
    mask = ball(RADIUS_MM)
    mask[:, :, 30:] = ball(RADIUS_MM + 2.0)[:, :, 30:]
    kji = surface_voxels(mask)
    kji = kji[np.abs(kji[:, 2] - 29.5) > 4]
    at_mm = point_uncertainties_mm(mask, scan(), GRID, kji)
    wrong = kji[:, 2] > 30
    assert np.median(at_mm[wrong]) > 1.6
    assert np.median(at_mm[~wrong]) < 0.6


def test_a_speck_has_no_surface_to_speak_of():
    assert surface_uncertainty(ball(2.0), ALONE, scan(), GRID) is None


def test_surface_that_faces_another_bone_across_one_voxel_is_not_judged():
    """A second bone touches the ball's right half, so the scan shows no edge there; the left half stays known."""
    beside = np.indices(GRID.shape)[2] >= 30
    bone = (ball(RADIUS_MM) | beside).astype(float)
    hu = np.round(500 * ndi.gaussian_filter(bone, 0.6) + np.random.default_rng(0).normal(50, NOISE_HU, GRID.shape))
    neighbour = beside & ~ball(RADIUS_MM)
    alone = surface_uncertainty(ball(RADIUS_MM), ALONE, hu.astype(np.int16), GRID)
    found = surface_uncertainty(ball(RADIUS_MM), neighbour, hu.astype(np.int16), GRID)
    assert alone.p90_mm == UNSUPPORTED_MM
    assert found.p90_mm <= 0.6
