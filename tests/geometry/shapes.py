"""Implicit shapes made into meshes: signed distances on a grid, negative inside."""

import numpy as np

from coxa.geometry import Grid, Mesh
from coxa.surface import isosurface


def mesh_of(distance, low, high, step=1.0) -> Mesh:
    """Mesh the zero level of ``distance(points)`` within a box; LPS mm."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    size = np.ceil((high - low) / step).astype(int) + 1
    grid = Grid(tuple(size), (step, step, step), low, np.eye(3))
    k, j, i = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij")
    points = grid.points_from_indices(np.stack([i, j, k], axis=-1))
    return isosurface(-distance(points), 0.0, grid)


def sphere(points, centre, radius):
    return np.linalg.norm(points - centre, axis=-1) - radius


def capsule(points, start, end, radius):
    start, along = np.asarray(start, float), np.asarray(end, float) - np.asarray(start, float)
    share = np.clip((points - start) @ along / (along @ along), 0, 1)
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1) - radius
