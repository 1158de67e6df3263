"""The field of a porous part on some rows of a fine grid: body, struts, and what is too thin to stay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.manufacturing.part.lattice import Field, Lattice

FULL_METAL = 3.0
"""Thickening at which every lattice is solid, in units of its field."""

TRANSITION_MM = 0.5
"""Depth over which struts grow into the solid, beyond the porous layer."""

CORE_DEPTH_MM = 0.3
"""How deep the core of a strut lies under its surface."""

CORE_INSIDE_MM = 0.15
"""How deep that core must lie in the body for the strut to be kept there."""

OUTSIDE, SOLID, TRANSITION, POROUS = range(4)
"""Zones of a part; the larger the nearer to its porous side."""

CUT_MARGIN = 2.0
"""Voxels beyond a cut ball's radius whose values may change: its distance reaches into the metal around it."""

_SHIFT_CELLS = 5
"""Cells of the lattice along which the shift is looked for."""

_EMPTIED_VOXELS = 0.1
"""Value given to emptied voxels, in voxels: the surface runs close to them."""


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
        drawn = interpolated(drawn, n, between)
    return float(np.quantile(drawn, 1.0 - lattice.porosity))


def part_field(
    body: Field, below_layer: Field, lattice: Lattice, pitch_mm: float, first_row: int, shift: float
) -> tuple[Field, npt.NDArray[np.uint8]]:
    """Return the part's field and zones on some rows of the fine grid."""
    inner = np.where(below_layer < 0, POROUS, np.where(below_layer < TRANSITION_MM, TRANSITION, SOLID))
    zone = np.where(body >= 0, OUTSIDE, inner).astype(np.uint8)
    field = body.copy()
    box = _lattice_box(zone, pitch_mm)
    if box is not None:
        field[box] = _with_struts(body[box], below_layer[box], zone[box], lattice, pitch_mm, box, first_row, shift)
    return field, zone


def _lattice_box(zone: npt.NDArray[np.uint8], pitch_mm: float) -> tuple[slice, slice, slice] | None:
    """Return the block that holds all struts, with what their cores may look at; None without struts."""
    struts = zone >= TRANSITION
    if not struts.any():
        return None
    margin = int(np.ceil(2.0 * CORE_DEPTH_MM / pitch_mm))
    slices = []
    for axis in range(3):
        hit = np.flatnonzero(struts.any(axis=tuple(n for n in range(3) if n != axis)))
        slices.append(slice(max(int(hit[0]) - margin, 0), int(hit[-1]) + margin + 1))
    return slices[0], slices[1], slices[2]


def _with_struts(
    body: Field,
    below_layer: Field,
    zone: npt.NDArray[np.uint8],
    lattice: Lattice,
    pitch_mm: float,
    box: tuple[slice, slice, slice],
    first_row: int,
    shift: float,
) -> Field:
    """Return the field of a block with struts; ``box`` is where it lies among the rows from ``first_row``."""
    pitch = np.float32(pitch_mm)
    starts = (box[0].start + first_row, box[1].start, box[2].start)
    k, j, i = (
        (np.arange(n, dtype=np.float32) + np.float32(s)) * pitch for n, s in zip(body.shape, starts, strict=True)
    )
    grown = np.clip(below_layer / np.float32(TRANSITION_MM), 0.0, 1.0) * np.float32(FULL_METAL)
    struts = lattice.distance(i[None, None, :], j[None, :, None], k[:, None, None], grown + np.float32(shift))
    porous = zone >= TRANSITION
    core_mm = np.where(porous, _body_at_core(body, struts, lattice, pitch_mm), np.float32(-1.0))
    # Beyond the voxels beside struts it is the body's own field, whatever rows and box were drawn together: else blocks
    # would not meet.
    return np.asarray(
        np.where(ndimage.binary_dilation(porous), np.maximum.reduce([body, struts, core_mm]), body), np.float32
    )


def _body_at_core(body: Field, struts: Field, lattice: Lattice, pitch_mm: float) -> Field:
    """Return the body's distance at the core of the strut that each point belongs to.

    A strut whose core lies outside the body would leave a shaving too thin to print: it is left out.
    """
    along = sum(b * s for b, s in zip(np.gradient(body, pitch_mm), np.gradient(struts, pitch_mm), strict=True))
    depth = min(CORE_DEPTH_MM, lattice.half_wall_mm)
    return np.asarray(body - (struts + depth) * along + CORE_INSIDE_MM, dtype=np.float32)


def strengthen(part: Field, zone: npt.NDArray[np.uint8], pitch_mm: float) -> None:
    """Remove, in place, the feather edges of the solid: what holds no cube of three voxels."""
    inside = part < 0
    feathers = inside & (zone == SOLID) & ~_opened_by_cube(inside, 3)
    part[feathers] = np.float32(_EMPTIED_VOXELS * pitch_mm)


def cut_out(part: Field, middles_ijk: FloatArray, radius_voxels: float, pitch_mm: float) -> None:
    """Cut balls out of the part, in place; their middles (N, 3) are indices, those beyond the rows do nothing."""
    reach = radius_voxels + CUT_MARGIN
    for i, j, k in middles_ijk:
        block = tuple(
            slice(max(int(np.ceil(middle - reach)), 0), max(int(np.floor(middle + reach)) + 1, 0))
            for middle in (k, j, i)
        )
        here = part[block]
        if here.size:
            axes = (np.arange(s.start, s.start + n) for s, n in zip(block, here.shape, strict=True))
            dk, dj, di = (axis - middle for axis, middle in zip(axes, (k, j, i), strict=True))
            away = np.sqrt(dk[:, None, None] ** 2 + dj[None, :, None] ** 2 + di[None, None, :] ** 2)
            np.maximum(here, ((radius_voxels - away) * pitch_mm).astype(np.float32), out=here)


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


def interpolated(field: Field, axis: int, position: npt.NDArray[np.floating]) -> Field:
    """Return the field at fractional positions along one axis, linear between samples."""
    low = np.clip(np.floor(position).astype(np.int64), 0, max(field.shape[axis] - 2, 0))
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = (position - low).astype(np.float32).reshape(shape)
    below = field.take(low, axis=axis)
    return np.asarray(below + weight * (field.take(np.minimum(low + 1, field.shape[axis] - 1), axis=axis) - below))
