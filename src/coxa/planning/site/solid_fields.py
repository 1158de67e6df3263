"""Solids as signed-distance fields (negative inside): opened, closed, smoothed, and rid of loose pieces."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, distance_outside, sample_field

MISSED_VOXELS = 1.0
"""A vertex of a body that its distance says is so far outside was missed by it; less is a sharp edge."""


def opened(field: Field, radius_mm: float, grid: Grid) -> Field:
    """Open by a ball: what is left holds a ball of that radius everywhere; convex edges become round."""
    eroded = distance_outside(field >= 0, grid) > np.float32(radius_mm)
    return distance_outside(eroded, grid) - np.float32(radius_mm)


def closed(field: Field, radius_mm: float, grid: Grid) -> Field:
    """Close by a ball: pits and tunnels that no ball of that radius enters are filled."""
    if radius_mm == 0:
        return field
    return np.float32(radius_mm) - distance_outside(field >= np.float32(radius_mm), grid)


def smoothed(field: Field) -> Field:
    """Take the voxel staircase (half a voxel) off a distance."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(field, 1.0, mode="nearest"), dtype=np.float32)


def kept_between_nodes(distance: Field) -> Field:
    """Return a distance to a body lowered about the body's edges, so that a surface drawn between its nodes keeps it.

    Triangles between nodes cut across sharp edges. Lowered by its second difference a distance of half a voxel holds
    about a right angle; where the body is flat nothing changes.
    """
    lowered = distance.copy()
    for axis in range(3):
        middle, before, after = (_along(axis, part) for part in (slice(1, -1), slice(None, -2), slice(2, None)))
        bend = distance[before] + distance[after] - np.float32(2.0) * distance[middle]
        lowered[middle] -= np.maximum(bend, np.float32(0.0))
    return lowered


def holding_thin_sheets(distance: Field, body: Mesh, grid: Grid) -> Field:
    """Return a body's distance with the nodes nearest to sheets and spikes that pass between all nodes put inside.

    A sheet thinner than the pitch holds no node: neither its sign nor the distances about it would show it.
    """
    missed = body.vertices_lps_mm[
        sample_field(distance, grid, body.vertices_lps_mm, outside=0.0) > MISSED_VOXELS * grid.spacing_mm[0]
    ]
    held = distance.copy()
    i, j, k = np.rint(grid.indices_from_points(missed)).astype(int).T
    held[k, j, i] = np.minimum(held[k, j, i], np.float32(-0.25 * grid.spacing_mm[0]))
    return held


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    index = [slice(None)] * 3
    index[axis] = part
    return tuple(index)


def alone(field: Field, piece: BoolArray, grid: Grid) -> Field:
    """Return the field without the pieces other than ``piece``."""
    return np.where((field < 0) & ~piece, np.float32(grid.spacing_mm[0]), field).astype(np.float32)


def largest_piece(body: BoolArray, touching: BoolArray) -> BoolArray:
    """Return the largest connected piece that has a voxel in ``touching``; nothing when none has."""
    from scipy.ndimage import label

    pieces, count = label(body)
    if count == 0:
        return body
    sizes = np.bincount(pieces.ravel())
    found = np.unique(pieces[touching & body])
    found = found[found > 0]
    if not len(found):
        return np.zeros_like(body)
    return np.asarray(pieces == found[np.argmax(sizes[found])])
