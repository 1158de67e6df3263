import numpy as np
import pytest

from coxa.errors import FitError
from coxa.geometry.sphere_search import ExpectedCentre, find_sphere, find_sphere_near
from coxa.geometry.surface_points import points_of_mesh
from tests.geometry.shapes import capsule, mesh_of, sphere

HEAD = np.array([10.0, -5.0, 20.0])


def test_a_ball_on_a_rod_is_found_among_rod_and_block():
    def part(points):
        rod = capsule(points, HEAD, HEAD + np.array([40.0, 0, -60.0]), 6.0)
        block = np.abs(points - [-20.0, 20.0, -30.0]).max(-1) - 12.0
        return np.minimum(np.minimum(sphere(points, HEAD, 16.0), rod), block)

    cloud = points_of_mesh(mesh_of(part, [-40, -30, -52], [64, 40, 44], 1.5))
    found = find_sphere(cloud.points_lps_mm, cloud.normals_lps, (9.0, 25.0), 0.6)
    assert found.centre_lps_mm == pytest.approx(HEAD, abs=0.15)
    assert found.radius_mm == pytest.approx(16.0, abs=0.15)


def test_turned_normals_find_a_hollow_instead():
    def cup(points):
        return np.maximum(np.abs(sphere(points, HEAD, 27.0)) - 3.0, points[..., 2] - HEAD[2])

    cloud = points_of_mesh(mesh_of(cup, [-24, -39, -14], [44, 29, 24], 1.5))
    outside = find_sphere(cloud.points_lps_mm, cloud.normals_lps, (15.0, 40.0), 0.6)
    inside = find_sphere(cloud.points_lps_mm, -cloud.normals_lps, (15.0, 40.0), 0.6)
    assert outside.radius_mm == pytest.approx(30.0, abs=0.15)
    assert inside.radius_mm == pytest.approx(24.0, abs=0.15)


def test_a_box_holds_no_sphere():
    cloud = points_of_mesh(mesh_of(lambda p: np.abs(p).max(-1) - 15.0, [-20] * 3, [20] * 3, 1.5))
    flat = np.abs(cloud.normals_lps).max(1) > 0.999
    with pytest.raises(FitError):
        find_sphere(cloud.points_lps_mm[flat], cloud.normals_lps[flat], (5.0, 12.0), 0.05)


def test_of_two_equal_spheres_the_expected_one_is_found():
    centres = np.array([[-30.0, 0, 0], [30.0, 0, 0]])

    def two(points):
        return np.minimum(sphere(points, centres[0], 16.0), sphere(points, centres[1], 16.0))

    cloud = points_of_mesh(mesh_of(two, [-50, -20, -20], [50, 20, 20], 1.5))
    for centre in centres:
        expected = ExpectedCentre(centre + np.array([4.0, 5.0, -3.0]), 6.0)
        found = find_sphere_near(expected, cloud.points_lps_mm, cloud.normals_lps, (10.0, 25.0), 0.6)
        assert found.centre_lps_mm == pytest.approx(centre, abs=0.15)


def test_near_the_expected_centre_the_widest_agreeing_surface_wins_not_the_most_complete_sphere():
    def bowl(points):
        return np.maximum(np.abs(sphere(points, np.zeros(3), 25.5)) - 1.5, points[..., 2] + 4.0)

    hollow = points_of_mesh(mesh_of(bowl, [-30, -30, -30], [30, 30, 2], 1.5))
    pit = points_of_mesh(mesh_of(lambda p: -sphere(p, [9.0, 0.0, 0.0], 12.0), [-9, -18, -18], [27, 18, 18], 1.5))
    points = np.vstack([hollow.points_lps_mm, pit.points_lps_mm])
    normals = -np.vstack([hollow.normals_lps, pit.normals_lps])
    found = find_sphere_near(ExpectedCentre(np.array([3.0, 0.0, 0.0]), 10.0), points, normals, (10.0, 32.0), 0.6)
    assert found.radius_mm == pytest.approx(24.0, abs=0.2)
    assert found.centre_lps_mm == pytest.approx(np.zeros(3), abs=0.3)


def test_no_sphere_near_a_flat_plate_or_out_of_range():
    cloud = points_of_mesh(mesh_of(lambda p: np.abs(p).max(-1) - 15.0, [-20] * 3, [20] * 3, 1.5))
    with pytest.raises(FitError, match="no sphere of radius"):
        find_sphere_near(ExpectedCentre(np.zeros(3), 6.0), cloud.points_lps_mm, -cloud.normals_lps, (10.0, 25.0), 0.2)
