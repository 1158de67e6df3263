"""Bone as a model to hold and to try parts on: one closed body, solid or hollow with holes for the powder."""

from __future__ import annotations

from typing import Any

import numpy as np

from coxa.errors import MeshError, UsageError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, distance_to_mask
from coxa.geometry.voxelise import inside_mask
from coxa.manufacturing.topology import inspect_topology, welded
from coxa.manufacturing.wall_distance import WallDistance

SMALLEST_CAVITY_ML = 5.0
"""A hollow smaller than this saves nothing and stays filled [E]."""

HOLE_OVER_LIMIT = 1.25
"""The holes are drilled this much wider than the process asks."""

_VOXELS_PER_WALL = 4.0
_FINEST_MM = 0.5
_EXACT_VOXELS = 2.0
_INWARD_MM = 3.0
_OUTWARD_MM = 3.0
_ROD_SIDES = 32


def solid_model(mesh: Mesh) -> Mesh:
    """Return the largest body of a bone's surface, its inner cavities filled, loose pieces left out.

    Raises
    ------
    MeshError
        When the surface is not closed.
    """
    body = welded(mesh)
    topology = inspect_topology(body)
    if not topology.is_solid:
        raise MeshError("the bone's surface is not closed: it cannot be made into a model")
    largest = int(np.argmax(topology.shell_volume_ml))
    faces = body.faces[topology.shell_of_face == largest]
    used, index = np.unique(faces, return_inverse=True)
    return Mesh(body.vertices_lps_mm[used], index.reshape(-1, 3))


def hollow_model(mesh: Mesh, wall_mm: float, escape_hole_mm: float) -> Mesh:
    """Return the body with a wall of that thickness and two holes out of each hollow, at the hollow's far ends.

    Parameters
    ----------
    mesh : Mesh
        One closed body.
    wall_mm : float
    escape_hole_mm : float
        Diameter that the process asks of a hole.

    Raises
    ------
    UsageError
        When the wall is so thick that nothing is left to hollow.
    """
    import manifold3d

    grid = _grid(mesh, max(wall_mm / _VOXELS_PER_WALL, _FINEST_MM))
    cavities = _shells(surface_of_field(_depth_beyond(mesh, grid, wall_mm), grid))
    if not cavities:
        raise UsageError(f"a wall of {wall_mm:g} mm leaves nothing to hollow: give a thinner one, or leave it solid")
    middle = mesh.vertices_lps_mm.mean(axis=0)
    cutters = []
    for cavity in cavities:
        cutters.append(_manifold(cavity, middle))
        cutters += [_manifold(rod, middle) for rod in _drills(cavity, mesh, 0.5 * HOLE_OVER_LIMIT * escape_hole_mm)]
    cut = _manifold(mesh, middle) - manifold3d.Manifold.batch_boolean(cutters, manifold3d.OpType.Add)
    out = max(cut.decompose(), key=lambda body: body.volume()).to_mesh()
    vertices = np.asarray(out.vert_properties)[:, :3].astype(np.float64) + middle
    return Mesh(vertices, np.asarray(out.tri_verts, dtype=np.int64))


def _depth_beyond(mesh: Mesh, grid: Grid, wall_mm: float) -> Field:
    """Return a field that is negative deeper than the wall; measured to the surface itself where that is drawn."""
    field = distance_to_mask(inside_mask(mesh, grid), grid) + np.float32(wall_mm)
    near = np.flatnonzero(np.abs(field.ravel()) <= _EXACT_VOXELS * grid.spacing_mm[0])
    k, j, i = np.unravel_index(near, grid.shape)
    depth = WallDistance(mesh).mm(grid.points_from_indices(np.column_stack([i, j, k])))
    field.ravel()[near] = np.float32(wall_mm) - depth
    return field


def _grid(mesh: Mesh, pitch_mm: float) -> Grid:
    low, high = mesh.vertices_lps_mm.min(axis=0) - 2.0 * pitch_mm, mesh.vertices_lps_mm.max(axis=0) + 2.0 * pitch_mm
    i, j, k = (int(n) for n in np.ceil((high - low) / pitch_mm) + 1)
    return Grid((i, j, k), (pitch_mm, pitch_mm, pitch_mm), low, np.eye(3))


def _shells(mesh: Mesh) -> list[Mesh]:
    """Return the bodies of at least ``SMALLEST_CAVITY_ML``."""
    if mesh.is_empty:
        return []
    topology = inspect_topology(mesh)
    large = np.flatnonzero(topology.shell_volume_ml >= SMALLEST_CAVITY_ML)
    return [Mesh(mesh.vertices_lps_mm, mesh.faces[topology.shell_of_face == n]) for n in large]


def _drills(cavity: Mesh, body: Mesh, radius_mm: float) -> list[Mesh]:
    """Return two rods that lead from the far ends of a hollow to the nearest place outside."""
    from scipy.spatial import cKDTree

    points = cavity.vertices_lps_mm[np.unique(cavity.faces)]
    axis = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    height = points @ axis
    ends = points[[height.argmin(), height.argmax()]]
    exits = body.vertices_lps_mm[cKDTree(body.vertices_lps_mm).query(ends)[1]]
    rods = []
    for end, way_out in zip(ends, exits, strict=True):
        outward = (way_out - end) / max(float(np.linalg.norm(way_out - end)), 1e-6)
        rods.append(_rod(end - _INWARD_MM * outward, way_out + _OUTWARD_MM * outward, radius_mm))
    return rods


def _rod(start: FloatArray, end: FloatArray, radius_mm: float) -> Mesh:
    import trimesh

    body = trimesh.creation.cylinder(radius_mm, sections=_ROD_SIDES, segment=np.array([start, end]))
    return Mesh(body.vertices, body.faces)


def _manifold(mesh: Mesh, middle: FloatArray) -> Any:
    import manifold3d

    used, index = np.unique(mesh.faces, return_inverse=True)
    vertices = (mesh.vertices_lps_mm[used] - middle).astype(np.float32)
    body = manifold3d.Manifold(manifold3d.Mesh(vertices, index.reshape(-1, 3).astype(np.uint32)))
    if body.status() != manifold3d.Error.NoError:
        raise MeshError(f"the bone's surface cannot be hollowed, it is no closed 2-manifold ({body.status().name})")
    return body
