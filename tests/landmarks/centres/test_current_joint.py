"""What one hip holds: worn or whole heads on any mesh, ceramic heads, heads that are not seen."""

import numpy as np
import pytest

from coxa.anatomy import Side, Status
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh
from coxa.landmarks.centres.current_joint import HipEvidence, examine_hip
from coxa.landmarks.reliability import Surroundings
from tests.geometry.shapes import capsule, mesh_of, sphere
from tests.landmarks.made_implant import CENTRE, implant_mesh

AXIS = np.array([0.60, -0.25, -0.76]) / np.linalg.norm([0.60, -0.25, -0.76])
SURROUNDINGS = Surroundings(None, np.empty((0, 3)))
NECK = CENTRE + np.array([45.0, 10.0, -40.0])


def head_on_neck(step_mm: float, flat_from_mm: float = 99.0):
    """A head of 24 mm radius with its neck; its cranial side worn flat ``flat_from_mm`` above the centre."""

    def bone(points):
        head = np.maximum(sphere(points, CENTRE, 24.0), (points - CENTRE)[..., 2] - flat_from_mm)
        return np.minimum(head, capsule(points, CENTRE, NECK, 14.0))

    return points_of_mesh(mesh_of(bone, CENTRE - np.array([27, 27, 56]), CENTRE + np.array([61, 27, 27]), step_mm))


def hip_of(surroundings=SURROUNDINGS, **evidence):
    nothing = {"hip": None, "femur": None, "metal": None, "expected_centre_lps_mm": None}
    return examine_hip(HipEvidence(Side.LEFT, **{**nothing, **evidence}), surroundings)


@pytest.mark.parametrize("step_mm", [1.0, 3.0])
def test_a_whole_head_is_not_called_worn_however_fine_the_mesh(step_mm):
    found, mark = hip_of(femur=head_on_neck(step_mm))
    assert mark.status is Status.OK
    assert mark.point == pytest.approx(CENTRE, abs=0.3)
    assert found.head_diameter_uncertainty_mm < 1.0


@pytest.mark.parametrize("step_mm", [1.0, 3.0])
def test_a_head_worn_flat_is_doubted_however_fine_the_mesh(step_mm):
    _, mark = hip_of(femur=head_on_neck(step_mm, flat_from_mm=-4.0))
    assert mark.status is Status.WARN
    assert "worn" in mark.reason
    assert mark.uncertainty_mm >= 2.5


def test_a_ceramic_head_seen_too_small_keeps_its_size_and_leaves_the_cup_its_own():
    # 36 mm ceramic, its threshold surface 0.4 mm inside; a 54 mm titanium shell that blooms by 0.4 mm.
    metal = points_of_mesh(implant_mesh(AXIS, head_mm=35.2, cup_mm=54.8))
    found, mark = hip_of(metal=metal)
    assert 2.0 * found.head.radius_mm == 36.0
    assert found.cup.outer_diameter_mm == pytest.approx(54.0, abs=0.4)
    assert mark.status is Status.OK
    assert mark.point == pytest.approx(CENTRE, abs=0.1)


def test_a_head_between_two_sizes_says_so():
    found, _ = hip_of(metal=points_of_mesh(implant_mesh(AXIS, head_mm=29.5)))
    assert found.head_diameter_uncertainty_mm == 2.0


def test_a_head_that_is_not_seen_leaves_the_cups_centre_with_a_warning():
    def metal(points):
        along = (points - CENTRE) @ AXIS
        shell = np.maximum(np.abs(sphere(points, CENTRE, 25.0)) - 2.0, along)
        taper = capsule(points, CENTRE + np.array([3.0, 1.0, -14.0]), CENTRE + np.array([10.0, 5.0, -55.0]), 6.0)
        return np.minimum(shell, taper)

    mesh = mesh_of(metal, CENTRE - np.array([45, 45, 75]), CENTRE + np.array([45, 45, 65]), 1.25)
    found, mark = hip_of(metal=points_of_mesh(mesh))
    assert found.implant_present
    assert found.head is None
    assert mark.status is Status.WARN
    assert "no prosthetic head is seen" in mark.reason
    assert mark.point == pytest.approx(CENTRE, abs=0.5)
    assert mark.uncertainty_mm >= 4.0


def rod():
    """A metal rod along the neck that ends inside the head."""
    along = np.linspace(0.1, 1.0, 50)[:, None]
    return Surroundings(None, CENTRE + along * (NECK - CENTRE))


def test_a_moulded_head_on_metal_is_a_spacer_and_no_centre_of_rotation():
    found, mark = hip_of(rod(), femur=head_on_neck(1.0))
    assert mark.status is Status.NOT_MEASURABLE
    assert "spacer" in mark.reason
    assert "SOCKET_L" in mark.reason
    assert found.head is None


def test_a_bony_head_with_a_screw_in_it_keeps_its_centre_with_a_doubt():
    whole = head_on_neck(1.0)
    # Bone is not round: half a millimetre up and down over its surface.
    offset = whole.points_lps_mm - CENTRE
    dents = 0.5 * np.sin(offset @ [0.45, 0.1, 0.2]) * np.sin(offset @ [-0.1, 0.4, 0.3])
    uneven = SurfacePoints(whole.points_lps_mm + dents[:, None] * whole.normals_lps, whole.normals_lps, whole.areas_mm2)
    found, mark = hip_of(rod(), femur=uneven)
    assert mark.status is Status.WARN
    assert "metal in or at the head" in mark.reason
    assert mark.point == pytest.approx(CENTRE, abs=0.75)
    assert found.head is not None
