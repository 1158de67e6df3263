"""Fewer triangles within a stated deviation; closed stays closed."""

from __future__ import annotations

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.mesh import Mesh


def simplified(mesh: Mesh, deviation_mm: float) -> Mesh:
    """Return the mesh with the edges collapsed that may go within ``deviation_mm``.

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
