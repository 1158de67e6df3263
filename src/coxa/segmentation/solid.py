"""From a bone's shell to the bone: cracks closed, interior filled, openings as wide as a canal kept."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.segmentation.blocks import beyond, bounding_block, far_from, margin_voxels, squared_distance_to

CRACKS_MM = (2.0, 3.0, 4.5)
"""Cracks up to twice this are closed, the narrowest that will do; the sacral canal is wider and stays open."""
OPERATED_CRACKS_MM = (4.0, 5.5)
"""The same beside an implant, where resected bone has no cortex and streaks break what there is."""
DRAINED_ML = 1.0
PIECE_ML = 2.0
SPIKE_MM = 1.6
"""Half-width of what is cut off beside an implant: streaks are thinner, bone there is thicker."""


IN_SPACE = ndi.generate_binary_structure(3, 1)
IN_SLICE = IN_SPACE & np.array([False, True, False])[:, None, None]
"""Which of a voxel's neighbours it is linked to."""
FACE_AXES = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
"""By array axis: the index axes of a grid whose slices run across that axis."""


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
    solid = part | _enclosed(part, grid, cracks_mm)
    near_outside = ndi.binary_dilation(~solid, border_value=0)
    filled = np.zeros_like(shell)
    filled[block] = solid & ~(near_outside & soft_edge[block])
    return filled


def _enclosed(shell: BoolArray, grid: Grid, cracks_mm: tuple[float, ...]) -> BoolArray:
    """Return what lies further than the crack width from the outside, at the width that seals the interior."""
    spacing_mm = grid.spacing_mm[::-1]
    pad = margin_voxels(cracks_mm[-1], grid)
    distance = squared_distance_to(np.pad(shell, [(p, p) for p in pad]), spacing_mm, cracks_mm[-1])
    outside, sealing_mm, most_ml = None, 0.0, 0.0
    for crack_mm in cracks_mm:
        free = beyond(distance, crack_mm)
        reached = _linked_to_corner(free, IN_SPACE)
        sealed_ml = (np.count_nonzero(free) - np.count_nonzero(reached)) * grid.voxel_volume_ml
        # sealed cores shrink as the width grows, unless a drain has been stopped
        if outside is None or sealed_ml > 1.1 * most_ml + DRAINED_ML:
            outside, sealing_mm, most_ml = reached, crack_mm, sealed_ml
    if outside is None:
        raise ValueError("cracks_mm must name at least one width")
    inner = tuple(slice(p, -p) for p in pad)
    return far_from(outside, spacing_mm, sealing_mm)[inner]


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
