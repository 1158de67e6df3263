"""From a bone's shell to the bone: cracks closed, interior filled, openings as wide as a canal kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.blocks import bounding_block, far_from, margin_voxels, near_distance
from coxa.geometry.grid import Grid

CRACKS_MM = (2.0, 3.0, 4.5)
"""Cracks up to twice this are closed, the narrowest that will do; the sacral canal is wider and stays open."""
OPERATED_CRACKS_MM = (4.0, 5.5)
"""The same beside an implant, where resected bone has no cortex and streaks break what there is."""
STEM_CRACKS_MM = (2.0, 3.0, 4.5, 6.0)
"""The same around a stem: where it meets the cortex the shell is gone."""
DEPTH_MM = 4.0
"""What lies this deep under a closed surface was sealed by it, and did not come from bridging a groove."""
DRAINED_ML = 1.0
"""A wider crack is taken only when it encloses a tenth and so much more, ml."""
PIECE_ML = 2.0
"""Smaller pieces are left out, ml."""
SPIKE_MM = 1.6
"""Half-width of what is cut off beside an implant: streaks are thinner, bone there is thicker."""


IN_SPACE = ndi.generate_binary_structure(3, 1)
"""Neighbours through faces in space,"""
IN_SLICE = IN_SPACE & np.array([False, True, False])[:, None, None]
"""and within a slice."""
"""Which of a voxel's neighbours it is linked to."""
FACE_AXES = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
"""By array axis: the index axes of a grid whose slices run across that axis."""


@dataclass(frozen=True, eq=False)
class _Flood:
    """Voxels ``free`` of a shell widened by a crack width, and those that the outside has ``reached``."""

    free: BoolArray
    reached: BoolArray
    crack_mm: float
    grid: Grid

    @property
    def cores_ml(self) -> float:
        """Volume that the outside does not reach; it shrinks as the width grows."""
        return float((np.count_nonzero(self.free) - np.count_nonzero(self.reached)) * self.grid.voxel_volume_ml)

    @property
    def deep_ml(self) -> float:
        """Volume deep under the closed surface."""
        deep = far_from(self.reached, self.grid.spacing_mm[::-1], self.crack_mm + DEPTH_MM)
        return float(np.count_nonzero(deep) * self.grid.voxel_volume_ml)

    @property
    def enclosed(self) -> BoolArray:
        """Voxels under the closed surface."""
        return far_from(self.reached, self.grid.spacing_mm[::-1], self.crack_mm)


def fill_shell(
    shell: BoolArray, soft_edge: BoolArray, grid: Grid, cracks_mm: tuple[float, ...] = CRACKS_MM
) -> BoolArray:
    """Return the solid that a shell [k, j, i] encloses, closed by distances.

    The shell is widened by the crack width, what the outside cannot reach is interior, and what lies
    within that width of the outside is given back, so the outer surface stays where it was. A wider
    crack is assumed only when it seals an interior that a narrower one lets drain.
    A shell that is cut by a face of the array (a femoral shaft, a cropped pelvis) is sealed in that face.
    Voxels of ``soft_edge`` on the outer surface are peeled off again, one layer.
    """
    return _fill(shell, soft_edge, grid, cracks_mm, lambda flood: flood.cores_ml)


def fill_around_metal(
    shell: BoolArray, soft_edge: BoolArray, grid: Grid, cracks_mm: tuple[float, ...] = STEM_CRACKS_MM
) -> BoolArray:
    """Return the solid as :func:`fill_shell` does when metal takes up the interior, so that little of it is free.

    How much a crack width seals is then told by what lies deep under the closed surface, metal or not.
    """
    return _fill(shell, soft_edge, grid, cracks_mm, lambda flood: flood.deep_ml)


def _fill(
    shell: BoolArray,
    soft_edge: BoolArray,
    grid: Grid,
    cracks_mm: tuple[float, ...],
    sealed_ml: Callable[[_Flood], float],
) -> BoolArray:
    block = bounding_block(shell)
    if block is None:
        return shell
    part = shell[block].copy()
    for axis, (where, length) in enumerate(zip(block, shell.shape, strict=True)):
        faces = np.moveaxis(part, axis, 0)
        faces_grid = grid.reoriented(FACE_AXES[axis], (False, False, False))
        for end, cut in ((slice(0, 1), where.start == 0), (slice(-1, None), where.stop == length)):
            if cut:
                faces[end] = fill_slices(faces[end], faces_grid, cracks_mm[-1])
    solid = part | _enclosed(part, grid, cracks_mm, sealed_ml)
    near_outside = ndi.binary_dilation(~solid, border_value=0)
    filled = np.zeros_like(shell)
    filled[block] = solid & ~(near_outside & soft_edge[block])
    return filled


def _enclosed(
    shell: BoolArray, grid: Grid, cracks_mm: tuple[float, ...], sealed_ml: Callable[[_Flood], float]
) -> BoolArray:
    """Return what lies further than the crack width from the outside, at the width that seals the interior."""
    pad = margin_voxels(cracks_mm[-1], grid)
    distance = near_distance(np.pad(shell, [(p, p) for p in pad]), grid.spacing_mm[::-1], cracks_mm[-1])
    best: _Flood | None = None
    most_ml = 0.0
    for crack_mm in cracks_mm:
        free = distance.beyond(crack_mm)
        flood = _Flood(free, _linked_to_corner(free, IN_SPACE), crack_mm, grid)
        ml = sealed_ml(flood)
        # it grows little, if at all, with the width, unless a drain has been stopped
        if best is None or ml > 1.1 * most_ml + DRAINED_ML:
            best, most_ml = flood, ml
    if best is None:
        raise ValueError("cracks_mm must name at least one width")
    inner = tuple(slice(p, -p) for p in pad)
    return best.enclosed[inner]


def fill_slices(wall: BoolArray, grid: Grid, crack_mm: float = CRACKS_MM[-1]) -> BoolArray:
    """Return what a wall [k, j, i] encloses slice by slice: a shaft whose end is open stays a shaft."""
    block = bounding_block(wall)
    if block is None:
        return wall
    i_mm, j_mm, _ = grid.spacing_mm
    spacing_mm = (np.inf, j_mm, i_mm)
    _, rows, columns = margin_voxels(crack_mm, grid)
    padded = np.pad(wall[block], [(0, 0), (rows, rows), (columns, columns)])
    outside = _linked_to_corner(far_from(padded, spacing_mm, crack_mm), IN_SLICE)
    enclosed = far_from(outside, spacing_mm, crack_mm)
    filled = wall.copy()
    filled[block] |= enclosed[:, rows:-rows, columns:-columns]
    return filled


def _linked_to_corner(free: BoolArray, neighbours: BoolArray) -> BoolArray:
    """Return the free voxels linked to the corner of their slice: the padding links all of the outside."""
    parts = ndi.label(free, neighbours)[0]
    return np.asarray(parts == parts[:, :1, :1])


def cut_spikes(solid: BoolArray, grid: Grid) -> BoolArray:
    """Return a solid [k, j, i] without spikes, crumbs, and sheets thinner than twice :data:`SPIKE_MM`."""
    block = bounding_block(solid)
    if block is None:
        return solid
    spacing_mm = grid.spacing_mm[::-1]
    outside = np.pad(~solid[block], 1, constant_values=True)
    parts = ndi.label(far_from(outside, spacing_mm, SPIKE_MM))[0]
    large = np.bincount(parts.ravel()) >= max(1, round(PIECE_ML / grid.voxel_volume_ml))
    large[0] = False
    back_mm = SPIKE_MM + 0.5 * max(spacing_mm)  # half a voxel more than was taken off, so that corners come back
    back = ~far_from(large[parts], spacing_mm, back_mm)
    kept = np.zeros_like(solid)
    kept[block] = solid[block] & back[1:-1, 1:-1, 1:-1]
    return kept
