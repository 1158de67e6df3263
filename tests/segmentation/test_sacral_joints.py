"""The joints of the sacrum, drawn where they lie in the hip frame: x left, y posterior, z superior, origin mid-hips."""

import numpy as np
import pytest

from coxa.anatomy import Side
from coxa.geometry.frames import Frame, RigidTransform
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.lumbosacral import LumbosacralDisc, find_lumbosacral_disc
from coxa.segmentation.bones.sacroiliac import find_sacroiliac_surface
from coxa.volume import Volume

HIPS = RigidTransform(np.eye(4), Frame.LPS, "hips")
GRID = Grid((90, 100, 90), (1.5, 1.5, 1.5), np.array([-67.0, -60.0, 30.0]), np.eye(3))


def _points() -> np.ndarray:
    """Return the hip-frame position of every voxel [k, j, i, 3]."""
    k, j, i = np.indices(GRID.shape)
    return GRID.points_from_indices(np.stack([i, j, k], axis=-1))


def _column(centre_yz_mm: tuple[float, float], slope_deg: float, disc_mm: float = 6.0) -> Volume:
    """Return two vertebral bodies with bright endplates, 40 mm across, parted by one disc."""
    above, behind = LumbosacralDisc(centre_yz_mm, slope_deg).heights_and_depths_mm(_points().reshape(-1, 3))
    above, behind = above.reshape(GRID.shape), behind.reshape(GRID.shape)
    hu = np.full(GRID.shape, 50, dtype=np.int16)
    beside = np.abs(_points()[..., 0]) < 20
    bodies = (np.abs(above) > disc_mm / 2) & (np.abs(above) < 25) & (np.abs(behind) < 17) & beside
    hu[bodies] = 180
    hu[bodies & (np.abs(above) < disc_mm / 2 + 2.5)] = 500
    return Volume(hu, GRID)


@pytest.mark.parametrize(("centre", "slope_deg"), [((20.0, 106.0), 40.0), ((0.0, 112.0), 50.0), ((40.0, 100.0), 30.0)])
def test_the_disc_is_found_where_it_lies_in_upright_and_tilted_pelves(centre, slope_deg):
    disc = find_lumbosacral_disc(_column(centre, slope_deg), HIPS)
    assert disc is not None
    assert np.hypot(*np.subtract(disc.centre_yz_mm, centre)) < 6
    assert abs(disc.slope_deg - slope_deg) <= 10


def test_what_lies_above_the_disc_and_behind_it_has_a_positive_sign():
    above, behind = LumbosacralDisc((20.0, 100.0), 30.0).heights_and_depths_mm(
        np.array([[0.0, 20.0, 110.0], [0.0, 30.0, 100.0 + 10 * np.tan(np.radians(30))], [0.0, 20.0, 90.0]])
    )
    assert above[0] > 8
    assert above[1] == pytest.approx(0, abs=1e-9)  # a disc's front is tipped down: its back lies higher
    assert behind[1] > 10
    assert above[2] < -8


def test_no_disc_is_claimed_in_soft_tissue_or_in_one_solid_bone():
    soft = Volume(np.full(GRID.shape, 50, dtype=np.int16), GRID)
    assert find_lumbosacral_disc(soft, HIPS) is None
    assert find_lumbosacral_disc(_column((20.0, 106.0), 40.0, disc_mm=-1.0), HIPS) is None


def _beside_sacrum(side: Side, gap_mm: float) -> tuple[Volume, np.ndarray]:
    """Return a plane joint 44 mm lateral of the midline, and how far each voxel lies beyond it."""
    x = _points()[..., 0] * side.lateral_sign
    y, z = _points()[..., 1], _points()[..., 2]
    beyond = (x - 44) * 0.94 + (y - 50) * 0.34
    hu = np.full(GRID.shape, 50, dtype=np.int16)
    bone = (np.abs(beyond) > gap_mm / 2) & (np.abs(beyond) < 18) & (np.abs(y - 50) < 22) & (np.abs(z - 80) < 25)
    hu[bone] = 200
    hu[bone & (np.abs(beyond) < gap_mm / 2 + 2.5)] = 700
    return Volume(hu, GRID), beyond


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_the_ilium_lies_beyond_the_joint_on_either_side(side):
    volume, beyond = _beside_sacrum(side, gap_mm=3.0)
    surface = find_sacroiliac_surface(volume, HIPS, side, None)
    points = _points().reshape(-1, 3)
    found = surface.beyond_mm(points)
    seen = np.isfinite(found) & (np.abs(found) < 10)
    assert surface.clear.sum() * 1.5**2 > 500  # mm², of a joint of 44 x 50 mm
    np.testing.assert_allclose(found[seen], beyond.ravel()[seen], atol=2.0)
    midline, lateral = (np.array([[x * side.lateral_sign, 50.0, 80.0]]) for x in (35.0, 53.0))
    assert surface.beyond_mm(midline)[0] < -5
    assert surface.beyond_mm(lateral)[0] > 5


def test_a_fused_joint_and_soft_tissue_are_nowhere_clear():
    fused, _ = _beside_sacrum(Side.LEFT, gap_mm=-20.0)
    assert not find_sacroiliac_surface(fused, HIPS, Side.LEFT, None).clear.any()
    soft = Volume(np.full(GRID.shape, 50, dtype=np.int16), GRID)
    surface = find_sacroiliac_surface(soft, HIPS, Side.RIGHT, None)
    assert not surface.clear.any()
    assert np.isnan(surface.beyond_mm(np.array([[-46.0, 55.0, 82.0]]))).all()


def test_places_outside_the_searched_block_are_unknown():
    volume, _ = _beside_sacrum(Side.LEFT, gap_mm=3.0)
    surface = find_sacroiliac_surface(volume, HIPS, Side.LEFT, None)
    assert np.isnan(surface.beyond_mm(np.array([[0.0, 400.0, 0.0]]))).all()
