"""From a bone's shell to the bone: cracks closed, interior filled, openings as wide as a canal kept."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage as ndi

from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.segmentation.blocks import bounding_block, signed_distance_mm

CRACKS_MM = (2.0, 3.0, 4.5)
"""Cracks up to twice this are closed, the narrowest that will do; the sacral canal is wider and stays open."""
OPERATED_CRACKS_MM = (4.0, 5.5)
"""The same beside an implant, where resected bone has no cortex and streaks break what there is."""
DRAINED_ML = 1.0
PIECE_ML = 2.0
SPIKE_MM = 1.6
"""Half-width of what is cut off beside an implant: streaks are thinner, bone there is thicker."""


def fill_shell(
    shell: BoolArray, soft_edge: BoolArray, grid: Grid, cracks_mm: tuple[float, ...] = CRACKS_MM
) -> BoolArray:
    """Return the solid that a shell [k, j, i] encloses, closed by distances.

    The shell is widened by the crack width, what the outside cannot reach is interior, and what lies
    within that width of the outside is given back, so the outer surface stays where it was. A wider
    crack is assumed only when it seals an interior that a narrower one lets drain.
    A shell that is cut by the first or last slice (a femoral shaft) is sealed there, slice-wise.
    Voxels of ``soft_edge`` on the outer surface are peeled off again, one layer.
    """
    block = bounding_block(shell)
    if block is None:
        return shell
    part = shell[block].copy()
    for end, cut in ((0, block[0].start == 0), (-1, block[0].stop == shell.shape[0])):
        if cut:
            part[end] = _fill_slice(part[end], grid, cracks_mm[-1])
    pad = [int(np.ceil(cracks_mm[-1] / s)) + 1 for s in grid.spacing_mm[::-1]]
    image = sitk.GetImageFromArray(np.pad(part, [(p, p) for p in pad]).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    flood, crack_mm = _flood_outside(signed_distance_mm(image), cracks_mm, grid.voxel_volume_ml)
    solid = sitk.GetArrayFromImage(signed_distance_mm(flood)) > crack_mm
    inner = tuple(slice(p, p + n) for p, n in zip(pad, part.shape, strict=True))
    solid = solid[inner] | part
    near_outside = ndi.binary_dilation(~solid, border_value=0)
    filled = np.zeros_like(shell)
    filled[block] = solid & ~(near_outside & soft_edge[block])
    return filled


def _flood_outside(distance: sitk.Image, cracks_mm: tuple[float, ...], voxel_ml: float) -> tuple[sitk.Image, float]:
    """Return the outside that is further than a crack width from the shell, and the width that seals the interior."""
    best: tuple[sitk.Image, float] | None = None
    most_ml = 0.0
    for crack_mm in cracks_mm:
        free = distance > crack_mm
        flood = _connected_to_corner(free)  # the padding links all of the outside
        sealed_ml = (_count(free) - _count(flood)) * voxel_ml
        # sealed cores shrink as the width grows, unless a drain has been stopped
        if best is None or sealed_ml > 1.1 * most_ml + DRAINED_ML:
            best, most_ml = (flood, crack_mm), sealed_ml
    if best is None:
        raise ValueError("cracks_mm must name at least one width")
    return best


def cut_spikes(solid: BoolArray, grid: Grid) -> BoolArray:
    """Return a solid [k, j, i] without spikes, crumbs, and sheets thinner than twice :data:`SPIKE_MM`."""
    block = bounding_block(solid)
    if block is None:
        return solid
    image = sitk.GetImageFromArray(np.pad(~solid[block], 1, constant_values=1).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    smallest = max(1, round(PIECE_ML / grid.voxel_volume_ml))
    core = sitk.RelabelComponent(sitk.ConnectedComponent(signed_distance_mm(image) > SPIKE_MM), smallest) > 0
    # half a voxel more than was taken off, so that corners come back
    back = sitk.GetArrayFromImage(signed_distance_mm(core))[1:-1, 1:-1, 1:-1] <= SPIKE_MM + 0.5 * max(grid.spacing_mm)
    kept = np.zeros_like(solid)
    kept[block] = solid[block] & back
    return kept


def fill_slices(wall: BoolArray, grid: Grid, crack_mm: float = CRACKS_MM[-1]) -> BoolArray:
    """Return what a wall [k, j, i] encloses slice by slice: a shaft whose end is open stays a shaft."""
    block = bounding_block(wall)
    if block is None:
        return wall
    filled = wall.copy()
    for part in filled[block]:
        part[:] = _fill_slice(part, grid, crack_mm)
    return filled


def _connected_to_corner(free: sitk.Image) -> sitk.Image:
    parts = sitk.ConnectedComponent(free)  # several times faster than growing a region
    return parts == parts[(0,) * parts.GetDimension()]


def _count(mask: sitk.Image) -> int:
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))


def _fill_slice(mask: BoolArray, grid: Grid, crack_mm: float) -> BoolArray:
    image = sitk.GetImageFromArray(np.pad(mask, 12).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm[:2])
    outside = signed_distance_mm(image) > crack_mm
    flood = _connected_to_corner(outside)
    solid = sitk.GetArrayFromImage(signed_distance_mm(flood)) > crack_mm
    return np.asarray(solid[12:-12, 12:-12] | mask)
