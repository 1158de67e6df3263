import numpy as np
import pytest

from coxa.errors import FitError
from coxa.geometry import fit_plane, fit_sphere


def cap(half_angle_deg: float, count: int = 2000) -> np.ndarray:
    """Evenly spread unit vectors within ``half_angle_deg`` of +z."""
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    z = 1 - (1 - np.cos(np.radians(half_angle_deg))) * (np.arange(count) + 0.5) / count
    ring = np.sqrt(1 - z**2)
    return np.c_[ring * np.cos(turn), ring * np.sin(turn), z]


CENTRE, RADIUS = np.array([-40.0, 12.0, 300.0]), 24.0


def test_exact_points_give_the_exact_sphere():
    sphere = fit_sphere(CENTRE + RADIUS * cap(60))
    assert sphere.centre_lps_mm == pytest.approx(CENTRE, abs=1e-6)
    assert sphere.radius_mm == pytest.approx(RADIUS, abs=1e-6)
    assert sphere.rms_mm < 1e-6


@pytest.mark.parametrize("half_angle", [30.0, 60.0, 90.0])
def test_cap_half_angle_says_how_much_of_the_sphere_was_seen(half_angle):
    # 95 % of the points of a cap lie within the angle whose cap has 95 % of its area.
    expected = np.degrees(np.arccos(1 - 0.95 * (1 - np.cos(np.radians(half_angle)))))
    assert fit_sphere(CENTRE + RADIUS * cap(half_angle)).cap_half_angle_deg == pytest.approx(expected, abs=0.5)


def test_geometric_fit_is_unbiased_where_the_algebraic_one_is_not():
    rng = np.random.default_rng(1)
    radii = [fit_sphere(CENTRE + cap(45) * (RADIUS + rng.normal(0, 0.5, 2000))[:, None]).radius_mm for _ in range(20)]
    assert np.mean(radii) == pytest.approx(RADIUS, abs=0.05)


def test_too_few_or_flat_points_are_refused():
    with pytest.raises(FitError, match="at least 4"):
        fit_sphere(np.zeros((3, 3)))
    with pytest.raises(FitError, match="plane"):
        fit_sphere(np.c_[np.random.default_rng(0).normal(size=(50, 2)), np.zeros(50)])


def test_plane_through_tilted_points():
    normal = np.array([2.0, -1.0, 2.0]) / 3.0
    first = np.cross(normal, [1.0, 0.0, 0.0])
    grid = np.array([a * first + b * np.cross(normal, first) for a in range(-5, 6) for b in range(-5, 6)])
    plane = fit_plane(grid + np.array([7.0, 8.0, 9.0]))
    assert abs(plane.normal_lps @ normal) == pytest.approx(1.0)
    assert plane.point_lps_mm == pytest.approx([7.0, 8.0, 9.0])
    with pytest.raises(FitError, match="line"):
        fit_plane(np.outer(np.arange(5.0), [1.0, 2.0, 3.0]))
