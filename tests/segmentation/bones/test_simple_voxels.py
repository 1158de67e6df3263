"""Taking simple voxels off a mask leaves its form: no tunnel, cavity or piece more or less."""

import numpy as np
from scipy import ndimage as ndi
from skimage.measure import euler_number

from coxa.segmentation.bones.simple_voxels import count_about, remove_simple


def everywhere(mask):
    return np.argwhere(mask)


def test_a_sheet_is_not_pierced():
    mask = np.zeros((7, 12, 12), bool)
    mask[3, 1:-1, 1:-1] = True
    inner = np.zeros_like(mask)
    inner[3, 3:-3, 3:-3] = True
    remove_simple(mask, everywhere(inner))
    assert mask[3, 1:-1, 1:-1].all()


def test_a_bridge_is_not_cut_and_no_cavity_opens():
    mask = np.zeros((9, 9, 20), bool)
    mask[2:7, 2:7, 1:7] = mask[2:7, 2:7, 13:19] = mask[4, 4, 7:13] = True
    asked = np.array([[4, 4, 9], [4, 4, 4]])
    remove_simple(mask, asked)
    assert mask[tuple(asked.T)].all()


def test_a_bump_goes():
    mask = np.zeros((9, 9, 9), bool)
    mask[2:5, 2:7, 2:7] = mask[5, 4, 4] = True
    remove_simple(mask, np.array([[5, 4, 4]]))
    assert not mask[5].any()


def test_whatever_is_asked_for_the_form_stays():
    solid = ndi.gaussian_filter(np.random.default_rng(3).normal(size=(40, 40, 40)), 1.5)
    mask = np.pad(solid > 0, 2)
    before = mask.copy()
    remove_simple(mask, everywhere(mask & (np.random.default_rng(4).random(mask.shape) < 0.5)))
    assert mask.sum() < 0.9 * before.sum()
    assert euler_number(mask, 3) == euler_number(before, 3)
    assert ndi.label(mask, np.ones((3, 3, 3)))[1] == ndi.label(before, np.ones((3, 3, 3)))[1]
    assert ndi.label(~mask)[1] == ndi.label(~before)[1]


def test_the_border_of_the_array_stays():
    mask = np.ones((4, 4, 4), bool)
    remove_simple(mask, np.array([[0, 0, 0], [3, 2, 1]]))
    assert mask.all()


def test_neighbours_are_counted():
    mask = np.zeros((5, 5, 5), bool)
    mask[1:4, 1:4, 1:3] = True
    assert count_about(mask, np.array([[2, 2, 2], [2, 2, 3], [0, 0, 0]])).tolist() == [17, 9, 26]
