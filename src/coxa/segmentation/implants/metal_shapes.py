"""Pieces of metal by their shape: screws, plates, nails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.blocks import distance_to
from coxa.geometry.grid import Grid

SCREW_MM = (8.0, 140.0)
"""Shortest and longest: drill-hole plugs and wires are no screws."""
SCREW_WIDTH_MM, SCREW_SLENDERNESS = 10.0, 2.0
"""Shanks of up to 7.3 mm and heads of 8 mm, with their blooming [E]; length over width."""
NAIL_MM, NAIL_CORE_MM = 80.0, 4.0
"""A nail is this long where it is thicker than twice its core's depth; plates are thinner, lag screws shorter [E]."""
PLATE_MM, PLATE_WIDTH_MM, PLATE_BENT_MM, PLATE_FILL = 25.0, 8.0, 15.0, 0.25
"""Least length and width, greatest height of a bent one, and the least share of its box that it fills (a cerclage
wire's ring fills half of that) [E]."""


@dataclass(frozen=True)
class MetalShape:
    """Extents of a piece along its own axes, longest first, the length of its thick core, and its fill of the box."""

    length_mm: float
    width_mm: float
    thickness_mm: float
    core_length_mm: float
    fill: float


def pieces_of(kji: IntArray) -> npt.NDArray[np.int32]:
    """Return the number, from 0, of the connected piece that each voxel (N, 3) belongs to."""
    if not len(kji):
        return np.zeros(0, dtype=np.int32)
    return np.asarray(ndi.label(_block_of(kji), np.ones((3, 3, 3)))[0][tuple((kji - kji.min(axis=0)).T)] - 1)


def shape_of(kji: IntArray, grid: Grid) -> MetalShape:
    """Measure a piece from its voxels (N, 3)."""
    points = grid.points_from_indices(kji[:, ::-1])
    length, width, thickness = _extents_mm(points, grid)
    inside = np.pad(_block_of(kji), 1)
    deep = kji[(distance_to(~inside, grid)[1:-1, 1:-1, 1:-1] > NAIL_CORE_MM)[tuple((kji - kji.min(axis=0)).T)]]
    core = _extents_mm(grid.points_from_indices(deep[:, ::-1]), grid)[0] if len(deep) > 3 else 0.0
    fill = 1000.0 * len(kji) * grid.voxel_volume_ml / (length * width * thickness)
    return MetalShape(length, width, thickness, core, fill)


def name_of_shape(shape: MetalShape) -> str | None:
    """Return ``screw``, ``plate`` or ``nail``; None for a wire, a clip, a cage or anything else."""
    if shape.core_length_mm >= NAIL_MM:
        return "nail"
    slender = shape.length_mm >= SCREW_SLENDERNESS * shape.width_mm
    if slender and shape.width_mm <= SCREW_WIDTH_MM and SCREW_MM[0] <= shape.length_mm <= SCREW_MM[1]:
        return "screw"
    broad = shape.length_mm >= PLATE_MM and shape.width_mm >= PLATE_WIDTH_MM
    return "plate" if broad and shape.thickness_mm <= PLATE_BENT_MM and shape.fill >= PLATE_FILL else None


def _block_of(kji: IntArray) -> npt.NDArray[np.bool_]:
    low = kji.min(axis=0)
    block = np.zeros(kji.max(axis=0) - low + 1, dtype=bool)
    block[tuple((kji - low).T)] = True
    return block


def _extents_mm(points_lps_mm: FloatArray, grid: Grid) -> tuple[float, float, float]:
    """Return the extents along the principal axes, longest first, a voxel's width included."""
    centred = points_lps_mm - points_lps_mm.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1]
    along = centred @ axes
    a, b, c = np.ptp(along, axis=0) + np.abs(axes.T @ grid.direction) @ np.array(grid.spacing_mm)
    return float(a), float(b), float(c)
