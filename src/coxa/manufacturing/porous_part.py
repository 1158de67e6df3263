"""A printable part: solid inside, porous on one side, from a signed distance to a mesh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_blocks
from coxa.geometry.mesh import Mesh
from coxa.manufacturing.lattice import Field, Lattice
from coxa.manufacturing.porous_field import cut_out, interpolated, level_shift, part_field, strengthen
from coxa.manufacturing.thickness import measure_thickness_by_patches

SLAB_VOXELS = 4_000_000
"""Voxels worked on at once; bounds the memory."""

KEPT_STRUT_MM, KEPT_WALL_MM = 0.27, 0.43
"""What is measured to be thinner is cut out: just above what laser powder beds print (0.25 and 0.4 mm [S])."""

CUT_MM = 0.45
"""Radius of the ball that is cut out about a thin place."""

CUT_SHARE = 0.005
"""More thin surface than this share of all is the lattice's own design: nothing is cut, the print check will say so."""

CUT_ROUNDS = 4
"""Cutting may bare other thin places: so often the part is drawn at most."""

_MARGIN_ROWS = 4
"""Rows beyond a block that its gradients and its openings look at."""


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
    """Turn a body into a part whose layer under one side is a lattice, without the few places too thin to print.

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
    shift, thin_lps_mm = level_shift(lattice, pitch_mm), np.empty((0, 3))
    for drawn in range(1, CUT_ROUNDS + 1):
        blocks = _Blocks(body_mm, depth_mm - np.float32(layer_mm), grid, fine, lattice, shift, thin_lps_mm)
        mesh = largest_shell(surface_of_blocks(blocks, fine))
        more = _too_thin_lps_mm(mesh) if drawn < CUT_ROUNDS else np.empty((0, 3))
        if not len(more):
            break
        thin_lps_mm = np.vstack([thin_lps_mm, more])
    envelope_ml, porous_ml, beneath_ml = (float(n) * fine.voxel_volume_ml for n in blocks.voxels)
    porosity = 1.0 - (mesh.volume_ml - beneath_ml) / porous_ml if porous_ml else 0.0
    return PorousPart(mesh, envelope_ml, envelope_ml - porous_ml, porous_ml, porosity)


class _Blocks:
    """The part's field on the fine grid, some rows at a time; counts its voxels on the way.

    Attributes
    ----------
    voxels : ndarray (3,)
        Of the body, of its porous zone, and of metal beneath that zone, voxels at a border by their share; known when
        all blocks were passed.
    """

    def __init__(
        self,
        body_mm: Field,
        below_layer_mm: Field,
        grid: Grid,
        fine: Grid,
        lattice: Lattice,
        shift: float,
        thin_lps_mm: FloatArray,
    ) -> None:
        self._thin = fine.indices_from_points(thin_lps_mm)
        self._fields, self._grid, self._fine = (body_mm, below_layer_mm), grid, fine
        self._lattice, self._shift = lattice, shift
        self.voxels = np.zeros(3)

    def __iter__(self) -> Iterator[tuple[int, Field]]:
        rows, fine = self._fine.shape[0], self._fine
        step = max(1, SLAB_VOXELS // (fine.shape[1] * fine.shape[2]))
        for first in range(0, max(rows - 1, 1), step):
            stop = min(first + step + 1, rows)
            low, high = max(first - _MARGIN_ROWS, 0), min(stop + _MARGIN_ROWS, rows)
            body, below = (_resampled(f, np.arange(low, high), fine, self._grid) for f in self._fields)
            field, zone = part_field(body, below, self._lattice, fine.spacing_mm[0], low, self._shift)
            strengthen(field, zone, fine.spacing_mm[0])
            cut_out(field, self._thin - [0.0, 0.0, low], CUT_MM / fine.spacing_mm[0], fine.spacing_mm[0])
            own = slice(first - low, stop - low)
            # The row that two blocks share is counted once.
            counted = slice(first - low, stop - low - (0 if stop == rows else 1))
            self._count(body[counted], below[counted], field[counted])
            yield first, field[own]

    def _count(self, body: Field, below_layer: Field, field: Field) -> None:
        within, metal = (_share_inside(f, self._fine.spacing_mm[0]) for f in (body, field))
        porous = below_layer < 0
        self.voxels += [float(n) for n in (within.sum(), within[porous].sum(), metal[~porous].sum())]


def _too_thin_lps_mm(mesh: Mesh) -> FloatArray:
    """Return places (N, 3) in the middle of struts and walls that are too thin; none when too few to count."""
    measured = measure_thickness_by_patches(mesh, max(KEPT_STRUT_MM, KEPT_WALL_MM))
    thin = np.zeros(len(measured.thickness_mm), dtype=bool)
    for chosen, kept_mm in ((measured.is_strut, KEPT_STRUT_MM), (~measured.is_strut, KEPT_WALL_MM)):
        thinnest = measured.thinnest(chosen)
        if thinnest is not None and thinnest[0] < kept_mm:
            thin |= chosen & (measured.thickness_mm < kept_mm)
    by_design = bool(measured.area_mm2[thin].sum() > CUT_SHARE * measured.area_mm2.sum())
    return np.empty((0, 3)) if by_design else measured.points_lps_mm[thin]


def _share_inside(field: Field, pitch_mm: float) -> Field:
    """Return the share of each voxel on the negative side of a distance."""
    return np.asarray(np.clip(np.float32(0.5) - field / np.float32(pitch_mm), 0.0, 1.0), dtype=np.float32)


def largest_shell(mesh: Mesh) -> Mesh:
    """Return the mesh without cut struts that hang on nothing and without voids that have no way out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    faces = mesh.faces.astype(np.int32)
    count = len(mesh.vertices_lps_mm)
    rows, columns = faces[:, :2].T.ravel(), faces[:, 1:].T.ravel()
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    shells, of_vertex = connected_components(links, directed=False)
    if shells == 1:
        return mesh
    of_face = of_vertex[faces[:, 0]].astype(np.int64)
    kept = faces[of_face == mesh.signed_volumes_mm3(of_face).argmax()]
    used = np.zeros(count, dtype=bool)
    used[kept] = True
    return Mesh(mesh.vertices_lps_mm[used], (np.cumsum(used) - 1)[kept])


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
    out = interpolated(field, 0, rows * (fine.spacing_mm[2] / grid.spacing_mm[2]))
    out = interpolated(out, 1, np.arange(fine.shape[1]) * (fine.spacing_mm[1] / grid.spacing_mm[1]))
    return interpolated(out, 2, np.arange(fine.shape[2]) * (fine.spacing_mm[0] / grid.spacing_mm[0]))
