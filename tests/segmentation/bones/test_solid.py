"""Filling a shell: what is closed, what stays open, and that nothing grows."""

import numpy as np
import pytest

from coxa.geometry import Grid
from coxa.segmentation.bones.solid import cut_spikes, fill_around_metal, fill_shell, fill_slices

STEP_MM = 0.8


def space(count=70):
    grid = Grid((count,) * 3, (STEP_MM,) * 3, np.zeros(3), np.eye(3))
    k, j, i = (np.meshgrid(*[np.arange(count)] * 3, indexing="ij") - np.array((count - 1) / 2)) * STEP_MM
    return grid, k, j, i


def no_soft_edge(mask):
    return np.zeros(mask.shape, bool)


def test_a_closed_hollow_sphere_is_filled_and_its_surface_does_not_move():
    grid, k, j, i = space()
    r = np.sqrt(k * k + j * j + i * i)
    solid = fill_shell((r > 17) & (r < 20), no_soft_edge(r), grid)
    assert np.array_equal(solid, r < 20)


@pytest.mark.parametrize("crack_mm", [2.4, 4.0, 7.2])
def test_a_crack_of_up_to_twice_the_width_is_closed(crack_mm):
    grid, k, j, i = space()
    r = np.sqrt(k * k + j * j + i * i)
    cracked = (r > 17) & (r < 20) & ~((np.abs(k) < crack_mm / 2) & (i > 0))
    solid = fill_shell(cracked, no_soft_edge(r), grid)
    assert solid[r < 15].all()
    assert not solid[r > 20].any()


def test_a_canal_open_at_both_ends_stays_open():
    """The sacral canal: 14 mm wide, nothing of it is bone."""
    grid, k, j, i = space()
    around = np.hypot(j, i)
    block = (around > 7) & (np.maximum(np.abs(j), np.abs(i)) < 18) & (np.abs(k) < 16)
    solid = fill_shell(block, no_soft_edge(block), grid)
    assert not solid[around < 6.5].any()
    assert np.array_equal(solid, block)


def test_two_bones_in_one_shell_keep_the_notch_between_them():
    grid, k, j, i = space(90)
    left, right = (np.sqrt(k * k + j * j + (i - c) ** 2) for c in (-16, 16))
    shell = ((left < 14) & (left > 11)) | ((right < 14) & (right > 11))
    solid = fill_shell(shell, no_soft_edge(shell), grid)
    assert np.array_equal(solid, (left < 14) | (right < 14))


def test_a_shaft_cut_by_the_first_slice_is_sealed_there():
    grid, k, j, i = space()
    around = np.hypot(j, i)
    shaft = (around < 14) & (around > 10) & (k < 15)
    cap = (around < 14) & (k >= 12) & (k < 15)
    solid = fill_shell(shaft | cap, no_soft_edge(shaft), grid)
    assert solid[(around < 10) & (k < 15)].all()
    assert not solid[around > 14].any()


def test_rings_are_filled_slice_by_slice_and_an_open_ring_stays_open():
    """A shaft has no lid: in space nothing of it is enclosed."""
    grid, _, j, i = space()
    around = np.hypot(j, i)
    ring = (around < 14) & (around > 10)
    half_open = ring & ~((np.abs(j) < 9) & (i > 0))
    wall = ring.copy()
    wall[30] = half_open[30]
    wall[40] = False
    filled = fill_slices(wall, grid)
    assert np.array_equal(filled[29], around[29] < 14)
    assert np.array_equal(filled[31], around[31] < 14)
    assert not filled[30][around[30] < 5].any()
    assert not filled[40].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_a_hollow_bone_cut_by_any_face_of_the_scan_is_sealed_there(axis, end):
    grid, k, j, i = space()
    r = np.sqrt(k * k + j * j + i * i)
    half = np.s_[35:] if end == 0 else np.s_[:35]
    shell = np.moveaxis(np.moveaxis((r > 17) & (r < 20), axis, 0)[half], 0, axis)
    solid = fill_shell(shell, no_soft_edge(shell), grid)
    assert np.array_equal(solid, np.moveaxis(np.moveaxis(r < 20, axis, 0)[half], 0, axis))


def test_soft_voxels_are_peeled_off_the_surface_one_layer_and_no_more():
    grid, k, j, i = space(71)
    r = np.sqrt(k * k + j * j + i * i)
    shell = (r > 15) & (r < 20)
    whole = fill_shell(shell, no_soft_edge(r), grid)
    peeled = fill_shell(shell, r >= 16, grid)
    assert not (peeled & ~whole).any()
    row = np.s_[30, 40]
    assert whole[row].sum() - peeled[row].sum() == 2
    assert peeled[r < 18].all()


def test_an_empty_shell_is_no_solid():
    grid, k, _, _ = space(20)
    assert not fill_shell(np.zeros(k.shape, bool), np.zeros(k.shape, bool), grid).any()


def test_spikes_sheets_and_crumbs_are_cut_off_and_the_bone_stays():
    grid, k, j, i = space()
    bone = np.sqrt(k * k + j * j + i * i) < 15
    spike = (np.hypot(k, j) < 1.0) & (i > 0) & (i < 26)
    sheet = (np.abs(k - 5) < 0.9) & (np.abs(j) < 20) & (i < 0) & (i > -24)
    crumb = np.sqrt(k * k + (j - 24) ** 2 + (i - 20) ** 2) < 2.5
    kept = cut_spikes(bone | spike | sheet | crumb, grid)
    r = np.sqrt(k * k + j * j + i * i)
    assert kept[r < 14.2].all()
    assert not kept[r > 17].any()


def test_a_drain_is_stopped_although_metal_fills_most_of_the_inside():
    """The free rest is too narrow for its cores to tell which width seals; what lies under the surface does."""
    grid, k, j, i = space()
    around = np.hypot(j, i)
    tube = (around < 22) & (around > 19) & (np.abs(k) < 24)
    caps = (around < 22) & (np.abs(k) >= 21) & (np.abs(k) < 24)
    hole = (i > 0) & (np.abs(j) < 3.6) & (np.abs(k) < 15)
    metal = (around < 12) & (np.abs(k) < 21)
    shell = ((tube | caps) & ~hole) | metal
    solid = fill_around_metal(shell, no_soft_edge(shell), grid)
    inside = (around < 18) & (np.abs(k) < 20)
    assert solid[inside].mean() > 0.95
    assert not solid[around > 23].any()
