"""Lengths along rays through a spherical shell of known thickness, with a known wedge taken out."""

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry import Grid
from coxa.geometry.frames import RigidTransform
from coxa.planning.defect.loss import BoneChange
from coxa.planning.defect.radial_loss import DIRECTIONS, RadialLoss, radial_loss, rim_angles_deg
from tests.planning.block_hip import landmarks

INNER_MM, OUTER_MM = 25.0, 45.0
STEP_DEG = 360.0 / DIRECTIONS
CENTRE = np.array([3.0, -2.0, 5.0])


def frame() -> RigidTransform:
    found = landmarks().lps_from_app
    assert found is not None
    return found


def shell(side: Side, lost_from_deg: float, lost_to_deg: float, hidden: bool = False) -> BoneChange:
    """A shell about the centre; between two directions of its opening plane all of it is gone."""
    grid = Grid((65, 65, 65), (1.5, 1.5, 1.5), CENTRE - 48.0, np.eye(3))
    k, j, i = np.indices(grid.shape)
    offsets = grid.points_from_indices(np.stack([i, j, k], axis=-1).reshape(-1, 3)) - CENTRE
    away = np.linalg.norm(offsets, axis=1).reshape(grid.shape)
    native = ((away > INNER_MM) & (away < OUTER_MM)).astype(np.float32)
    angle = rim_angles_deg(offsets, frame(), side).reshape(grid.shape)
    gone = np.where((angle > lost_from_deg) & (angle < lost_to_deg), native, np.float32(0.0))
    nothing = np.zeros(grid.shape, dtype=np.float32)
    lost, unknown = (nothing, gone) if hidden else (gone, nothing)
    return BoneChange(grid, away, away, native, nothing, lost, unknown)


@pytest.mark.parametrize("side", list(Side))
def test_lengths_are_the_shells_and_only_the_wedge_is_missing(side: Side) -> None:
    found = radial_loss(shell(side, 60.0, 120.0), CENTRE, frame(), side, 60.0)
    assert np.allclose(found.native_mm, OUTER_MM - INNER_MM, atol=0.6)
    share = found.missing_share()
    angles = np.array(found.angles_deg)
    inside, outside = np.abs(angles - 90.0) <= 25.0, np.abs(angles - 90.0) >= 35.0
    assert share[inside].min() > 0.97
    assert share[outside].max() < 0.03


@pytest.mark.parametrize("side", list(Side))
def test_directions_are_superior_anterior_inferior_posterior_on_both_sides(side: Side) -> None:
    left, posterior, superior = frame().axes
    lateral = side.lateral_sign * left
    turned = rim_angles_deg(np.array([superior - 0.2 * lateral, -posterior, -superior, posterior]), frame(), side)
    assert np.abs((turned - [0.0, 90.0, 180.0, 270.0] + 180.0) % 360.0 - 180.0).max() < 30.0


def test_hidden_bone_is_shown_apart_and_counts_half() -> None:
    found = radial_loss(shell(Side.LEFT, 60.0, 120.0, hidden=True), CENTRE, frame(), Side.LEFT, 60.0)
    middle = round(90.0 / STEP_DEG)
    assert max(found.missing_mm) == 0.0
    assert found.hidden_mm[middle] == pytest.approx(OUTER_MM - INNER_MM, abs=0.6)
    assert found.missing_share()[middle] == pytest.approx(0.5, abs=0.02)


def test_direction_without_native_bone_is_not_lost() -> None:
    found = RadialLoss((0.0, 180.0), (0.4, 20.0), (0.4, 20.0), (0.0, 0.0))
    assert found.missing_share().tolist() == [0.0, 1.0]
