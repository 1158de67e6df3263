"""The loader refuses what cannot be a pelvis, and never a pelvis."""

import numpy as np
import pytest

from coxa.errors import NoPelvisError
from coxa.geometry.grid import Grid
from coxa.io.field_of_view import look_at_slice, require_pelvis
from coxa.volume import Volume
from tests.io.body import AXIAL, body, oblique_grid


def _ring(half_width_mm: float, half_depth_mm: float, fov_mm: float, length_mm: float = 120.0) -> Volume:
    """A skull: an elliptic shell of bone, 8 mm thick, brain in it, air around."""
    n = int(fov_mm / 3.0)
    grid = Grid((n, n, int(length_mm / 3.0)), (3.0, 3.0, 3.0), [-fov_mm / 2, -fov_mm / 2, 0.0], np.eye(3))
    _, j, i = np.indices(grid.shape)
    x, y = i * 3.0 - fov_mm / 2, j * 3.0 - fov_mm / 2
    outer = np.hypot(x / half_width_mm, y / half_depth_mm)
    inner = np.hypot(x / (half_width_mm - 8.0), y / (half_depth_mm - 8.0))
    skin = np.hypot(x / (half_width_mm + 6.0), y / (half_depth_mm + 6.0))
    hu = np.select([inner < 1, outer < 1, skin < 1], [35, 1100, 20], -1000)
    return Volume(hu.astype(np.int16), grid)


@pytest.mark.parametrize("grid", [AXIAL, oblique_grid(), AXIAL.reoriented((2, 0, 1), (True, False, True))])
def test_a_pelvis_passes_in_every_storage_order(grid):
    require_pelvis(body(grid))


def test_a_head_is_refused():
    with pytest.raises(NoPelvisError, match=r"at most 1[3-5]\d mm wide"):
        require_pelvis(_ring(76.0, 95.0, 250.0))


def test_soft_tissue_without_bone_is_refused():
    hu = np.where(body().hu > 60, np.int16(60), body().hu)
    with pytest.raises(NoPelvisError, match="0 ml of bone"):
        require_pelvis(Volume(hu, AXIAL))


def test_one_hip_in_a_narrow_field_of_view_passes():
    """The body runs out of the image at the side: narrow bone proves nothing."""
    require_pelvis(body().crop([0, 0, 0], [28, 44, 21]))


def test_porous_bone_of_a_small_pelvis_passes():
    """Thin cortices of an osteoporotic woman: 12 ml of bone a side, 200 mm apart."""
    grid = Grid((100, 60, 30), (4.0, 4.0, 3.0), [-200.0, -120.0, 0.0], np.eye(3))
    k, j, i = np.indices(grid.shape)
    x, y, _ = np.moveaxis(grid.points_from_indices(np.stack([i, j, k], -1)), -1, 0)
    trunk = np.hypot(x / 180, y / 110) < 1
    shell = np.abs(np.hypot(np.abs(x) - 90.0, y) - 20.0) < 2.0
    require_pelvis(Volume(np.select([shell, trunk], [240, 20], -1000).astype(np.int16), grid))


def test_what_a_slice_shows():
    look = look_at_slice(body().hu[10], (6.0, 6.0))
    assert look.like_pelvis
    assert look.bone_width_mm == pytest.approx(260, abs=20)
    assert look.bone_cm2 == pytest.approx(2 * np.pi * 2.8**2 + np.pi * 1.8**2, rel=0.15)
    assert not look.cut_at_sides
    thorax = body().hu[10].copy()
    thorax[14:34, 12:48] = np.where(thorax[14:34, 12:48] > 300, thorax[14:34, 12:48], -800)
    assert not look_at_slice(thorax, (6.0, 6.0)).like_pelvis
    ribs = np.where(body().hu[10] > 900, 50, body().hu[10]).astype(np.int16)
    ribs[20:28] = np.minimum(ribs[20:28], 50)
    assert look_at_slice(ribs, (6.0, 6.0)).bone_width_mm > 200
    assert not look_at_slice(ribs, (6.0, 6.0)).like_pelvis
    assert look_at_slice(body().hu[10][:, 8:50], (6.0, 6.0)).cut_at_sides
