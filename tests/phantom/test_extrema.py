"""Extreme points against shapes whose extreme points are known in closed form."""

import numpy as np
import pytest

from coxa.errors import FitError
from coxa.geometry.arrays import unit
from coxa.phantom.extrema import Region, climb, furthest_point
from coxa.phantom.grids import rotation
from coxa.phantom.solids import ellipsoid, sphere, union

AROUND = Region((-30.0, -30.0, -30.0), (30.0, 30.0, 30.0))


@pytest.mark.parametrize("direction", [(0, -1, 0), (0, 0, 1), (-0.7, 0.7, 0), (0.3, 0.5, -0.8)])
def test_furthest_point_of_a_tilted_ellipsoid(direction):
    centre, radii, axes = np.array([1.3, -2.1, 0.4]), np.array([18.0, 9.0, 6.0]), rotation((20, -35, 50))
    d = unit(direction)
    stretched = radii * (axes @ d)
    expected = centre + axes.T @ (radii * stretched) / np.linalg.norm(stretched)
    found = furthest_point(ellipsoid(centre, radii, axes), d, AROUND)
    assert found == pytest.approx(expected, abs=0.05)


def test_a_lower_summit_is_found_when_the_region_holds_only_that():
    hills = union(sphere((-10, 0, 0), 10), sphere((12, 0, 0), 7), blend=2.0)
    right = Region((6.0, -10.0, -10.0), (22.0, 10.0, 20.0))
    assert furthest_point(hills, (0, 0, 1), right) == pytest.approx([12, 0, 7], abs=0.02)


def test_region_without_the_solid_is_refused():
    with pytest.raises(FitError, match="does not reach"):
        furthest_point(sphere((0, 0, 0), 5), (0, 0, 1), Region((10.0, 10.0, 10.0), (20.0, 20.0, 20.0)))


def test_slope_that_leaves_the_region_is_refused():
    cut = Region((4.0, -3.0, -20.0), (12.0, 3.0, 20.0))  # beside the summit
    with pytest.raises(FitError, match="outside its region"):
        furthest_point(sphere((0, 0, 0), 15), (0, 0, 1), cut)


def test_climb_from_afar_reaches_the_same_summit():
    assert climb(sphere((0, 0, 0), 15), (0, 0, 1), np.array([6.0, -5.0, 12.0]), AROUND) == pytest.approx(
        [0, 0, 15], abs=0.01
    )
