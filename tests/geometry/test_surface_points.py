import numpy as np
import pytest

from coxa.geometry.registration import transform_points
from coxa.geometry.surface_points import points_of_mesh
from tests.geometry.shapes import mesh_of, sphere

MESH = mesh_of(lambda p: sphere(p, [3.0, 4.0, 5.0], 20.0), [-20] * 3, [30] * 3)
CLOUD = points_of_mesh(MESH)


def test_areas_sum_to_the_sphere_and_normals_point_out():
    assert CLOUD.areas_mm2.sum() == pytest.approx(4 * np.pi * 400, rel=0.01)
    out = (CLOUD.points_lps_mm - [3.0, 4.0, 5.0]) / 20.0
    assert np.einsum("ij,ij->i", out, CLOUD.normals_lps).min() > 0.95
    assert CLOUD.centroid_lps_mm == pytest.approx([3.0, 4.0, 5.0], abs=0.05)


def test_thinning_keeps_area_spread_and_the_same_points_in_any_pose():
    thin = CLOUD.thinned(10.0)
    assert len(thin.points_lps_mm) == pytest.approx(4 * np.pi * 400 / 10.0, rel=0.02)
    assert thin.areas_mm2.sum() == pytest.approx(CLOUD.areas_mm2.sum())
    assert thin.centroid_lps_mm == pytest.approx([3.0, 4.0, 5.0], abs=0.5)
    pose = np.array([[0, -1, 0, 7.0], [1, 0, 0, 8.0], [0, 0, 1, 9.0], [0, 0, 0, 1]])
    moved = points_of_mesh(MESH.transformed(pose)).thinned(10.0)
    assert moved.points_lps_mm == pytest.approx(transform_points(pose, thin.points_lps_mm))
