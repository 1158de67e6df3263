"""A part drawn on a fine grid, some rows at a time, and drawn again only where it is cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import BlockSurface, joined_surface, surface_of_block
from coxa.geometry.mesh import Mesh
from coxa.manufacturing.part.lattice import Field, Lattice
from coxa.manufacturing.part.porous_field import CUT_MARGIN, cut_out, interpolated, level_shift, part_field, strengthen

SLAB_VOXELS, SLAB_ROWS = 4_000_000, 24
"""Voxels worked on at once, which bounds the memory, and rows, so that a cut has little to draw again."""

WORKERS = 2
"""Blocks drawn at once."""

CUT_MM = 0.45
"""Radius of the ball that is cut out about a thin place."""

_MARGIN_ROWS = 4
"""Rows beyond a block that its gradients and its openings look at."""


@dataclass(frozen=True, eq=False)
class _Block:
    """Some rows as drawn: their surface, and the voxels that :attr:`BlockMesher.volumes_ml` counts."""

    surface: BlockSurface
    voxels: FloatArray


class BlockMesher:
    """The surface of a body whose layer under one side is a lattice.

    Parameters
    ----------
    body_mm : ndarray [k, j, i]
        Signed distance of the body on ``grid``, negative inside.
    below_layer_mm : ndarray [k, j, i]
        Depth under the porous layer; negative in it.
    grid : Grid
        Of body and depth.
    lattice : Lattice
    pitch_mm : float
        Of the fine grid.
    """

    def __init__(self, body_mm: Field, below_layer_mm: Field, grid: Grid, lattice: Lattice, pitch_mm: float) -> None:
        self._fields, self._grid, self._fine = (body_mm, below_layer_mm), grid, _fine_grid(grid, pitch_mm)
        self._lattice, self._shift = lattice, level_shift(lattice, pitch_mm)
        self._cuts_ijk = np.empty((0, 3))
        rows = self._fine.shape[0]
        step = min(max(1, SLAB_VOXELS // (self._fine.shape[1] * self._fine.shape[2])), SLAB_ROWS)
        self._blocks = self._drawn([(n, min(n + step + 1, rows)) for n in range(0, max(rows - 1, 1), step)])

    def cut(self, places_lps_mm: FloatArray) -> None:
        """Cut a ball of ``CUT_MM`` out about each place (N, 3)."""
        cuts_ijk = self._fine.indices_from_points(places_lps_mm)
        self._cuts_ijk = np.vstack([self._cuts_ijk, cuts_ijk])
        reach = CUT_MM / self._fine.spacing_mm[2] + CUT_MARGIN
        rows = [(block.surface.first_row, block.surface.first_row + block.surface.rows) for block in self._blocks]
        cut_k = cuts_ijk[:, 2]
        hit = [
            n for n, (first, stop) in enumerate(rows) if ((cut_k >= first - reach) & (cut_k <= stop - 1 + reach)).any()
        ]
        for n, block in zip(hit, self._drawn([rows[n] for n in hit]), strict=True):
            self._blocks[n] = block

    def mesh(self) -> Mesh:
        """Return the whole surface as drawn, with what hangs on nothing; LPS mm."""
        return joined_surface((block.surface for block in self._blocks), self._fine)

    @property
    def volumes_ml(self) -> tuple[float, float, float]:
        """Of the body, of its porous zone, and of metal beneath that zone; voxels at a border by their share."""
        envelope, porous, beneath = np.sum([block.voxels for block in self._blocks], axis=0)
        each = self._fine.voxel_volume_ml
        return float(envelope) * each, float(porous) * each, float(beneath) * each

    def _drawn(self, rows: list[tuple[int, int]]) -> list[_Block]:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._block, rows))

    def _block(self, own: tuple[int, int]) -> _Block:
        first, stop = own
        fine, rows = self._fine, self._fine.shape[0]
        pitch = fine.spacing_mm[0]
        low, high = max(first - _MARGIN_ROWS, 0), min(stop + _MARGIN_ROWS, rows)
        body, below = (_resampled(f, np.arange(low, high), fine, self._grid) for f in self._fields)
        field, zone = part_field(body, below, self._lattice, pitch, low, self._shift)
        strengthen(field, zone, pitch)
        cut_out(field, self._cuts_ijk - [0.0, 0.0, low], CUT_MM / pitch, pitch)
        # The row that two blocks share is counted once.
        counted = slice(first - low, stop - low - (0 if stop == rows else 1))
        voxels = _counted(body[counted], below[counted], field[counted], pitch)
        return _Block(surface_of_block(first, field[first - low : stop - low], fine), voxels)


def _counted(body: Field, below_layer: Field, field: Field, pitch_mm: float) -> FloatArray:
    within, metal = (_share_inside(f, pitch_mm) for f in (body, field))
    porous = below_layer < 0
    return np.array([float(n) for n in (within.sum(), within[porous].sum(), metal[~porous].sum())])


def _share_inside(field: Field, pitch_mm: float) -> Field:
    """Return the share of each voxel on the negative side of a distance."""
    return np.asarray(np.clip(np.float32(0.5) - field / np.float32(pitch_mm), 0.0, 1.0), dtype=np.float32)


def _fine_grid(grid: Grid, pitch_mm: float) -> Grid:
    extent = (np.array(grid.size) - 1) * np.array(grid.spacing_mm)
    i, j, k = (int(n) for n in np.floor(extent / pitch_mm) + 1)
    return Grid((i, j, k), (pitch_mm, pitch_mm, pitch_mm), grid.origin_lps_mm, grid.direction)


def _resampled(field: Field, rows: npt.NDArray[np.int64], fine: Grid, grid: Grid) -> Field:
    """Return the field on rows k of the fine grid: linear along each axis in turn."""
    out = interpolated(field, 0, rows * (fine.spacing_mm[2] / grid.spacing_mm[2]))
    out = interpolated(out, 1, np.arange(fine.shape[1]) * (fine.spacing_mm[1] / grid.spacing_mm[1]))
    return interpolated(out, 2, np.arange(fine.shape[2]) * (fine.spacing_mm[0] / grid.spacing_mm[0]))
