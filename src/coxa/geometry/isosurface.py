"""Closed surfaces of signed-distance fields, without VTK."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh

_CLEARANCE = 0.02
"""Samples closer to zero than this share of a voxel are pushed off it: no slivers that collapse in float32."""


def surface_of_field(field: npt.NDArray[np.floating], grid: Grid) -> Mesh:
    """Return the closed surface ``field == 0`` of a field that is negative inside; LPS mm, normals outward.

    A body that reaches the grid's border is closed there, so the mesh is watertight for any field.

    Parameters
    ----------
    field : ndarray [k, j, i]
        Signed distance, mm.
    grid : Grid
    """
    from skimage.measure import marching_cubes

    if not (field < 0).any():
        return Mesh(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
    pitch = min(grid.spacing_mm)
    values = np.pad(field.astype(np.float32), 1, constant_values=np.float32(pitch))
    tight = np.float32(_CLEARANCE * pitch)
    np.copyto(values, np.where(values < 0, -tight, tight), where=np.abs(values) < tight)
    vertices, faces, _, _ = marching_cubes(values, 0.0, allow_degenerate=False)
    mesh = Mesh(vertices[:, ::-1].astype(np.float64) - 1.0, faces.astype(np.int64))
    if mesh.volume_ml < 0:
        mesh = Mesh(mesh.vertices_lps_mm, mesh.faces[:, ::-1])
    return mesh.transformed(grid.lps_from_ijk)
