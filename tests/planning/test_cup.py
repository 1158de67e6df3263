"""Angles, sizes and shell of the planned cup."""

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Side
from coxa.errors import InputRefusedError, UsageError
from coxa.geometry import RigidTransform
from coxa.planning.cup import catalogue_diameter_mm, cup_axis_lps, cup_mesh, plan_cup
from coxa.planning.plan import PlannedCup, TargetCentre
from coxa.planning.settings import PlanSettings
from tests.planning.block_hip import LEFT_CENTRE, HipCase, landmarks

TABLE = RigidTransform(np.eye(4), "lps", "functional")
TARGET = TargetCentre(LEFT_CENTRE, 2.0, "made")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("inclination", "anteversion"), [(40.0, 15.0), (45.0, 20.0), (30.0, 25.0), (50.0, 5.0)])
def test_axis_opens_laterally_inferiorly_and_anteriorly_by_murrays_angles(
    side: Side, inclination: float, anteversion: float
) -> None:
    x, y, z = cup_axis_lps(TABLE, side, inclination, anteversion)
    lateral, anterior, superior = side.lateral_sign * x, -y, z
    assert lateral > 0 and anterior > 0 and superior < 0
    assert np.degrees(np.arctan2(lateral, -superior)) == pytest.approx(inclination)
    assert np.degrees(np.arcsin(anterior)) == pytest.approx(anteversion)
    # Murray's anatomical inclination of (40, 15) is 42.3: clinical reference, section 5.
    if (inclination, anteversion) == (40.0, 15.0):
        assert np.degrees(np.arccos(-superior)) == pytest.approx(42.3, abs=0.05)


def test_catalogue() -> None:
    settings = PlanSettings()
    assert catalogue_diameter_mm(54.9, settings) == 54.0
    assert catalogue_diameter_mm(55.1, settings) == 56.0
    assert catalogue_diameter_mm(20.0, settings) == 44.0
    assert catalogue_diameter_mm(99.0, settings) == 80.0


def test_size_follows_the_native_head_and_touches_the_socket(left_case: HipCase) -> None:
    # Head 48 mm asks for 54; the socket of 54 with 1 mm press fit asks for 55, an even size next to it.
    cup = plan_cup(landmarks(), left_case.surfaces["hip_left"], TARGET, Side.LEFT, PlanSettings())
    assert cup.outer_diameter_mm in (54.0, 56.0)
    assert np.allclose(cup.centre_lps_mm, LEFT_CENTRE)


def test_set_by_hand(left_case: HipCase) -> None:
    settings = PlanSettings(cup_diameter_mm=62.0, inclination_deg=44.0, anteversion_deg=8.0)
    cup = plan_cup(landmarks(), left_case.surfaces["hip_left"], TARGET, Side.LEFT, settings)
    assert cup.outer_diameter_mm == 62.0
    assert np.degrees(np.arcsin(-cup.axis_lps[1])) == pytest.approx(8.0)


def test_shell_is_closed_and_holds_its_volume() -> None:
    axis = cup_axis_lps(TABLE, Side.LEFT, 40.0, 15.0)
    mesh = cup_mesh(PlannedCup(56.0, LEFT_CENTRE, axis, 40.0, 15.0, "functional"), 4.0)
    body = trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent
    half_shell = 2.0 / 3.0 * np.pi * (28.0**3 - 24.0**3) / 1000.0
    assert half_shell < mesh.volume_ml < half_shell * 1.04  # and the rounded rim, under 1 mm high
    from_centre = mesh.vertices_lps_mm - LEFT_CENTRE
    assert np.linalg.norm(from_centre, axis=1).max() == pytest.approx(28.0, abs=1e-6)
    assert (from_centre @ axis).max() == pytest.approx(1.0, abs=1e-6)
    assert (from_centre @ axis).min() == pytest.approx(-28.0, abs=1e-6)


def test_no_frame_is_refused_with_advice(left_case: HipCase) -> None:
    from dataclasses import replace

    blind = replace(landmarks(), lps_from_app=None, app_reason="no tubercles in view")
    with pytest.raises(InputRefusedError, match="no tubercles in view"):
        plan_cup(blind, left_case.surfaces["hip_left"], TARGET, Side.LEFT, PlanSettings())


def test_settings_out_of_range() -> None:
    with pytest.raises(UsageError, match="inclination_deg"):
        PlanSettings(inclination_deg=140.0)
    with pytest.raises(UsageError, match="honeycomb"):
        PlanSettings(lattice="honeycomb")
