"""A bone that does not hang together with the femoral head is no femur."""

import numpy as np

from coxa.anatomy import Side
from coxa.segmentation.bones.detached_components import drop_detached_components


def limb():
    labels = np.zeros((40, 30, 50), np.uint8)
    labels[5:30, 10:16, 20:26] = 4  # femur with its head at the top
    labels[2:38, 10:18, 40:48] = 4  # a forearm, larger
    labels[10:12, 2:4, 2:4] = 1
    head = (slice(24, 32), slice(8, 18), slice(18, 28)), np.ones((8, 10, 10), bool)
    return labels, head


def test_the_piece_with_the_head_stays_however_large_the_other_is():
    labels, head = limb()
    drop_detached_components(labels, {Side.LEFT: head})
    assert (labels == 4).sum() == 25 * 6 * 6
    assert not labels[:, :, 40:].any()
    assert (labels == 1).sum() == 8


def test_a_femur_without_a_native_head_keeps_its_pieces():
    labels, _ = limb()
    before = labels.copy()
    drop_detached_components(labels, {})
    assert np.array_equal(labels, before)


def test_a_head_without_a_femur_changes_nothing():
    labels, head = limb()
    labels[labels == 4] = 0
    before = labels.copy()
    drop_detached_components(labels, {Side.LEFT: head})
    assert np.array_equal(labels, before)
