"""A printable part: solid inside, porous on one side, from a signed distance to a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import MeshError
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.manufacturing.lattice import Field, Lattice
from coxa.manufacturing.simplify import simplified

FULL_METAL = 3.0
"""Thickening at which every lattice is solid, in units of its field."""

TRANSITION_MM = 0.5
"""Depth over which struts grow into the solid, beyond the porous layer."""

SLAB_VOXELS = 4_000_000
"""Voxels worked on at once; bounds the memory."""

MESH_DEVIATION_MM = 0.02
"""Largest deviation of the simplified mesh from the extracted one."""


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
        Measured void share of the porous layer; 0 without one.
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
    inside_porous_void = np.zeros(3)
    step = max(1, SLAB_VOXELS // (fine.shape[1] * fine.shape[2]))
    for first in range(0, fine.shape[0], step):
        rows = np.arange(first, min(first + step, fine.shape[0]))
        body, depth = (_resampled(f, rows, fine, grid) for f in (body_mm, depth_mm))
        k, j, i = (np.arange(n, dtype=np.float32) * np.float32(pitch_mm) for n in fine.shape)
        grown = np.clip((depth - layer_mm) / TRANSITION_MM, 0.0, 1.0) * FULL_METAL
        struts = lattice.distance(i[None, None, :], j[None, :, None], k[rows][:, None, None], grown)
        part[rows] = np.maximum(body, struts)
        inside, porous = body < 0, (body < 0) & (depth < layer_mm)
        inside_porous_void += inside.sum(), porous.sum(), (porous & (struts >= 0)).sum()
    _drop_islands(part)
    envelope_ml, porous_ml, void_ml = (float(n) * fine.voxel_volume_ml for n in inside_porous_void)
    mesh = simplified(surface_of_field(part, fine), MESH_DEVIATION_MM)
    porosity = void_ml / porous_ml if porous_ml else 0.0
    return PorousPart(mesh, envelope_ml, envelope_ml - porous_ml, porous_ml, porosity)


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


def _drop_islands(part: Field) -> None:
    """Make everything but the largest connected piece empty, in place: cut struts that hang on nothing."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray((part < 0).astype(np.uint8))
    pieces = sitk.GetArrayFromImage(sitk.ConnectedComponent(image))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    part[(pieces != sizes.argmax()) & (part < 0)] = np.float32(1.0)
