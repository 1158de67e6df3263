"""Axis and shell of the planned cup."""

import numpy as np
import pytest
import trimesh

from coxa.anatomy import Side
from coxa.errors import UsageError
from coxa.geometry import RigidTransform
from coxa.planning.cup.shell import cup_axis_lps, cup_mesh
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings import PlanSettings
from tests.planning.block_hip import LEFT_CENTRE

TABLE = RigidTransform(np.eye(4), "lps", "functional")


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
    # Murray's anatomical inclination of (40, 15) is 42.3 [Murray 1993], computed.
    if (inclination, anteversion) == (40.0, 15.0):
        assert np.degrees(np.arccos(-superior)) == pytest.approx(42.3, abs=0.05)


def test_shell_is_closed_and_holds_its_volume() -> None:
    axis = cup_axis_lps(TABLE, Side.LEFT, 40.0, 15.0)
    mesh = cup_mesh(PlannedCup(56.0, LEFT_CENTRE, axis, 40.0, 15.0, "functional", shell_mm=4.0))
    body = trimesh.Trimesh(mesh.vertices_lps_mm, mesh.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent
    half_shell = 2.0 / 3.0 * np.pi * (28.0**3 - 24.0**3) / 1000.0
    assert half_shell < mesh.volume_ml < half_shell * 1.04  # and the rounded rim, under 1 mm high
    from_centre = mesh.vertices_lps_mm - LEFT_CENTRE
    assert np.linalg.norm(from_centre, axis=1).max() == pytest.approx(28.0, abs=1e-6)
    assert (from_centre @ axis).max() == pytest.approx(1.0, abs=1e-6)
    assert (from_centre @ axis).min() == pytest.approx(-28.0, abs=1e-6)


def test_settings_out_of_range() -> None:
    with pytest.raises(UsageError, match="inclination_deg"):
        PlanSettings.of(inclination_deg=140.0)
    with pytest.raises(UsageError, match="honeycomb"):
        PlanSettings.of(lattice="honeycomb")
