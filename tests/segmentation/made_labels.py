"""A pelvis of boxes, bone in soft tissue, and labels as somebody else would draw them."""

import numpy as np

from coxa.anatomy import LABELS
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.volume import Volume

GRID = Grid((100, 50, 70), (3.0, 3.0, 3.0), [-148.5, -73.5, -100.0], np.eye(3))
BONE_HU, TISSUE_HU = 400, 40
BOXES_LPS_MM = {
    "hip_left": ((60, 100), (-30, 30), (-60, 80)),
    "hip_right": ((-100, -60), (-30, 30), (-60, 80)),
    "sacrum": ((-30, 30), (20, 60), (0, 80)),
    "femur_left": ((110, 135), (-15, 15), (-95, -20)),
    "femur_right": ((-135, -110), (-15, 15), (-95, -20)),
}
"""Patient's left is +x: from low to high along x, y, z."""
OWN = {name: value for value, name in LABELS.items()}


def box(grid, limits):
    axes = [np.arange(n) for n in grid.shape]
    points = grid.points_from_indices(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)[..., ::-1])
    low, high = np.array(limits).T
    return ((points > low) & (points < high)).all(axis=-1)


def scan(grid=GRID, metal=None):
    hu = np.full(grid.shape, TISSUE_HU, np.int16)
    for limits in BOXES_LPS_MM.values():
        hu[box(grid, limits)] = BONE_HU
    if metal is not None:
        hu[box(grid, metal)] = 3000
    return Volume(hu, grid)


def labels(grid=GRID, boxes=BOXES_LPS_MM):
    drawn = np.zeros(grid.shape, np.uint8)
    for name, limits in boxes.items():
        drawn[box(grid, limits)] = OWN[name]
    return Segmentation(drawn, grid, {OWN[name]: name for name in boxes}, "file")
