"""Bone as a model to hold and to try parts on: one closed body, solid or hollow with holes for the powder."""

from __future__ import annotations

from typing import Any

import numpy as np

from coxa.errors import MeshError, UsageError
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.isosurface import surface_of_field
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, distance_outside, distance_to_mask, sample_field
from coxa.geometry.voxelise import inside_mask
from coxa.manufacturing.measuring.topology import inspect_topology, welded
from coxa.manufacturing.measuring.wall_distance import WallDistance

SMALLEST_CAVITY_ML = 5.0
"""A hollow smaller than this saves nothing and stays filled [E]."""

HOLE_OVER_LIMIT = 1.25
"""The holes are drilled this much wider than the process asks; a hollow is at least twice as wide as they are."""

_VOXELS_PER_WALL = 4.0
"""Voxels across the wall of a hollow bone."""
_FINEST_MM = 0.5
"""Least pitch of the grid that the hollow is made on, mm."""
_EXACT_VOXELS = 2.0
"""Distances within so many voxels of the surface are measured exactly."""
_OUTWARD_MM = 3.0
"""An escape channel reaches this far out of the bone, so that it is open, mm."""
_ROD_SIDES = 32
"""Sides of the prism that stands for a round channel."""
_ABOUT = 12
"""Directions about a hole in which the bone is looked at."""


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
    """Return the body hollowed, with a wall of that thickness and two holes out of each hollow, at its far ends.

    Hollows are no narrower than twice a hole: narrower ends and necks stay filled, for powder would stay there, and so
    do hollows that are small or find no two places for a hole. What stands between hollows is as thick as the wall.

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

    radius_mm = 0.5 * HOLE_OVER_LIMIT * escape_hole_mm
    grid = _grid(mesh, max(wall_mm / _VOXELS_PER_WALL, _FINEST_MM))
    beyond = _depth_beyond(mesh, grid, wall_mm)
    rooms, rods = _rooms(beyond, grid, mesh, wall_mm, radius_mm)
    if not rods:
        raise UsageError(f"a wall of {wall_mm:g} mm leaves nothing to hollow: give a thinner one, or leave it solid")
    # Balls as wide as a hollow must be are rolled through the rooms, a voxel wider lest the grid's coarseness thicken
    # the wall, which is drawn exactly; then a ball as wide as the wall is thick is rolled between the hollows, so that
    # no sheet or pillar thinner than that is left there.
    half_wall = np.float32(0.5 * wall_mm)
    ball_mm = np.float32(2.0 * radius_mm + grid.spacing_mm[0])
    between = distance_outside(rooms, grid) > ball_mm + half_wall
    hollow = surface_of_field(np.maximum(beyond, half_wall - distance_outside(between, grid)), grid)
    middle = mesh.vertices_lps_mm.mean(axis=0)
    cutters = [_manifold(body, middle) for body in (*_shells(hollow), *rods)]
    cut = _manifold(mesh, middle) - manifold3d.Manifold.batch_boolean(cutters, manifold3d.OpType.Add)
    out = max(cut.decompose(), key=lambda body: body.volume()).to_mesh()
    vertices = np.asarray(out.vert_properties)[:, :3].astype(np.float64) + middle
    return Mesh(vertices, np.asarray(out.tri_verts, dtype=np.int64))


def _rooms(beyond: Field, grid: Grid, mesh: Mesh, wall_mm: float, radius_mm: float) -> tuple[BoolArray, list[Mesh]]:
    """Return where the middle of a ball may be that fits in the hollows, and two rods out of each hollow."""
    from scipy.ndimage import find_objects, label

    pieces, _ = label(beyond < np.float32(-2.0 * radius_mm))
    rooms, rods = np.zeros(grid.shape, dtype=bool), []
    for number, box in enumerate(find_objects(pieces), start=1):
        if _rolled_ml(pieces[box] == number, grid, 2.0 * radius_mm) < SMALLEST_CAVITY_ML:
            continue
        room = pieces == number
        drills = _drills(room, beyond, grid, mesh, wall_mm, radius_mm)
        if drills:
            rooms |= room
            rods += drills
    return rooms, rods


def _rolled_ml(room: BoolArray, grid: Grid, radius_mm: float) -> float:
    """Return the volume that a ball covers whose middle goes through a room."""
    part = np.pad(room, int(np.ceil(radius_mm / grid.spacing_mm[0])) + 1)
    near = Grid((part.shape[2], part.shape[1], part.shape[0]), grid.spacing_mm, np.zeros(3), np.eye(3))
    return float((distance_outside(part, near) <= radius_mm).sum()) * grid.voxel_volume_ml


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


def _drills(room: BoolArray, beyond: Field, grid: Grid, mesh: Mesh, wall_mm: float, radius_mm: float) -> list[Mesh]:
    """Return two rods from the far ends of a room by the shortest way out, or none where there are no two places.

    A place will do when the bone goes on about the hole for a wall's thickness, and stops before it.
    """
    from scipy.spatial import cKDTree

    rim = room & (beyond > np.float32(-2.0 * radius_mm - grid.spacing_mm[0]))
    k, j, i = np.nonzero(rim)
    starts = grid.points_from_indices(np.column_stack([i, j, k]))
    exits = mesh.vertices_lps_mm[cKDTree(mesh.vertices_lps_mm).query(starts)[1]]
    outward = (exits - starts) / np.linalg.norm(exits - starts, axis=1)[:, None]
    inner = _ring(exits - 0.5 * wall_mm * outward, outward, radius_mm + wall_mm)
    outer = _ring(exits + _OUTWARD_MM * outward, outward, radius_mm)
    depth = wall_mm - sample_field(beyond, grid, np.concatenate([inner, outer]).reshape(-1, 3)).reshape(2, -1, _ABOUT)
    good = np.flatnonzero((depth[0] > 0).all(axis=1) & (depth[1] < 0).all(axis=1))
    if not len(good):
        return []
    height = starts[good] @ np.linalg.svd(starts - starts.mean(axis=0), full_matrices=False)[2][0]
    ends = good[[height.argmin(), height.argmax()]]
    if np.linalg.norm(np.diff(exits[ends], axis=0)) < 2.0 * radius_mm + wall_mm:
        return []
    return [_rod(starts[n], exits[n] + _OUTWARD_MM * outward[n], radius_mm) for n in ends]


def _ring(middles: FloatArray, axes: FloatArray, radius_mm: float) -> FloatArray:
    """Return points about each axis (N, 3) through each middle (N, 3), as (N, _ABOUT, 3)."""
    first = np.cross(axes, np.eye(3)[np.argmin(np.abs(axes), axis=1)])
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(axes, first)
    angle = 2.0 * np.pi * np.arange(_ABOUT) / _ABOUT
    across = np.cos(angle)[:, None] * first[:, None] + np.sin(angle)[:, None] * second[:, None]
    return np.asarray(middles[:, None] + radius_mm * across)


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
