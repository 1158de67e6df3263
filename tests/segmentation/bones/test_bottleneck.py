"""Two bones parted where the contact between them is narrowest, not where it is brightest first."""

import numpy as np

from coxa.geometry.grid import Grid
from coxa.segmentation.bones.bottleneck import part_at_bottleneck
from coxa.segmentation.local_contrast import LocalContrast

SHAPE = (20, 20, 60)


def _relief(values: np.ndarray) -> LocalContrast:
    return LocalContrast(values.astype(np.float32), Grid(values.shape[::-1], (1.0, 1.0, 1.0), np.zeros(3), np.eye(3)))


def _two_bars(bridge_from: int, bridge_to: int) -> np.ndarray:
    """Return two bars along i that touch over a small bright bridge only."""
    values = np.zeros(SHAPE)
    values[4:16, 4:16, 2:28] = 0.6
    values[4:16, 4:16, 32:58] = 0.6
    values[9:11, 9:11, bridge_from:bridge_to] = 1.0
    return values


def _seed(i: int) -> np.ndarray:
    seed = np.zeros(SHAPE, dtype=bool)
    seed[4:16, 4:16, i : i + 2] = True
    return seed


def test_a_bright_bridge_does_not_let_one_bone_flood_the_other():
    # the seed of the right bar lies at its far end, the bridge reaches deep into it: a flood would pass over it first
    values = _two_bars(20, 50)
    mine = part_at_bottleneck(_relief(values), values > 0.3, _seed(2), _seed(56))
    assert mine[4:16, 4:16, 2:27].all()
    assert not mine[4:16, 4:16, 33:58].any()


def test_which_bone_is_the_one_follows_the_seeds():
    values = _two_bars(27, 33)
    bone = values > 0.3
    mine = part_at_bottleneck(_relief(values), bone, _seed(2), _seed(56))
    other = part_at_bottleneck(_relief(values), bone, _seed(56), _seed(2))
    np.testing.assert_array_equal(mine[:, :, :27] ^ other[:, :, :27], bone[:, :, :27])
    np.testing.assert_array_equal(mine[:, :, 33:] ^ other[:, :, 33:], bone[:, :, 33:])


def test_without_seeds_of_the_other_all_of_it_is_one_and_without_seeds_of_the_one_none():
    values = _two_bars(27, 33)
    bone, nothing = values > 0.3, np.zeros(SHAPE, dtype=bool)
    np.testing.assert_array_equal(part_at_bottleneck(_relief(values), bone, _seed(2), nothing), bone)
    assert not part_at_bottleneck(_relief(values), bone, nothing, _seed(2)).any()
    assert not part_at_bottleneck(_relief(values), nothing, _seed(2), _seed(56)).any()


def test_the_border_runs_along_the_dark_within_its_blocks():
    values = np.full(SHAPE, 0.9)
    values[:, :, 31] = 0.4  # a dark sheet, not on a block's face
    mine = part_at_bottleneck(_relief(values), values > 0.3, _seed(2), _seed(56))
    assert mine[:, :, :31].all()
    assert not mine[:, :, 32:].any()
