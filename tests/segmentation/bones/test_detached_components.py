"""A bone that does not hang together with the femoral head is no femur."""

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.detached_components import drop_detached_components

GRID = Grid((50, 30, 40), (2.0, 2.0, 2.0), np.zeros(3), np.eye(3))


def limb():
    labels = np.zeros((40, 30, 50), np.uint8)
    labels[5:30, 10:16, 20:26] = 4  # femur with its head at the top
    labels[2:38, 10:18, 40:48] = 4  # a forearm, larger
    labels[10:12, 2:4, 2:4] = 1
    head = (slice(24, 32), slice(8, 18), slice(18, 28)), np.ones((8, 10, 10), bool)
    return labels, head


def test_the_piece_with_the_head_stays_however_large_the_other_is():
    labels, head = limb()
    drop_detached_components(labels, {Side.LEFT: head}, GRID)
    assert (labels == 4).sum() == 25 * 6 * 6
    assert not labels[:, :, 40:].any()
    assert (labels == 1).sum() == 8


def test_a_femur_without_a_native_head_keeps_its_pieces():
    labels, _ = limb()
    before = labels.copy()
    drop_detached_components(labels, {}, GRID)
    assert np.array_equal(labels, before)


def test_a_head_without_a_femur_changes_nothing():
    labels, head = limb()
    labels[labels == 4] = 0
    before = labels.copy()
    drop_detached_components(labels, {Side.LEFT: head}, GRID)
    assert np.array_equal(labels, before)


def test_a_trochanter_that_the_end_of_the_scan_cuts_off_from_the_head_stays():
    labels = np.zeros((40, 30, 100), np.uint8)
    labels[0:14, 10:16, 20:26] = 4  # a head that the scan just holds
    labels[0:6, 10:16, 45:52] = 4  # the trochanter's tip, 50 mm beside it
    labels[0:30, 10:16, 75:83] = 4  # a forearm, 110 mm beside it
    labels[8:12, 2:6, 30:34] = 4  # nothing that the scan cuts
    head = (slice(4, 14), slice(8, 18), slice(18, 28)), np.ones((10, 10, 10), bool)
    drop_detached_components(labels, {Side.LEFT: head}, Grid((100, 30, 40), (2.0, 2.0, 2.0), np.zeros(3), np.eye(3)))
    assert (labels[0:6, 10:16, 45:52] == 4).all()
    assert not labels[:, :, 75:].any()
    assert not labels[8:12, 2:6, 30:34].any()


def test_with_the_shaft_in_view_no_second_piece_stays():
    labels, head = limb()
    labels[0:6, 10:16, 30:34] = 4
    drop_detached_components(labels, {Side.LEFT: head}, Grid((50, 30, 40), (2.0, 2.0, 3.0), np.zeros(3), np.eye(3)))
    assert not labels[0:5, :, 30:34].any()
