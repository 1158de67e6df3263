import numpy as np
import pytest

from coxa.geometry import Grid

ORIENTATIONS = {
    "LPS": np.eye(3),
    "RAS": np.diag([-1.0, -1.0, 1.0]),
    "LAS": np.diag([1.0, -1.0, 1.0]),
    "oblique": np.linalg.qr(np.array([[1.0, 0.2, 0.1], [-0.1, 1.0, 0.3], [0.0, -0.2, 1.0]]))[0],
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]),
}


def grid_of(direction: np.ndarray) -> Grid:
    return Grid((5, 6, 7), (0.8, 0.9, 2.5), [10.0, -20.0, 30.0], direction)


@pytest.mark.parametrize("direction", ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_one_step_along_i_moves_along_the_first_direction_column(direction):
    grid = grid_of(direction)
    step = grid.points_from_indices([1, 0, 0]) - grid.points_from_indices([0, 0, 0])
    assert step == pytest.approx(0.8 * direction[:, 0])
    assert grid.indices_from_points(grid.points_from_indices([1.5, 2.0, 3.25])) == pytest.approx([1.5, 2.0, 3.25])


@pytest.mark.parametrize("direction", ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_reoriented_grid_runs_left_posterior_superior_over_the_same_voxels(direction):
    grid = grid_of(direction)
    axes, flips = grid.axes_nearest_lps()
    turned = grid.reoriented(axes, flips)
    assert (np.diag(turned.direction) > 0.5).all()
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    here = grid.points_from_indices(corners * (np.array(grid.size) - 1))
    there = turned.points_from_indices(corners * (np.array(turned.size) - 1))
    assert np.sort(here.round(6), axis=0) == pytest.approx(np.sort(there.round(6), axis=0))


def test_array_shape_is_slices_first_and_crop_keeps_places():
    grid = grid_of(np.eye(3))
    assert grid.shape == (7, 6, 5)
    assert grid.voxel_volume_ml == pytest.approx(0.8 * 0.9 * 2.5 / 1000)
    block = grid.crop([1, 2, 3], [2, 2, 2])
    assert block.points_from_indices([0, 0, 0]) == pytest.approx(grid.points_from_indices([1, 2, 3]))
    assert not block.matches(grid)
    assert grid.matches(Grid(grid.size, grid.spacing_mm, grid.origin_lps_mm + 0.001, grid.direction))
    assert not grid.matches(Grid(grid.size, (0.8, 0.9, 2.51), grid.origin_lps_mm, grid.direction))


@pytest.mark.parametrize(
    ("size", "spacing", "direction", "match"),
    [
        ((0, 1, 1), (1, 1, 1), np.eye(3), "positive sizes"),
        ((2, 2, 2), (1, 0, 1), np.eye(3), "positive spacings"),
        ((2, 2, 2), (1, 1, 1), np.array([[1, 0.2, 0], [0, 1, 0], [0, 0, 1.0]]), "orthonormal"),
    ],
)
def test_impossible_grids_are_refused(size, spacing, direction, match):
    with pytest.raises(ValueError, match=match):
        Grid(size, spacing, [0, 0, 0], direction)
