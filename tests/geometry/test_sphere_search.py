import numpy as np
import pytest

from coxa.errors import FitError
from coxa.geometry.sphere_search import ExpectedCentre, find_sphere
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
        found = find_sphere(cloud.points_lps_mm, cloud.normals_lps, (10.0, 25.0), 0.6, expected=expected)
        assert found.centre_lps_mm == pytest.approx(centre, abs=0.15)
