"""A printable part: solid inside, porous on one side, from a signed distance to a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import MeshError
from coxa.geometry.arrays import BoolArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.manufacturing.lattice import Field, Lattice

FULL_METAL = 3.0
"""Thickening at which every lattice is solid, in units of its field."""

TRANSITION_MM = 0.5
"""Depth over which struts grow into the solid, beyond the porous layer."""

CORE_DEPTH_MM = 0.3
"""How deep the core of a strut lies under its surface."""

CORE_INSIDE_MM = 0.15
"""How deep that core must lie in the body for the strut to be kept there."""

SLAB_VOXELS = 4_000_000
"""Voxels worked on at once; bounds the memory."""

_OUTSIDE, _SOLID, _TRANSITION, _POROUS = range(4)

_SHIFT_CELLS = 5

_EMPTIED_VOXELS = 0.1
"""Value given to emptied voxels, in voxels: the surface runs close to them."""


@dataclass(frozen=True, eq=False)
class PorousPart:
    """A part with its measured figures.

    Attributes
    ----------
    mesh : Mesh
        One closed body, LPS mm.
    envelope_ml, solid_ml, porous_ml : float
        The body's outer volume, and how the porous layer divides it.
    porosity : float
        Void share of the porous layer, measured on the mesh; 0 without a layer.
    """

    mesh: Mesh
    envelope_ml: float
    solid_ml: float
    porous_ml: float
    porosity: float


def porous_part(
    body_mm: Field, depth_mm: Field, grid: Grid, lattice: Lattice, layer_mm: float, pitch_mm: float
) -> PorousPart:
    """Turn a body into a part whose layer under one side is a lattice.

    Parameters
    ----------
    body_mm : ndarray [k, j, i]
        Signed distance of the body on ``grid``, negative inside.
    depth_mm : ndarray [k, j, i]
        Depth under the porous side; porous from 0 to ``layer_mm``, then growing into solid metal.
    grid : Grid
        Of body and depth.
    lattice : Lattice
    layer_mm, pitch_mm : float
        Thickness of the porous layer; pitch of the fine grid the part is drawn on.

    Raises
    ------
    MeshError
        When the body is empty.
    """
    body_mm, depth_mm, grid = _cropped(body_mm, depth_mm, grid)
    fine = _fine_grid(grid, pitch_mm)
    part = np.empty(fine.shape, dtype=np.float32)
    zone = np.zeros(fine.shape, dtype=np.uint8)
    shift = level_shift(lattice, pitch_mm)
    step = max(1, SLAB_VOXELS // (fine.shape[1] * fine.shape[2]))
    for first in range(0, fine.shape[0], step):
        stop = min(first + step, fine.shape[0])
        # One row more on either side, for the gradients.
        low, high = max(first - 1, 0), min(stop + 1, fine.shape[0])
        body, depth = (_resampled(f, np.arange(low, high), fine, grid) for f in (body_mm, depth_mm))
        field, belongs = _part_field(body, depth - layer_mm, lattice, pitch_mm, low, shift)
        part[first:stop], zone[first:stop] = field[first - low : stop - low], belongs[first - low : stop - low]
    _strengthen(part, zone, pitch_mm)
    _drop_islands(part, pitch_mm)
    mesh = surface_of_field(part, fine)
    voxel_ml = fine.voxel_volume_ml
    envelope_ml, porous_ml = (float((zone >= least).sum()) * voxel_ml for least in (_SOLID, _POROUS))
    beneath_ml = float(((part < 0) & (zone > _OUTSIDE) & (zone < _POROUS)).sum()) * voxel_ml
    porosity = 1.0 - (mesh.volume_ml - beneath_ml) / porous_ml if porous_ml else 0.0
    return PorousPart(mesh, envelope_ml, envelope_ml - porous_ml, porous_ml, porosity)


def level_shift(lattice: Lattice, pitch_mm: float) -> float:
    """Return the thickening that gives a lattice its porosity when it is drawn on a grid of that pitch.

    Straight lines between samples cut the round struts thinner; the shift is the quantile of the interpolated field.
    """
    axis = np.arange(int(np.ceil(_SHIFT_CELLS * lattice.cell_mm / pitch_mm)) + 1, dtype=np.float32) * np.float32(
        pitch_mm
    )
    drawn = lattice.distance(axis[None, None, :], axis[None, :, None], axis[:, None, None]) / lattice.mm_per_unit
    between = np.arange(3 * len(axis) - 3) / 3.0
    for n in range(3):
        drawn = _along(drawn, n, between)
    return float(np.quantile(drawn, 1.0 - lattice.porosity))


def _part_field(
    body: Field, below_layer: Field, lattice: Lattice, pitch_mm: float, first_row: int, shift: float
) -> tuple[Field, npt.NDArray[np.uint8]]:
    """Return the part's field and zones on some rows of the fine grid."""
    k, j, i = (np.arange(n, dtype=np.float32) * np.float32(pitch_mm) for n in body.shape)
    k = k + np.float32(first_row * pitch_mm)
    grown = np.clip(below_layer / TRANSITION_MM, 0.0, 1.0) * FULL_METAL
    struts = lattice.distance(i[None, None, :], j[None, :, None], k[:, None, None], grown + np.float32(shift))
    inner = np.where(below_layer < 0, _POROUS, np.where(below_layer < TRANSITION_MM, _TRANSITION, _SOLID))
    zone = np.where(body >= 0, _OUTSIDE, inner).astype(np.uint8)
    core_mm = np.where(zone == _POROUS, _body_at_core(body, struts, pitch_mm), np.float32(-1.0))
    return np.maximum.reduce([body, struts, core_mm]), zone


def _body_at_core(body: Field, struts: Field, pitch_mm: float) -> Field:
    """Return the body's distance at the core of the strut that each point belongs to.

    A strut whose core lies outside the body would leave a shaving too thin to print: it is left out.
    """
    along = sum(b * s for b, s in zip(np.gradient(body, pitch_mm), np.gradient(struts, pitch_mm), strict=True))
    return np.asarray(body - (struts + CORE_DEPTH_MM) * along + CORE_INSIDE_MM, dtype=np.float32)


def _cropped(body_mm: Field, depth_mm: Field, grid: Grid) -> tuple[Field, Field, Grid]:
    """Return the block that holds the body with a margin of two voxels."""
    inside = np.argwhere(body_mm < 0)
    if not len(inside):
        raise MeshError("the body is empty: there is no part to make")
    low = np.maximum(inside.min(axis=0) - 2, 0)
    high = np.minimum(inside.max(axis=0) + 3, grid.shape)
    block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return body_mm[block], depth_mm[block], grid.crop(low[::-1], (high - low)[::-1])


def _fine_grid(grid: Grid, pitch_mm: float) -> Grid:
    extent = (np.array(grid.size) - 1) * np.array(grid.spacing_mm)
    i, j, k = (int(n) for n in np.floor(extent / pitch_mm) + 1)
    return Grid((i, j, k), (pitch_mm, pitch_mm, pitch_mm), grid.origin_lps_mm, grid.direction)


def _resampled(field: Field, rows: np.ndarray, fine: Grid, grid: Grid) -> Field:
    """Return the field on rows k of the fine grid: linear along each axis in turn."""
    out = _along(field, 0, rows * (fine.spacing_mm[2] / grid.spacing_mm[2]))
    out = _along(out, 1, np.arange(fine.shape[1]) * (fine.spacing_mm[1] / grid.spacing_mm[1]))
    return _along(out, 2, np.arange(fine.shape[2]) * (fine.spacing_mm[0] / grid.spacing_mm[0]))


def _along(field: Field, axis: int, position: npt.NDArray[np.floating]) -> Field:
    low = np.clip(np.floor(position).astype(np.int64), 0, max(field.shape[axis] - 2, 0))
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = (position - low).astype(np.float32).reshape(shape)
    below = field.take(low, axis=axis)
    return np.asarray(below + weight * (field.take(np.minimum(low + 1, field.shape[axis] - 1), axis=axis) - below))


def _strengthen(part: Field, zone: npt.NDArray[np.uint8], pitch_mm: float) -> None:
    """Remove, in place, the feather edges of the solid: what holds no cube of three voxels."""
    inside = part < 0
    feathers = inside & (zone == _SOLID) & ~_opened_by_cube(inside, 3)
    part[feathers] = np.float32(_EMPTIED_VOXELS * pitch_mm)


def _opened_by_cube(inside: BoolArray, voxels: int) -> BoolArray:
    """Return the union of the cubes of ``voxels`` a side that fit inside."""
    corners = inside.copy()
    for axis in range(3):
        for _ in range(voxels - 1):
            here, there = _neighbours(axis)
            corners[here] &= corners[there]
            corners[_last(axis)] = False
    for axis in range(3):
        for _ in range(voxels - 1):
            here, there = _neighbours(axis)
            corners[there] |= corners[here].copy()
    return corners


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return all voxels but the last along an axis, and the next one of each."""
    here, there = [slice(None)] * 3, [slice(None)] * 3
    here[axis], there[axis] = slice(None, -1), slice(1, None)
    return tuple(here), tuple(there)


def _last(axis: int) -> tuple[slice | int, ...]:
    index: list[slice | int] = [slice(None)] * 3
    index[axis] = -1
    return tuple(index)


def _drop_islands(part: Field, pitch_mm: float) -> None:
    """Empty, in place, all but the largest piece (cut struts that hang on nothing); fill voids without a way out."""
    emptied = np.float32(_EMPTIED_VOXELS * pitch_mm)
    part[(part < 0) & ~_largest_piece(part < 0)] = emptied
    # The border counts as outside, so that a part that fills its grid keeps its pores open to it.
    around = np.pad(part >= 0, 1, constant_values=True)
    part[(part >= 0) & ~_largest_piece(around)[1:-1, 1:-1, 1:-1]] = -emptied


def _largest_piece(mask: BoolArray) -> BoolArray:
    import SimpleITK as sitk

    pieces = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())
