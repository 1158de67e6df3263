"""What a bone's cortex encloses although it has holes: inside, the bone's own wall is seen in nearly all directions.

A flood drains a bone through one hole that is wider than the cracks it closes. What is seen does not depend on one
hole: from a place inside, a hole of a given size hides only its share of the directions, so the interior is known
wherever the rest of the cortex stands. From a groove, a socket or a foramen half of the directions or more lead out.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray, IntArray
from coxa.geometry.blocks import bounding_block
from coxa.geometry.grid import Grid
from coxa.segmentation.bones.solid import CRACKS_MM, fill_shell

CELL_MM = 2.0
"""Walls are looked at in cubes of this edge, whatever the scan's own voxels are."""
SIGHT_MM = 40.0
"""A wall further away belongs to another part of the bone: no part of it is twice as thick."""
LEAST_ENCLOSED, LEAST_ENCLOSED_HOLLOW = 0.85, 0.7
"""Over an intact plane surface half is seen, in a groove or a socket up to two thirds, in a deep bed four fifths [E].
The lesser share fills grooves of a sound bone a little; it counts only for a bone that is hollow without it."""
HOLLOW_SHARE = 0.15
"""A bone to which the lesser share adds this much of its volume was hollow; grooves are less [E]."""
MOST_ROUNDS = 4
"""What is known to be inside walls in the rest; a core that grew so often has reached what it will."""
LEAST_CORE_ML = 0.3
"""A smaller enclosed core is noise and fills nothing, ml [E]."""
DIRECTIONS: tuple[tuple[int, int, int], ...] = tuple(
    (k, j, i) for k, j, i in product((-1, 0, 1), repeat=3) if (k, j, i) != (0, 0, 0)
)
"""Steps toward the 26 neighbours of a cube: the directions that are looked in."""


def enclosed_core(
    wall: BoolArray, not_bone: BoolArray, deep_bed: BoolArray, grid: Grid, least_enclosed: float
) -> BoolArray:
    """Return what lies deep inside a wall [k, j, i] with holes; neither the wall nor what lies just under it.

    Parameters
    ----------
    wall : ndarray [k, j, i] of bool
        Of one bone.
    not_bone : ndarray [k, j, i] of bool
        What cannot be inside.
    deep_bed : ndarray [k, j, i] of bool
        Where no less than :data:`LEAST_ENCLOSED` will do.
    grid : Grid
    least_enclosed : float
        Share of the directions that must meet the wall.
    """
    core = np.zeros_like(wall)
    block = bounding_block(wall)
    if block is None:
        return core
    spacing = grid.spacing_mm[::-1]
    places = [_cell_of_voxels(n, s) for n, s in zip(wall[block].shape, spacing, strict=True)]
    cells, barred, deep = (_in_cells(mask[block], places, spacing) for mask in (wall, not_bone, deep_bed))
    barred &= ~cells
    least = np.where(deep, max(LEAST_ENCLOSED, least_enclosed), least_enclosed)
    known, before = cells.copy(), -1
    for _ in range(MOST_ROUNDS):
        inside = (enclosed_share(known, round(SIGHT_MM / CELL_MM)) >= least) & ~cells & ~barred
        inside = _large(ndi.binary_opening(inside))
        if np.count_nonzero(inside) <= 1.02 * before:
            break
        before = int(np.count_nonzero(inside))
        known = cells | inside
    core[block] = (known & ~cells)[np.ix_(*places)]
    return core


def _large(mask: BoolArray) -> BoolArray:
    parts, count = ndi.label(mask)
    large = np.bincount(parts.ravel(), minlength=count + 1) * CELL_MM**3 / 1000.0 >= LEAST_CORE_ML
    large[0] = False
    return np.asarray(large[parts])


def enclosed_share(wall: BoolArray, reach: int) -> npt.NDArray[np.float32]:
    """Return in which share of 26 directions each cell meets a wall within so many steps.

    Parameters
    ----------
    wall : ndarray [k, j, i] of bool
        Cubic cells.
    reach : int
    """
    met = np.zeros(wall.shape, dtype=np.uint8)
    for direction in DIRECTIONS:
        steps = max(1, round(reach / float(np.linalg.norm(direction))))
        met += _steps_to_wall(wall, direction) <= steps
    return (met / np.float32(len(DIRECTIONS))).astype(np.float32)


def _steps_to_wall(wall: BoolArray, direction: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return how many steps along a direction lead each cell to a wall; 255 where none does."""
    axis = next(n for n, step in enumerate(direction) if step)
    planes, others = np.moveaxis(wall, axis, 0), tuple(s for n, s in enumerate(direction) if n != axis)
    steps = np.full(planes.shape, 255, dtype=np.uint8)
    order = range(len(planes) - 1, -1, -1) if direction[axis] > 0 else range(len(planes))
    before: npt.NDArray[np.uint8] | None = None
    for n in order:
        if before is not None:
            ahead = _shifted(before, others)
            steps[n] = np.where(ahead < 255, ahead + 1, 255)
        before = np.where(planes[n], 0, steps[n]).astype(np.uint8)
    return np.moveaxis(steps, 0, axis)


def _shifted(plane: npt.NDArray[np.uint8], steps: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return for each cell of a plane the value so many steps ahead; 255 beyond the border."""
    out = np.full_like(plane, 255)
    to: list[slice] = []
    of: list[slice] = []
    for step, length in zip(steps, plane.shape, strict=True):
        to.append(slice(max(0, -step), length - max(0, step)))
        of.append(slice(max(0, step), length - max(0, -step)))
    out[tuple(to)] = plane[tuple(of)]
    return out


def _cell_of_voxels(count: int, spacing_mm: float) -> IntArray:
    return np.asarray(np.arange(count) * spacing_mm / CELL_MM + 0.5 * min(1.0, spacing_mm / CELL_MM)).astype(np.int64)


def _in_cells(wall: BoolArray, places: list[IntArray], spacing_kji_mm: tuple[float, ...]) -> BoolArray:
    """Return the cells that hold a voxel of a wall; a voxel longer than a cell fills all that it spans."""
    shape = [int(p[-1]) + 1 for p in places]
    cells = wall
    for axis, (place, spacing) in enumerate(zip(places, spacing_kji_mm, strict=True)):
        moved = np.moveaxis(cells, axis, 0)
        if spacing <= CELL_MM:
            first = np.flatnonzero(np.diff(place, prepend=-1))
            cells = np.moveaxis(np.logical_or.reduceat(moved, first, axis=0), 0, axis)
        else:
            nearest = np.abs(place[:, None] - np.arange(shape[axis])).argmin(axis=0)
            cells = np.moveaxis(moved[nearest], 0, axis)
    return np.asarray(cells)


def fill_enclosed(
    wall: BoolArray,
    soft_edge: BoolArray,
    not_bone: BoolArray,
    grid: Grid,
    cracks_mm: tuple[float, ...] = CRACKS_MM,
    deep_bed: BoolArray | None = None,
) -> BoolArray:
    """Return the solid that a wall [k, j, i] with holes encloses.

    Parameters
    ----------
    wall, soft_edge : ndarray [k, j, i] of bool
        As in :func:`~coxa.segmentation.bones.solid.fill_shell`.
    not_bone : ndarray [k, j, i] of bool
        What is another bone's wall or lies in another bone.
    grid : Grid
    cracks_mm : tuple of float
    deep_bed : ndarray [k, j, i] of bool, optional
        Where a migrated cup may have dug a deep bed, which is no bone.
    """
    solid = fill_shell(wall, soft_edge, grid, cracks_mm)
    deep = np.zeros_like(wall) if deep_bed is None else deep_bed
    core = enclosed_core(solid, not_bone, deep, grid, LEAST_ENCLOSED_HOLLOW) & ~solid & ~not_bone
    if np.count_nonzero(core) < HOLLOW_SHARE * np.count_nonzero(solid):
        core = enclosed_core(solid, not_bone, deep, grid, LEAST_ENCLOSED) & ~solid & ~not_bone
    if np.count_nonzero(core) * grid.voxel_volume_ml < LEAST_CORE_ML:
        return solid
    return solid | (fill_shell(solid | core, soft_edge, grid, cracks_mm) & ~not_bone)
