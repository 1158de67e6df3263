import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.labels import Segmentation
from coxa.report.drawing.slices import (
    OUTSIDE_SCAN,
    Cut,
    Plane,
    cut_plane,
    draw_cut,
    edge_letters,
    grey,
    labels_on,
    mesh_section,
    outlines,
    reformat,
)
from coxa.volume import Volume
from tests.report.made_case import ball, grid

DIRECTIONS = {
    "LPS": np.eye(3),
    "RAS": np.diag([-1.0, -1.0, 1.0]),
    "LAS": np.diag([1.0, -1.0, 1.0]),
    "permuted": np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]]),
    "oblique": Rotation.from_euler("zyx", [20, -15, 10], degrees=True).as_matrix(),
}
SPOT = np.array([24.0, -15.0, 9.0])


def spotted(direction):
    """A bright spot 24 mm left, 15 mm anterior, 9 mm superior of the centre, on voxels 1.5 x 2 x 3 mm."""
    g = grid(direction, (90, 70, 40), (1.5, 2.0, 3.0))
    k, j, i = np.indices(g.shape)
    distance = np.linalg.norm(g.points_from_indices(np.stack([i, j, k], -1)) - SPOT, axis=-1)
    return Volume((1000 * np.exp(-((distance / 4.0) ** 2))).astype(np.int16), g), distance < 6


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS)
@pytest.mark.parametrize(
    ("cut", "right_mm", "down_mm"), [(Cut.AXIAL, 24, -15), (Cut.CORONAL, 24, -9), (Cut.SAGITTAL, -15, -9)]
)
def test_a_spot_appears_at_its_place_on_any_grid(direction, cut, right_mm, down_mm):
    """Patient's left is right and anterior is up on axial cuts; superior is up and anterior left on sagittal ones."""
    volume, near = spotted(direction)
    plane = cut_plane(
        cut, SPOT * {"axial": (0, 0, 1), "coronal": (0, 1, 0), "sagittal": (1, 0, 0)}[cut], 80.0, (161, 121)
    )
    hu = np.nan_to_num(reformat(volume, plane))
    bright = np.clip(hu - 0.5 * hu.max(), 0, None)
    rows, columns = np.indices(hu.shape)
    seen = np.array([(bright * columns).sum(), (bright * rows).sum()]) / bright.sum()
    expected = np.array([80, 60]) + np.array([right_mm, down_mm]) * 161 / 80
    np.testing.assert_allclose(seen, expected, atol=1.0)
    np.testing.assert_allclose(plane.pixels_from_points(SPOT)[0], expected, atol=1e-9)
    labels = labels_on(Segmentation(near.astype(np.uint8), volume.grid), plane)
    rows, columns = np.nonzero(labels)
    np.testing.assert_allclose([columns.mean(), rows.mean()], expected, atol=2.0)


@pytest.mark.parametrize(("cut", "letters"), [(Cut.AXIAL, "RLAP"), (Cut.CORONAL, "RLSI"), (Cut.SAGITTAL, "APSI")])
def test_letters_name_the_edges(cut, letters):
    """In the order left, right, top, bottom of the picture."""
    assert "".join(edge_letters(cut_plane(cut, np.zeros(3), 100.0, (10, 10)))) == letters


def test_the_letters_are_drawn_at_the_edges():
    volume, _ = spotted(np.eye(3))
    blank = Volume(np.full(volume.grid.shape, -1000, np.int16), volume.grid)
    pixels = draw_cut(blank, cut_plane(Cut.AXIAL, np.zeros(3), 80.0, (200, 200)), "").finish()
    lit = pixels.min(-1) > 150
    assert lit[80:120, :30].any() and lit[80:120, -30:].any() and lit[:30, 80:120].any() and lit[-30:, 90:120].any()
    assert not lit[60:140, 40:160].any()


def test_outside_the_scan_is_not_shown_as_air():
    volume, _ = spotted(np.eye(3))
    hu = reformat(volume, cut_plane(Cut.AXIAL, np.zeros(3), 400.0, (100, 100)))
    assert np.isnan(hu[0, 0]) and np.isfinite(hu[50, 50])
    assert tuple(grey(hu)[0, 0]) == OUTSIDE_SCAN


def test_the_bone_window_runs_from_minus_450_to_1050():
    levels = grey(np.array([[-450.0, 300.0, 1050.0, 3000.0]], np.float32))[0, :, 0]
    assert levels.tolist() == [0, 128, 255, 255]


def test_a_section_of_a_ball_is_its_circle():
    plane = cut_plane(Cut.CORONAL, [3.0, 6.0, -2.0], 100.0, (200, 160))
    section = mesh_section(ball([0, 0, 0], 10.0, 60), plane)
    radius = np.linalg.norm(section.reshape(-1, 2) - plane.pixels_from_points([0, 0, 0]), axis=1) * plane.mm_per_px
    np.testing.assert_allclose(radius, 8.0, atol=0.05)
    assert np.linalg.norm(section[:, 1] - section[:, 0], axis=1).sum() * plane.mm_per_px == pytest.approx(
        16 * np.pi, rel=0.01
    )
    assert len(mesh_section(ball([0, 30, 0], 10.0), plane)) == 0


def test_an_outline_follows_the_mask():
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:60] = True
    (line,) = outlines(mask, 0.8)
    np.testing.assert_allclose([line[:, 0].min(), line[:, 0].max()], [29.5, 59.5], atol=0.3)
    np.testing.assert_allclose([line[:, 1].min(), line[:, 1].max()], [19.5, 39.5], atol=0.3)
    assert outlines(np.zeros((5, 5), bool)) == []


def test_a_plane_knows_its_own_pixels():
    plane = Plane(np.array([1.0, 2, 3]), np.array([0.0, 1, 0]), np.array([0.0, 0, -1]), 0.5, 7, 5)
    np.testing.assert_allclose(plane.points()[2, 3], [1, 2, 3])
    np.testing.assert_allclose(plane.points()[0, 6], [1, 3.5, 4])
    np.testing.assert_allclose(plane.pixels_from_points(plane.points()[4, 1])[0], [1, 4])
