"""Fewer triangles within a stated deviation; closed stays closed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.deviation import Deviation, deviation_between
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.self_intersection import piercing_points
from coxa.manufacturing.topology import inspect_topology, welded

_KEPT_SHARES = (0.35, 0.5)
"""Of the triangles, tried in turn: a lattice drawn at a twelfth of its cell moves by 0.02 and by 0.006 mm."""
_SHARES_OF_DEVIATION = (0.5, 0.25, 0.125)
"""Collapses add up: each may move by this share of what is allowed."""


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

    Quadric error metrics (Garland and Heckbert 1997) save most and promise nothing: what they make is taken only when
    it is sound and measured to be near enough. Otherwise edges are collapsed that may each go.

    Raises
    ------
    MeshError
        When the mesh is not a closed 2-manifold.
    """
    ways: list[Callable[[], Mesh]] = [partial(_by_quadrics, mesh, share) for share in _KEPT_SHARES]
    ways += [partial(simplified, mesh, share * deviation_mm) for share in _SHARES_OF_DEVIATION]
    for fewer in (way() for way in ways):
        if _is_sound(fewer):
            measured = deviation_between(mesh, fewer)
            if measured.max_mm <= deviation_mm:
                return fewer, measured
    return mesh, Deviation(0.0, 0.0, 0.0, 0.0)


def _by_quadrics(mesh: Mesh, share: float) -> Mesh:
    """Return the mesh with about that share of its triangles."""
    import fast_simplification

    middle = mesh.vertices_lps_mm.mean(axis=0)
    vertices, faces = fast_simplification.simplify(
        (mesh.vertices_lps_mm - middle).astype(np.float32), mesh.faces.astype(np.int32), target_reduction=1.0 - share
    )
    return Mesh(vertices.astype(np.float64) + middle, faces.astype(np.int64))


def _is_sound(mesh: Mesh) -> bool:
    """Tell whether a mesh, as a printer reads it, is a closed surface that does not pass through itself."""
    body = welded(mesh)
    topology = inspect_topology(body)
    flawed = len(topology.degenerate_faces) or len(topology.duplicate_faces) or len(topology.doubled_faces)
    return topology.is_solid and not flawed and not len(piercing_points(body, RayCaster(body)))
