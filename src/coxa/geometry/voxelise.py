"""Which grid points lie inside a closed mesh, by scan conversion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh

_SHIFT_VOXELS = np.array([1.37e-4, 0.83e-4, 0.0])
"""Moves the sampled columns off edges and vertices that lie exactly on the grid."""

_CANDIDATES_AT_ONCE = 4_000_000
"""Pairs of a triangle and a ray tried at once: bounds the memory."""


def inside_mask(mesh: Mesh, grid: Grid) -> BoolArray:
    """Return which grid points [k, j, i] lie inside a closed mesh.

    Every column along k is crossed with the triangles above it; the parity of the crossings below a point
    says whether it lies inside. The mesh may reach beyond the grid.
    """
    ijk = grid.indices_from_points(mesh.vertices_lps_mm) - _SHIFT_VOXELS
    toggles = np.zeros(grid.shape, dtype=bool)
    triangles = ijk[mesh.faces]
    for block in _blocks(triangles, grid):
        _toggle_crossings(toggles, block, grid)
    return np.asarray(np.logical_xor.accumulate(toggles, axis=0))


def _blocks(triangles: FloatArray, grid: Grid) -> list[FloatArray]:
    """Return the triangles over the grid in groups whose candidate columns fit in memory."""
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    over = (high[:, 0] >= 0) & (low[:, 0] <= grid.size[0] - 1) & (high[:, 1] >= 0) & (low[:, 1] <= grid.size[1] - 1)
    triangles = triangles[over & (low[:, 2] <= grid.size[2] - 1)]
    first, count = _column_ranges(triangles, grid)
    del first
    total = np.cumsum(count[:, 0] * count[:, 1])
    if not len(total):
        return []
    return np.split(triangles, np.flatnonzero(np.diff(total // _CANDIDATES_AT_ONCE)) + 1)


def _column_ranges(triangles: FloatArray, grid: Grid) -> tuple[IntArray, IntArray]:
    """Return the first column (i, j) under each triangle and how many there are along i and j."""
    last = np.array(grid.size[:2]) - 1
    first = np.clip(np.ceil(triangles[:, :, :2].min(axis=1)), 0, last + 1).astype(np.int64)
    end = np.clip(np.floor(triangles[:, :, :2].max(axis=1)), -1, last).astype(np.int64)
    return first, np.maximum(end - first + 1, 0)


def _toggle_crossings(toggles: npt.NDArray[np.bool_], triangles: FloatArray, grid: Grid) -> None:
    first, count = _column_ranges(triangles, grid)
    per_triangle = count[:, 0] * count[:, 1]
    owner = np.repeat(np.arange(len(triangles)), per_triangle)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(per_triangle) - per_triangle, per_triangle)
    i = first[owner, 0] + rank % np.maximum(count[owner, 0], 1)
    j = first[owner, 1] + rank // np.maximum(count[owner, 0], 1)
    a, b, c = (triangles[owner, n] for n in range(3))
    weight_c = (b[:, 0] - a[:, 0]) * (j - a[:, 1]) - (b[:, 1] - a[:, 1]) * (i - a[:, 0])
    weight_a = (c[:, 0] - b[:, 0]) * (j - b[:, 1]) - (c[:, 1] - b[:, 1]) * (i - b[:, 0])
    weight_b = (a[:, 0] - c[:, 0]) * (j - c[:, 1]) - (a[:, 1] - c[:, 1]) * (i - c[:, 0])
    total = weight_a + weight_b + weight_c
    hit = ((weight_a > 0) == (weight_b > 0)) & ((weight_b > 0) == (weight_c > 0)) & (np.abs(total) > 1e-15)
    height = (weight_a[hit] * a[hit, 2] + weight_b[hit] * b[hit, 2] + weight_c[hit] * c[hit, 2]) / total[hit]
    k = np.maximum(np.ceil(height), 0).astype(np.int64)
    below_top = k < grid.size[2]
    flat = (k[below_top] * grid.size[1] + j[hit][below_top]) * grid.size[0] + i[hit][below_top]
    cell, crossings = np.unique(flat, return_counts=True)
    toggles.reshape(-1)[cell[crossings % 2 == 1]] ^= True
