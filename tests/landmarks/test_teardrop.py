import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry.frames import RigidTransform
from coxa.landmarks.teardrop import find_teardrop
from tests.geometry.shapes import mesh_of

UPRIGHT = RigidTransform.from_axes(np.eye(3), np.zeros(3))
CENTRE = np.array([88.0, 54.0, -72.0])


def plate(points, bottom_mm):
    """A vertical wall 8 mm thick, 32 mm medial of a left centre, ending ``bottom_mm`` below it."""
    low = np.array([CENTRE[0] - 36.0, 10.0, CENTRE[2] - bottom_mm])
    high = np.array([CENTRE[0] - 28.0, 100.0, CENTRE[2] + 40.0])
    return np.maximum(low - points, points - high).max(-1)


def wall(bottom_mm):
    return mesh_of(lambda p: plate(p, bottom_mm), [40, 5, -160], [75, 105, -25])


def test_the_lower_end_of_a_left_wall():
    found = find_teardrop(wall(14.0), CENTRE, 23.5, UPRIGHT, Side.LEFT)
    medial, _, below = CENTRE - found
    assert below == pytest.approx(14.0, abs=0.7)
    assert medial == pytest.approx(32.0, abs=0.7)


def test_a_right_wall_is_the_mirror_image():
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    right = find_teardrop(wall(14.0).transformed(flip), CENTRE * [-1, 1, 1], 23.5, UPRIGHT, Side.RIGHT)
    left = find_teardrop(wall(14.0), CENTRE, 23.5, UPRIGHT, Side.LEFT)
    assert right == pytest.approx(left * [-1, 1, 1], abs=1e-6)


def test_a_wall_that_runs_on_has_no_teardrop():
    assert find_teardrop(wall(80.0), CENTRE, 23.5, UPRIGHT, Side.LEFT) is None
