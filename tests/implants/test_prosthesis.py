import numpy as np
import pytest

from coxa.geometry.frames import RigidTransform
from coxa.geometry.surface_points import points_of_mesh
from coxa.implants.cup_angles import CupAngles, axis_in_frame, opening_axis, radiographic_angles
from coxa.implants.prosthesis import find_prosthesis
from tests.geometry.shapes import capsule, mesh_of
from tests.landmarks.made_implant import CENTRE, implant, implant_mesh

UPRIGHT = RigidTransform.from_axes(np.eye(3), np.zeros(3))
LEFT_AXIS = opening_axis(CupAngles(48.0, 17.0), UPRIGHT, 1.0)


@pytest.fixture(scope="module")
def bloomed():
    """A 54 mm cup with a 28 mm head and a screw, 0.5 mm of bloom all round."""
    return find_prosthesis(points_of_mesh(implant_mesh(LEFT_AXIS, screw=True, bloom_mm=0.5)))


def test_head_centre_is_the_rotation_centre(bloomed):
    assert bloomed.head.sphere.centre_lps_mm == pytest.approx(CENTRE, abs=0.2)


def test_bloom_is_read_off_the_head_and_taken_from_the_cup(bloomed):
    assert bloomed.head.diameter_mm == 28.0
    assert bloomed.head.bloom_mm == pytest.approx(0.5, abs=0.1)
    assert bloomed.cup.outer_diameter_mm == pytest.approx(54.0, abs=0.4)


def test_axis_comes_from_the_rim_in_spite_of_a_screw(bloomed):
    angles = radiographic_angles(axis_in_frame(bloomed.cup.axis_lps, UPRIGHT, 1.0))
    assert angles.inclination_deg == pytest.approx(48.0, abs=0.4)
    assert angles.anteversion_deg == pytest.approx(17.0, abs=0.4)
    tilt = np.degrees(np.arccos(np.clip(bloomed.cup.axis_lps @ LEFT_AXIS, -1, 1)))
    assert tilt < bloomed.cup.axis_uncertainty_deg


def test_a_head_without_shell_is_a_hemiarthroplasty():
    def metal(points):
        return np.minimum(
            np.linalg.norm(points - CENTRE, axis=-1) - 23.0,
            capsule(points, CENTRE, CENTRE + np.array([10.0, 5.0, -60.0]), 6.0),
        )

    found = find_prosthesis(
        points_of_mesh(mesh_of(metal, CENTRE - np.array([28, 28, 70]), CENTRE + np.array([28, 28, 28]), 1.25))
    )
    assert found.head.sphere.radius_mm == pytest.approx(23.0, abs=0.2)
    assert found.cup is None
    assert "no metal shell" in found.cup_reason


def test_a_shell_without_head_is_still_a_cup():
    def shell(points):
        return np.maximum(np.abs(np.linalg.norm(points - CENTRE, axis=-1) - 25.0) - 2.0, (points - CENTRE) @ LEFT_AXIS)

    found = find_prosthesis(
        points_of_mesh(mesh_of(shell, CENTRE - np.array([32, 32, 32]), CENTRE + np.array([32, 32, 32]), 1.25))
    )
    assert found.head is None
    assert found.cup.centre_lps_mm == pytest.approx(CENTRE, abs=0.3)
    assert found.cup.axis_lps @ LEFT_AXIS > np.cos(np.radians(1.0))


def test_screws_and_a_nail_are_no_hip_prosthesis():
    def metal(points):
        nail = capsule(points, [0, 0, 0], [0, 0, -90.0], 6.0)
        return np.minimum(nail, capsule(points, [0, 0, -10.0], [40.0, 0, 20.0], 3.5))

    assert find_prosthesis(points_of_mesh(mesh_of(metal, [-12, -12, -100], [50, 12, 30], 1.25))) is None


def test_a_cup_opening_to_the_right_mirrors_the_left_one():
    axis = LEFT_AXIS * [-1.0, 1.0, 1.0]
    mesh = mesh_of(lambda p: implant(p, axis), CENTRE - np.array([45, 45, 75]), CENTRE + np.array([45, 45, 45]), 1.5)
    cup = find_prosthesis(points_of_mesh(mesh)).cup
    angles = radiographic_angles(axis_in_frame(cup.axis_lps, UPRIGHT, -1.0))
    assert (angles.inclination_deg, angles.anteversion_deg) == pytest.approx((48.0, 17.0), abs=0.5)
