"""The tip of a screw as the end of a cylinder, on walls whose exact answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Side
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.screws.metrics import ScrewSite, measured_screw
from coxa.planning.screws.tip import protrusion_warnings, tip_edge
from tests.planning.block_hip import LEFT_CENTRE, HipCase, as_mesh
from tests.planning.screws.test_choose import CUP

RADIUS_MM = 3.25
X, Z = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])


def wall(slope_deg: float) -> RayCaster:
    """Bone below a plane through the origin, tilted about y by the slope: it falls off toward +x."""
    block = trimesh.creation.box((400.0, 200.0, 100.0)).subdivide()
    block.apply_translation([0.0, 0.0, -50.0])
    block.apply_transform(trimesh.transformations.rotation_matrix(np.radians(slope_deg), [0.0, 1.0, 0.0]))
    return RayCaster(as_mesh(block))


@pytest.mark.parametrize("beyond_mm", [-6.0, -4.0])
def test_a_tip_deep_enough_under_a_slope_does_not_protrude(beyond_mm: float) -> None:
    # Under a slope of 45 degrees the edge reaches the surface when the axis still has one radius of bone before it.
    found = tip_edge(wall(45.0), np.array([0.0, 0.0, -30.0]), Z, 2.0 * RADIUS_MM, 30.0 + beyond_mm)
    assert (found.outside_fraction, found.protrusion_mm) == (0.0, 0.0)


def test_the_edge_protrudes_while_the_axis_is_in_bone() -> None:
    # The axis still has 1 mm of bone; the edge on the falling side stands out by radius - 1.
    found = tip_edge(wall(45.0), np.array([0.0, 0.0, -30.0]), Z, 2.0 * RADIUS_MM, 29.0)
    assert found.protrusion_mm == pytest.approx(RADIUS_MM - 1.0, abs=0.01)
    # Of the edge, the arc with cos > 1 / radius lies outside.
    assert found.outside_fraction == pytest.approx(np.arccos(1.0 / RADIUS_MM) / np.pi, abs=0.5 / 12.0)


def test_a_tip_wholly_outside_protrudes_along_the_axis_and_more_on_the_low_side() -> None:
    found = tip_edge(wall(45.0), np.array([0.0, 0.0, -30.0]), Z, 2.0 * RADIUS_MM, 35.0)
    assert found.outside_fraction == 1.0
    assert found.protrusion_mm == pytest.approx(5.0 + RADIUS_MM, abs=0.01)


def test_a_thread_beside_the_bone_protrudes_over_its_length_in_bone() -> None:
    # The screw runs along a flat surface 1 mm under it: one side of the thread never is in bone.
    found = tip_edge(wall(0.0), np.array([-20.0, 0.0, -1.0]), X, 2.0 * RADIUS_MM, 30.0, begin_mm=4.0)
    assert found.protrusion_mm == pytest.approx(26.0)


def test_no_screw_is_called_safe_whose_edge_protrudes(left_case: HipCase) -> None:
    # The block's medial wall lies 70 mm medial of the centre; a screw at 40 degrees to it, its axis 0.5 mm short of it.
    hip = left_case
    site = ScrewSite(CUP, hip.surfaces["hip_left"], None, None, hip.case.landmarks, Side.LEFT)
    direction = np.array([-np.sin(np.radians(50.0)), 0.0, np.cos(np.radians(50.0))])
    entry = LEFT_CENTRE + np.array([-70.0, 0.0, 60.0]) - 30.5 * direction
    screw = measured_screw(site, entry, direction, 2.0 * RADIUS_MM, 30.0, "flange")
    assert screw.exit_beyond_tip_mm == pytest.approx(0.5, abs=1e-3)
    assert screw.protrusion_mm == pytest.approx(RADIUS_MM / np.tan(np.radians(50.0)) - 0.5, abs=0.02)
    assert "of the tip's edge protrudes" in screw.note and "mm of bone beyond the tip" not in screw.note
    (warning,) = protrusion_warnings([replace(screw, protrusion_mm=0.0), screw])
    assert warning.startswith("screw 2 (flange, 30 mm) protrudes from the bone by up to 2.2 mm")
