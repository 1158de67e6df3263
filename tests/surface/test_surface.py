"""Surfaces of masks against shapes of known volume and place."""

import numpy as np
import pytest

from coxa.anatomy import LABELS, METAL_PART_LABELS, UNKNOWN, UNKNOWN_LABEL
from coxa.errors import SegmentationError
from coxa.geometry import Grid
from coxa.labels import Segmentation
from coxa.surface import extract_surface, extract_surfaces

CENTRE_LPS_MM, RADIUS_MM = np.array([31.4, -12.2, 55.7]), 17.0


def ball_and_mark(direction=None, spacing=(0.9, 0.9, 1.2), count=(56, 56, 44)):
    """A ball as hip_left, and a small ball 24 mm further left (+x) as metal: the mark that tells a mirror."""
    turn = np.eye(3) if direction is None else np.asarray(direction, float)
    half = 0.5 * (np.array(count) - 1) * spacing
    grid = Grid(count, spacing, CENTRE_LPS_MM - turn @ half, turn)
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.points_from_indices(np.stack([i, j, k], axis=-1))
    labels = np.zeros(grid.shape, np.uint8)
    labels[np.linalg.norm(points - CENTRE_LPS_MM, axis=-1) < RADIUS_MM] = 1
    labels[np.linalg.norm(points - CENTRE_LPS_MM - [21.0, 0, 0], axis=-1) < 3.0] = 6
    return Segmentation(labels, grid)


def is_closed(mesh):
    """Every directed edge has its reverse, once."""
    a, b = (np.concatenate([mesh.faces[:, n] for n in order]) for order in ((0, 1, 2), (1, 2, 0)))
    count = len(mesh.vertices_lps_mm)
    there, back = np.sort(a * count + b), np.sort(b * count + a)
    return np.array_equal(there, back) and len(np.unique(there)) == len(there)


FLIP_X = np.diag([-1.0, 1.0, 1.0])
SWAP = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


DIRECTIONS = {"LPS": np.eye(3), "RPS": FLIP_X, "PLS": SWAP, "oblique": TURN, "left-handed oblique": FLIP_X @ TURN}


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS)
def test_a_ball_comes_back_closed_outward_in_place_and_not_mirrored(direction):
    segmentation = ball_and_mark(direction)
    meshes = extract_surfaces(segmentation)
    assert set(meshes) == {"hip_left", "metal"}
    ball = meshes["hip_left"]
    mask_ml = segmentation.mask("hip_left").sum() * segmentation.grid.voxel_volume_ml
    assert is_closed(ball)
    assert ball.volume_ml == pytest.approx(mask_ml, rel=0.01)  # positive: normals point outward
    off_mm = np.abs(np.linalg.norm(ball.vertices_lps_mm - CENTRE_LPS_MM, axis=1) - RADIUS_MM)
    assert np.percentile(off_mm, 95) <= 0.5 * min(segmentation.grid.spacing_mm)
    mark = meshes["metal"].vertices_lps_mm.mean(axis=0) - CENTRE_LPS_MM
    assert mark == pytest.approx([21.0, 0.0, 0.0], abs=0.3)


def test_the_volume_error_is_reported():
    surface = extract_surface(ball_and_mark(), "hip_left")
    mask_ml = ball_and_mark().mask("hip_left").sum() * 0.9 * 0.9 * 1.2 / 1000
    assert surface.volume_error == pytest.approx((surface.mesh.volume_ml - mask_ml) / mask_ml)
    assert abs(surface.volume_error) <= 0.01


def test_a_structure_cut_by_the_border_is_closed_there():
    grid = Grid((30, 30, 20), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 10:20, 10:20] = 4
    mesh = extract_surfaces(Segmentation(labels, grid))["femur_left"]
    assert is_closed(mesh)
    assert mesh.vertices_lps_mm[:, 2].min() == pytest.approx(-0.5, abs=0.15)
    assert mesh.vertices_lps_mm[:, 2].max() == pytest.approx(19.5, abs=0.15)


def test_an_absent_structure_has_no_surface_and_asking_for_it_is_refused():
    with pytest.raises(SegmentationError, match="sacrum"):
        extract_surface(ball_and_mark(), "sacrum")


def test_metal_is_one_surface_with_all_its_parts_and_the_unknown_has_none():
    made = ball_and_mark()
    labels = made.labels.copy()
    whole = labels == 6
    half = np.arange(labels.shape[0])[:, None, None] < labels.shape[0] // 2
    labels[whole & half] = 13
    labels[labels == 1] = UNKNOWN_LABEL
    names = {**LABELS, **METAL_PART_LABELS, UNKNOWN_LABEL: UNKNOWN}
    parts = Segmentation(labels, made.grid, names)
    assert np.array_equal(parts.mask("metal"), whole)
    assert 0 < parts.mask("head_left").sum() < whole.sum()
    assert parts.values_of("metal")[0] == 6
    meshes = extract_surfaces(parts)
    assert set(meshes) == {"metal"}
    assert meshes["metal"].volume_ml == pytest.approx(extract_surface(made, "metal").mesh.volume_ml)
