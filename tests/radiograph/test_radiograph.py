"""Metal balls at known places: where they must be seen, and how large."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.errors import InputRefusedError
from coxa.geometry import Grid, RigidTransform
from coxa.radiograph import (
    SOFT_TISSUE_SHARE,
    ConeBeam,
    ParallelBeam,
    View,
    pelvic_centring_point,
    project,
    view_around,
)
from coxa.volume import Volume

BALL_RADIUS_MM = 6.0
BALLS = {
    "left, in front": (50.0, -40.0, 30.0),
    "right, behind": (-45.0, 45.0, -25.0),
    "left, at the object plane": (60.0, 0.0, -30.0),
    "right, at the object plane": (-60.0, 0.0, 35.0),
}
"""(left, posterior, superior) in the frame, mm."""
PLACES = np.array(list(BALLS.values()))
GRIDS = {
    "LPS": np.eye(3),
    "RAS": np.diag([-1.0, -1.0, 1.0]),
    "LAS": np.diag([1.0, -1.0, 1.0]),
    "coronal slices": np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]),
    "oblique": Rotation.from_euler("zyx", [17.0, -11.0, 23.0], degrees=True).as_matrix(),
}
TILTED = RigidTransform.from_axes(
    Rotation.from_euler("zyx", [10.0, -8.0, 12.0], degrees=True).as_matrix(), [300.0, -120.0, 900.0]
)


@lru_cache
def balls(grid_name, spacing=(2.1, 2.1, 2.5)):
    """A scan with steel balls in air about the tilted frame's origin; voxels at a ball's edge are filled in part."""
    direction = GRIDS[grid_name]
    size = tuple(int(n) for n in 160.0 * np.sqrt(1.4) / np.array(spacing))
    origin = TILTED.origin - direction @ ((np.array(size) - 1) / 2 * spacing)
    grid = Grid(size, spacing, origin, direction)
    k, j, i = np.indices(grid.shape)
    points = grid.points_from_indices(np.stack([i, j, k], -1))
    gap = np.min([np.linalg.norm(points - p, axis=-1) for p in TILTED.points(PLACES)], axis=0) - BALL_RADIUS_MM
    return Volume(np.int16(-1000 + 3000 * np.clip(0.5 - gap / 2.0, 0, 1)), grid)


def seen(radiograph, near_xy, radius_px):
    """Centroid (x, y) and area in pixels of the shadow near a pixel."""
    rows, columns = np.indices(radiograph.water_mm.shape)
    weight = radiograph.water_mm * (np.hypot(columns - near_xy[0], rows - near_xy[1]) < radius_px)
    centroid = [(weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()]
    return np.array(centroid), float((weight > 3.0).sum())


def view(beam, mm_per_px=0.5):
    return View(TILTED, (0.0, 0.0, 0.0), 361, 241, mm_per_px, beam)


@pytest.mark.parametrize("grid_name", GRIDS)
def test_parallel_rays_put_every_ball_at_its_true_place_whatever_its_depth(grid_name):
    picture = project(balls(grid_name), view(ParallelBeam()))
    for left, _, superior in PLACES:
        # The picture's middle is pixel (180, 120); the patient's left is to the right, superior is up.
        expected = np.array([180.0 + left / 0.5, 120.0 - superior / 0.5])
        centroid, area = seen(picture, expected, 24)
        np.testing.assert_allclose(centroid, expected, atol=0.3)
        assert area * 0.25 == pytest.approx(np.pi * BALL_RADIUS_MM**2, rel=0.12)


@pytest.mark.parametrize("grid_name", GRIDS)
def test_a_cone_of_rays_magnifies_by_the_distances_alone(grid_name):
    picture = project(balls(grid_name), view(ConeBeam(1200.0, 1000.0), mm_per_px=0.6))
    for left, posterior, superior in PLACES:
        magnification = 1200.0 / (1000.0 + posterior)
        expected = np.array([180.0 + magnification * left / 0.6, 120.0 - magnification * superior / 0.6])
        centroid, area = seen(picture, expected, 24)
        np.testing.assert_allclose(centroid, expected, atol=0.3)
        assert area * 0.36 == pytest.approx(np.pi * (magnification * BALL_RADIUS_MM) ** 2, rel=0.12)
    pair = picture.view.pixels_from_points(TILTED.points(PLACES[2:]))
    assert (pair[0, 0] - pair[1, 0]) * 0.6 == pytest.approx(1.2 * 120.0)


def test_what_is_in_front_is_larger_than_what_is_behind():
    beam = ConeBeam()
    assert beam.magnification(0.0) == pytest.approx(1.2)
    assert beam.magnification(-50.0) > beam.magnification(0.0) > beam.magnification(50.0)


@pytest.mark.parametrize("beam", [ParallelBeam(), ConeBeam()], ids=["parallel", "cone"])
def test_from_pixel_back_into_the_plane_of_the_point(beam):
    picture = view(beam)
    for place in PLACES:
        point = TILTED.points(place)
        back = picture.points_from_pixels(picture.pixels_from_points(point), posterior_mm=place[1])
        np.testing.assert_allclose(back[0], point, atol=1e-9)
    # Two pixels right and one up of the middle is left and superior of the centre, in its own plane.
    moved = TILTED.inverse().points(picture.points_from_pixels([[182.0, 119.0]]))[0]
    true_mm = 0.5 / float(beam.magnification(0.0))
    np.testing.assert_allclose(moved, [2 * true_mm, 0.0, true_mm], atol=1e-9)


@pytest.mark.parametrize("beam", [ParallelBeam(), ConeBeam()], ids=["parallel", "cone"])
def test_brightness_is_the_path_through_what_attenuates(beam):
    picture = project(balls("LPS", (1.6, 1.6, 2.0)), view(beam))
    x, y = np.rint(picture.view.pixels_from_points(TILTED.points(PLACES[2]))[0]).astype(int)
    metal_per_mm = SOFT_TISSUE_SHARE * 1.15 + (3.0 - 1.15)
    assert picture.water_mm[y, x] == pytest.approx(2 * BALL_RADIUS_MM * metal_per_mm, rel=0.1)
    assert picture.water_mm[0, 0] == 0.0


def test_only_the_depth_asked_for_is_looked_through():
    picture = project(balls("LPS"), view(ParallelBeam()), depth_mm=(-60.0, -20.0))
    shown = picture.view.pixels_from_points(TILTED.points(PLACES))
    brightness = [picture.water_mm[round(y), round(x)] for x, y in shown]
    assert brightness[0] > 10.0
    assert brightness[1:] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("beam", [ParallelBeam(), ConeBeam()], ids=["parallel", "cone"])
def test_a_view_around_points_keeps_them_and_their_margin_in_the_picture(beam):
    around = view_around(TILTED.points(PLACES), TILTED, margin_mm=20.0, beam=beam)
    pixels = around.pixels_from_points(TILTED.points(PLACES))
    room = 20.0 / around.mm_per_px - 1.0
    assert pixels.min() >= room
    assert (pixels <= np.array([around.columns, around.rows]) - room).all()


def test_the_central_ray_meets_the_pelvis_midway_between_spines_and_symphysis():
    asis, symphysis = [[120.0, 2.0, 0.0], [-124.0, -2.0, 0.0]], [1.0, 20.0, -100.0]
    hips = [[87.0, 50.0, -72.0], [-87.0, 58.0, -70.0]]
    level = RigidTransform.from_axes(np.eye(3), np.zeros(3))
    np.testing.assert_allclose(pelvic_centring_point(asis, symphysis, level, hips), [-0.5, 54.0, -50.0])
    np.testing.assert_allclose(pelvic_centring_point(asis, symphysis, level), [-0.5, 53.0, -50.0])


def test_impossible_geometry_is_refused():
    with pytest.raises(InputRefusedError, match="positive distances"):
        ConeBeam(1000.0, 1200.0)
    with pytest.raises(InputRefusedError, match="positive sizes"):
        View(TILTED, (0.0, 0.0, 0.0), 0, 10, 0.5)
