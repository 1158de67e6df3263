"""Fewer triangles within a stated deviation; closed stays closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import MeshError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.deviation import Deviation, distances_both_ways_mm
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import compact_patches, patch_of
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.self_intersection import piercing_points
from coxa.manufacturing.measuring.topology import Topology, inspect_topology, welded

PATCH_FACES = 500_000
"""Triangles simplified and measured together; bounds the memory beside the mesh itself."""

KEPT_SHARES = (0.4, 0.55, 0.75)
"""Of a patch's triangles, tried in turn: at the first a lattice drawn at a twelfth of its cell stays within 0.02 mm."""

_AGGRESSIVENESS = 5.0
"""How fast the bound of a collapse's error grows; at the library's own 7, places go 0.004 mm farther."""


@dataclass(frozen=True, eq=False)
class _Lighter:
    """A patch with fewer triangles.

    Attributes
    ----------
    mesh : Mesh
    distances_mm : ndarray of float32
        From the patch as it was, both ways; empty when it is as it was.
    share : int
        Which of ``KEPT_SHARES`` it came from; past them all it is as it was.
    """

    mesh: Mesh
    distances_mm: npt.NDArray[np.float32]
    share: int


def simplified_within(mesh: Mesh, deviation_mm: float) -> tuple[Mesh, Deviation]:
    """Return the mesh with fewer triangles and its measured deviation, never more than ``deviation_mm`` anywhere.

    Quadric error metrics [Garland 1997] promise nothing: what they make of a patch is taken only when it
    is measured to be near enough and the whole is sound. Patches keep the edges they share.

    Raises
    ------
    MeshError
        When the mesh is not a closed 2-manifold.
    """
    if mesh.is_empty:
        return mesh, Deviation(0.0, 0.0, 0.0, 0.0)
    middle = 0.5 * (mesh.vertices_lps_mm.min(axis=0) + mesh.vertices_lps_mm.max(axis=0))
    patches = compact_patches(mesh, PATCH_FACES)
    made = [_lighter(_patch(mesh, faces, middle), 0, deviation_mm) for faces in patches]
    while True:
        body = _joined([one.mesh for one in made])
        topology = inspect_topology(body)
        faulty = _at_fault(body, topology, [one.mesh for one in made])
        again = [n for n in faulty if made[n].share < len(KEPT_SHARES)]
        if not again:
            break
        for n in again:
            made[n] = _lighter(_patch(mesh, patches[n], middle), made[n].share + 1, deviation_mm)
    if not topology.is_solid:
        raise MeshError("the mesh cannot be simplified, it is no closed 2-manifold")
    distances = np.concatenate([one.distances_mm for one in made]).astype(np.float64)
    light = Mesh(body.vertices_lps_mm + middle, body.faces)
    return light, Deviation.of(distances, mesh, light)


def _lighter(patch: Mesh, first: int, deviation_mm: float) -> _Lighter:
    """Return a patch with the first share of its triangles, from ``first`` on, that lies near enough."""
    for n, share in enumerate(KEPT_SHARES[first:], start=first):
        fewer = _by_quadrics(patch, share)
        distances = distances_both_ways_mm(patch, fewer, 0.5 * deviation_mm)
        if distances.max() <= deviation_mm:
            return _Lighter(_without_normals(fewer), distances.astype(np.float32), n)
    return _Lighter(_without_normals(patch), np.empty(0, np.float32), len(KEPT_SHARES))


def _patch(mesh: Mesh, faces: IntArray, middle_lps_mm: FloatArray) -> Mesh:
    """Return some faces of a mesh, about a middle: what patches share comes out the same in each."""
    patch = patch_of(mesh, faces)
    return Mesh(patch.vertices_lps_mm - middle_lps_mm, patch.faces)


def _without_normals(mesh: Mesh) -> Mesh:
    """Return a mesh that does not keep the normals worked out when it was measured."""
    return Mesh(mesh.vertices_lps_mm, mesh.faces)


def _by_quadrics(patch: Mesh, share: float) -> Mesh:
    """Return the patch with about that share of its triangles; its border stays as it is, to the last bit."""
    import fast_simplification

    vertices, faces = fast_simplification.simplify(
        patch.vertices_lps_mm.copy(),
        patch.faces.astype(np.int32),
        target_reduction=1.0 - share,
        agg=_AGGRESSIVENESS,
        preserve_border=True,
    )
    return Mesh(vertices, faces)


def _joined(patches: list[Mesh]) -> Mesh:
    """Return patches as one mesh, as a printer reads it: vertices that are equal in single precision are one."""
    before = np.cumsum([0] + [len(patch.vertices_lps_mm) for patch in patches])
    faces = [patch.faces + start for patch, start in zip(patches, before, strict=False)]
    return welded(Mesh(np.concatenate([patch.vertices_lps_mm for patch in patches]), np.concatenate(faces)))


def _at_fault(body: Mesh, found: Topology, patches: list[Mesh]) -> IntArray:
    """Return which patches hold the places where the whole is torn, doubled, degenerate or passes through itself."""
    from scipy.spatial import cKDTree

    vertices = np.concatenate([found.open_vertices, found.crowded_vertices, found.turned_vertices])
    flawed = np.concatenate([found.degenerate_faces, found.duplicate_faces, found.doubled_faces])
    corners = body.vertices_lps_mm[np.concatenate([vertices, body.faces[flawed, 0]])]
    places = np.concatenate([corners, piercing_points(body, RayCaster(body))])
    if not len(places):
        return np.empty(0, dtype=np.int64)
    nearest = cKDTree(np.concatenate([patch.vertices_lps_mm for patch in patches])).query(places)[1]
    ends = np.cumsum([len(patch.vertices_lps_mm) for patch in patches])
    return np.unique(np.searchsorted(ends, nearest, side="right"))
