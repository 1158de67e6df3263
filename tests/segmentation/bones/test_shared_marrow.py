"""A bone whose wall carries a neighbour's name over a patch is filled all the same; a joint space is not."""

import numpy as np

from coxa.geometry.grid import Grid
from coxa.segmentation.bones.shared_marrow import fill_shared_marrow

GRID = Grid((70, 40, 40), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
SACRUM, HIP = 3, 1


def _box(walls: np.ndarray, label: int, i_from: int, i_to: int) -> None:
    """Wall in a chamber of 2 mm cortex."""
    shell = np.zeros(walls.shape, dtype=bool)
    shell[8:32, 8:32, i_from:i_to] = True
    shell[10:30, 10:30, i_from + 2 : i_to - 2] = False
    walls[shell] = label


def _filled(walls: np.ndarray) -> np.ndarray:
    labels = walls.copy()
    fill_shared_marrow(labels, walls, np.zeros(walls.shape, dtype=bool), GRID, (SACRUM, HIP))
    return labels


def test_a_patch_of_wall_with_the_wrong_name_does_not_drain_the_bone():
    walls = np.zeros(GRID.shape, dtype=np.uint8)
    _box(walls, SACRUM, 8, 34)
    walls[13:27, 13:27, 32:34] = HIP  # 14 mm wide: far wider than any crack that filling closes
    labels = _filled(walls)
    assert (labels[11:29, 11:29, 11:31] == SACRUM).all()


def test_a_space_between_two_bones_stays_empty():
    walls = np.zeros(GRID.shape, dtype=np.uint8)
    walls[8:32, 8:32, 10:14] = SACRUM
    walls[8:32, 8:32, 20:24] = HIP
    walls[8:10, 8:32, 14:17] = walls[30:32, 8:32, 14:17] = SACRUM
    walls[8:10, 8:32, 17:20] = walls[30:32, 8:32, 17:20] = HIP
    walls[8:32, 8:10, 14:17] = walls[8:32, 30:32, 14:17] = SACRUM
    walls[8:32, 8:10, 17:20] = walls[8:32, 30:32, 17:20] = HIP
    assert not _filled(walls)[12:28, 12:28, 15:19].any()


def test_a_chamber_open_to_the_outside_is_left_open():
    walls = np.zeros(GRID.shape, dtype=np.uint8)
    _box(walls, SACRUM, 8, 34)
    walls[13:27, 13:27, 32:34] = 0
    assert not _filled(walls)[11:29, 11:29, 11:28].any()


def test_without_walls_nothing_happens():
    assert not _filled(np.zeros(GRID.shape, dtype=np.uint8)).any()


def test_the_soft_inner_side_of_the_wall_comes_back_with_the_chamber():
    walls = np.zeros(GRID.shape, dtype=np.uint8)
    _box(walls, SACRUM, 8, 34)
    walls[13:27, 13:27, 32:34] = HIP
    labels = walls.copy()
    labels[10, 12:28, 12:30] = 0  # peeled off as an outer surface while the bone was drained
    walls[10, 12:28, 12:30] = SACRUM
    fill_shared_marrow(labels, walls, np.zeros(walls.shape, dtype=bool), GRID, (SACRUM, HIP))
    assert (labels[10, 12:28, 12:30] == SACRUM).all()
