import numpy as np
import pytest

from coxa.geometry.section import plane_section
from tests.geometry.shapes import mesh_of, sphere


def two_balls(points):
    return np.minimum(sphere(points, [-15.0, 0, 0], 10.0), sphere(points, [15.0, 0, 0], 8.0))


MESH = mesh_of(two_balls, [-28, -14, -14], [28, 14, 14])


def test_a_plane_through_two_balls_gives_two_circles():
    section = plane_section(MESH, [0, 0, 6.0], [0, 0, 1.0])
    assert len(np.unique(section.pieces)) == 2
    left = section.points_lps_mm[:, 0] < 0
    assert len(np.unique(section.pieces[left])) == 1
    radius = np.linalg.norm(section.points_lps_mm[left] - [-15.0, 0, 6.0], axis=1)
    assert radius == pytest.approx(8.0, abs=0.1)
    assert section.points_lps_mm[:, 2] == pytest.approx(6.0)


def test_a_plane_beside_the_mesh_gives_nothing():
    assert len(plane_section(MESH, [0, 0, 50.0], [0, 0, 1.0]).points_lps_mm) == 0
