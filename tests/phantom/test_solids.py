"""Signed distances of the building blocks."""

import numpy as np
import pytest

from coxa.phantom.sampling import volume_ml
from coxa.phantom.solids import (
    capsule,
    difference,
    ellipsoid,
    half_space,
    intersection,
    moved,
    offset,
    rounded_box,
    sphere,
    tube,
    union,
)

BOX = np.array([[-40.0, -40.0, -40.0], [40.0, 40.0, 40.0]])


@pytest.mark.parametrize(
    ("solid", "volume_mm3"),
    [
        (sphere((1, 2, 3), 20), 4 / 3 * np.pi * 20**3),
        (ellipsoid((0, 1, 0), (25, 15, 10)), 4 / 3 * np.pi * 25 * 15 * 10),
        (capsule((0, 0, -15), (0, 0, 15), 12, 12), np.pi * 12**2 * 30 + 4 / 3 * np.pi * 12**3),
        (intersection(sphere((0, 0, 0), 30), half_space((0, 0, 0), (1, 1, 0))), 2 / 3 * np.pi * 30**3),
        (difference(sphere((0, 0, 0), 30), sphere((0, 0, 0), 20)), 4 / 3 * np.pi * (30**3 - 20**3)),
        (offset(sphere((0, 0, 0), 18), 4), 4 / 3 * np.pi * 22**3),
        (rounded_box((0, 0, 0), (20, 15, 10), 0), 40 * 30 * 20),
        (tube([((0, -20, 0), 8), ((0, 0, 0), 8), ((0, 20, 0), 8)]), np.pi * 64 * 40 + 4 / 3 * np.pi * 512),
    ],
    ids=["ball", "ellipsoid", "capsule", "half ball", "shell", "grown ball", "box", "tube"],
)
def test_volume_is_the_textbook_volume(solid, volume_mm3):
    assert 1000 * volume_ml(solid, BOX, 1.0) == pytest.approx(volume_mm3, rel=0.01)


def test_distance_is_negative_inside_and_in_millimetres():
    points = np.array([[0.0, 0, 0], [30.0, 0, 0], [10.0, 0, 0]]).T
    assert sphere((0, 0, 0), 10)(points) == pytest.approx([-10, 20, 0])


def test_blend_fills_a_corner_and_leaves_the_rest():
    near, far = np.array([[9.5], [0.0], [9.5]]), np.array([[-20.0], [0.0], [0.0]])
    pieces = half_space((0, 0, 0), (0, 0, 1)), half_space((0, 0, 0), (1, 0, 0))
    sharp, soft = union(*pieces), union(*pieces, blend=12.0)
    corner = np.array([[1.0], [0.0], [1.0]])
    assert sharp(corner)[0] > 0 > soft(corner)[0]
    assert soft(far) == pytest.approx(sharp(far))
    assert soft(near) <= sharp(near)


def test_moved_takes_points_to_the_solid():
    shift = np.eye(4)
    shift[:3, 3] = [-5, 0, 0]  # source_from_target: the solid appears 5 mm further along x
    assert moved(sphere((0, 0, 0), 3), shift)(np.array([[5.0], [0.0], [0.0]])) == pytest.approx([-3.0])


def test_single_precision_stays_single():
    points = np.zeros((3, 4, 5), dtype=np.float32)
    for solid in (sphere((0, 0, 0), 1), ellipsoid((0, 0, 0), (1, 2, 3)), capsule((0, 0, 0), (0, 0, 1), 1, 2)):
        assert solid(points).dtype == np.float32
        assert solid(points).shape == (4, 5)
