"""Fewer triangles within a stated deviation; closed stays closed."""

from __future__ import annotations

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.deviation import Deviation, deviation_between
from coxa.geometry.mesh import Mesh

_ATTEMPTS = 4
_SAFETY = 0.5
"""Collapses add up: the first attempt may move each by this share of what is allowed."""


def simplified(mesh: Mesh, deviation_mm: float) -> Mesh:
    """Return the mesh with the edges collapsed that may each go within ``deviation_mm``.

    Raises
    ------
    MeshError
        When the mesh is not a closed 2-manifold.
    """
    import manifold3d

    if mesh.is_empty:
        return mesh
    middle = mesh.vertices_lps_mm.mean(axis=0)
    vertices = (mesh.vertices_lps_mm - middle).astype(np.float32)
    body = manifold3d.Manifold(manifold3d.Mesh(vertices, mesh.faces.astype(np.uint32)))
    if body.status() != manifold3d.Error.NoError:
        raise MeshError(f"the mesh cannot be simplified, it is no closed 2-manifold ({body.status().name})")
    out = body.simplify(deviation_mm).to_mesh()
    return Mesh(
        np.asarray(out.vert_properties)[:, :3].astype(np.float64) + middle, np.asarray(out.tri_verts, dtype=np.int64)
    )


def simplified_within(mesh: Mesh, deviation_mm: float) -> tuple[Mesh, Deviation]:
    """Return the mesh with fewer triangles and its measured deviation, never more than ``deviation_mm`` anywhere.

    Raises
    ------
    MeshError
        When the mesh is not a closed 2-manifold.
    """
    tolerance = _SAFETY * deviation_mm
    for _ in range(_ATTEMPTS):
        fewer = simplified(mesh, tolerance)
        measured = deviation_between(mesh, fewer)
        if measured.max_mm <= deviation_mm:
            return fewer, measured
        tolerance *= 0.5
    return mesh, Deviation(0.0, 0.0, 0.0, 0.0)
