import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.errors import FitError
from coxa.geometry.shaft import find_shaft_axis
from coxa.geometry.surface_points import points_of_mesh
from tests.geometry.shapes import capsule, mesh_of, sphere

HEAD = np.array([0.0, 0.0, 0.0])


def femur(points):
    """Head at the origin, shaft 42 mm lateral of it along -z, with a bulge where the lesser trochanter sits."""
    shaft = capsule(points, [42.0, 0, -20.0], [42.0, 0, -220.0], 14.0)
    neck = capsule(points, HEAD, [42.0, 0, -30.0], 11.0)
    bulge = sphere(points, [33.0, 10.0, -58.0], 11.0)
    return np.minimum(np.minimum(sphere(points, HEAD, 23.0), bulge), np.minimum(shaft, neck))


CLOUD = points_of_mesh(mesh_of(femur, [-28, -28, -240], [60, 28, 28], 2.0))


def test_offset_and_direction_of_a_whole_femur():
    axis = find_shaft_axis(CLOUD.points_lps_mm, HEAD)
    assert np.linalg.norm(axis.foot_of(HEAD) - HEAD) == pytest.approx(42.0, abs=0.3)
    assert axis.proximal_lps @ [0, 0, 1] == pytest.approx(1.0, abs=1e-3)
    assert not axis.is_short


def test_a_femur_cut_short_says_so_and_is_less_certain():
    seen = CLOUD.points_lps_mm[CLOUD.points_lps_mm[:, 2] > -100.0]
    axis = find_shaft_axis(seen, HEAD)
    assert axis.is_short
    assert np.linalg.norm(axis.foot_of(HEAD) - HEAD) == pytest.approx(42.0, abs=axis.offset_uncertainty_mm)
    assert axis.offset_uncertainty_mm > 2 * find_shaft_axis(CLOUD.points_lps_mm, HEAD).offset_uncertainty_mm


def test_the_axis_turns_with_the_bone():
    turn = Rotation.from_euler("xyz", [10, 170, 30], degrees=True).as_matrix()
    axis = find_shaft_axis(CLOUD.points_lps_mm @ turn.T, turn @ HEAD)
    assert axis.proximal_lps == pytest.approx(turn @ find_shaft_axis(CLOUD.points_lps_mm, HEAD).proximal_lps, abs=1e-4)


def test_a_head_without_shaft_is_refused():
    with pytest.raises(FitError, match="shaft in view"):
        find_shaft_axis(CLOUD.points_lps_mm[CLOUD.points_lps_mm[:, 2] > -60.0], HEAD)
