"""Closed surfaces of signed-distance fields, without VTK."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh

_CLEARANCE = 0.02
"""Samples closer to zero than this share of a voxel are pushed off it: no slivers that collapse in float32."""

_SAME_VOXELS = 1e-3
"""Vertices of two blocks nearer than this are one; the clearance keeps different ones farther apart."""


def surface_of_field(field: npt.NDArray[np.floating], grid: Grid) -> Mesh:
    """Return the closed surface ``field == 0`` of a field that is negative inside; LPS mm, normals outward.

    A body that reaches the grid's border is closed there, so the mesh is watertight for any field.

    Parameters
    ----------
    field : ndarray [k, j, i]
        Signed distance, mm.
    grid : Grid
    """
    if not (field < 0).any():
        return Mesh(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
    values = np.pad(field.astype(np.float32), 1, constant_values=np.float32(min(grid.spacing_mm)))
    vertices, faces = _triangles(values, min(grid.spacing_mm))
    return _outward(vertices - 1.0, faces, grid)


@dataclass(frozen=True, eq=False)
class BlockSurface:
    """The surface of some rows of a field; where blocks meet it is open.

    Attributes
    ----------
    first_row, rows : int
        Rows k of the field that the block covers.
    vertices_ijk : ndarray (N, 3) of float32
        In samples; k counts from ``first_row``.
    faces : ndarray (M, 3) of int32
    """

    first_row: int
    rows: int
    vertices_ijk: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]


def surface_of_block(first_row: int, field: npt.NDArray[np.floating], grid: Grid) -> BlockSurface:
    """Return the surface of the rows of a field from ``first_row`` on, closed at the border of the whole field.

    Parameters
    ----------
    first_row : int
    field : ndarray [k, j, i]
        Signed distance on these rows, mm. Neighbouring blocks share a row.
    grid : Grid
        Of the whole field.
    """
    pitch = np.float32(min(grid.spacing_mm))
    last = first_row + len(field) - 1 == grid.shape[0] - 1
    ends = (1 if first_row == 0 else 0, 1 if last else 0)
    values = np.pad(field.astype(np.float32), (ends, (1, 1), (1, 1)), constant_values=pitch)
    if not (values < 0).any():
        return BlockSurface(first_row, len(field), np.empty((0, 3), np.float32), np.empty((0, 3), np.int32))
    vertices, faces = _triangles(values, float(pitch))
    vertices = (vertices - [1.0, 1.0, ends[0]]).astype(np.float32)
    return BlockSurface(first_row, len(field), vertices, faces.astype(np.int32))


def joined_surface(blocks: Iterable[BlockSurface], grid: Grid) -> Mesh:
    """Return the closed surface of blocks that follow each other, as :func:`surface_of_field` would draw it.

    On the row that neighbours share both have the same vertices; they are made one.

    Parameters
    ----------
    blocks : iterable of BlockSurface
        In order; the last row of a block is the first of the next.
    grid : Grid
        Of the whole field.
    """
    points: list[npt.NDArray[np.float32]] = []
    triangles: list[npt.NDArray[np.int32]] = []
    seam, count = _Seam(), 0
    for block in blocks:
        index, new = seam.joined(block.vertices_ijk, count)
        seam = _Seam.of(block.vertices_ijk, index, block.rows - 1)
        points.append(block.vertices_ijk[new] + np.array([0.0, 0.0, block.first_row], dtype=np.float32))
        triangles.append(index[block.faces])
        count += int(new.sum())
    return _outward(np.concatenate(points), np.concatenate(triangles), grid)


class _Seam:
    """The vertices of a block's last row, to be found again by the next block."""

    def __init__(self) -> None:
        self._points: npt.NDArray[np.float32] = np.empty((0, 2), dtype=np.float32)
        self._index: npt.NDArray[np.int32] = np.empty(0, dtype=np.int32)

    @classmethod
    def of(cls, vertices: npt.NDArray[np.float32], index: npt.NDArray[np.int32], row: int) -> _Seam:
        """Keep the vertices on a row with their index in the whole mesh."""
        seam, here = cls(), np.abs(vertices[:, 2] - row) < _SAME_VOXELS
        seam._points, seam._index = vertices[here, :2], index[here]
        return seam

    def joined(
        self, vertices: npt.NDArray[np.float32], count: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Return the index of each vertex in the whole mesh, ``count`` vertices being there, and which are new."""
        from scipy.spatial import cKDTree

        index, new = np.empty(len(vertices), dtype=np.int32), np.ones(len(vertices), dtype=bool)
        here = np.flatnonzero(np.abs(vertices[:, 2]) < _SAME_VOXELS)
        if len(self._points) and len(here):
            distance, place = cKDTree(self._points).query(vertices[here, :2], distance_upper_bound=_SAME_VOXELS)
            found = np.isfinite(distance)
            index[here[found]], new[here[found]] = self._index[place[found]], False
        index[new] = count + np.arange(int(new.sum()), dtype=np.int32)
        return index, new


def _triangles(values: npt.NDArray[np.float32], pitch: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return vertices (i, j, k) in samples and faces of the zero level; ``values`` are changed near zero."""
    from skimage.measure import marching_cubes

    tight = np.float32(_CLEARANCE * pitch)
    np.copyto(values, np.where(values < 0, -tight, tight), where=np.abs(values) < tight)
    vertices, faces, _, _ = marching_cubes(values, 0.0, allow_degenerate=False)
    return vertices[:, ::-1], faces


def _outward(vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer], grid: Grid) -> Mesh:
    mesh = Mesh(np.asarray(vertices, dtype=np.float64), np.asarray(faces, dtype=np.int64))
    if mesh.volume_ml < 0:
        mesh = Mesh(mesh.vertices_lps_mm, mesh.faces[:, ::-1])
    return mesh.transformed(grid.lps_from_ijk)
