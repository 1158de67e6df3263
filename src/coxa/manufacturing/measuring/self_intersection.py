"""Where a surface passes through itself."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster

END_MM = 1e-3
"""Crossings this close to an edge's ends are touches, within the tracer's single precision."""

EDGES_AT_ONCE = 1_000_000
"""Edges followed together; bounds the memory."""

_HITS_FOLLOWED = 4
"""Meetings with the surface that are followed along a ray."""


def piercing_points(mesh: Mesh, caster: RayCaster) -> FloatArray:
    """Return the points (N, 3) where an edge pierces a face that it does not touch.

    Every edge is a ray from one end to the other. Two triangles that cross do so along a segment that ends where
    an edge of one pierces the other, so every proper crossing is found; faces that overlap in one plane are not.

    Parameters
    ----------
    mesh : Mesh
    caster : RayCaster
        Of that mesh.
    """
    sides = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    key = np.sort(sides[:, 0] * len(mesh.vertices_lps_mm) + sides[:, 1])
    ends = np.column_stack(np.divmod(key[np.r_[True, key[1:] != key[:-1]]], len(mesh.vertices_lps_mm)))
    blocks = [ends[first : first + EDGES_AT_ONCE] for first in range(0, len(ends), EDGES_AT_ONCE)]
    return np.concatenate([_along_edges(mesh, block, caster) for block in blocks])


def _along_edges(mesh: Mesh, ends: IntArray, caster: RayCaster) -> FloatArray:
    start = mesh.vertices_lps_mm[ends[:, 0]]
    vector = mesh.vertices_lps_mm[ends[:, 1]] - start
    length = np.linalg.norm(vector, axis=1)
    long_enough = length > 2.0 * END_MM
    ends, start, length = ends[long_enough], start[long_enough], length[long_enough]
    direction = vector[long_enough] / length[:, None]
    travelled = np.full(len(ends), END_MM)
    alive = np.arange(len(ends))
    found = []
    for _ in range(_HITS_FOLLOWED):
        origin = start[alive] + travelled[alive, None] * direction[alive]
        distance, face = caster.first_hit(origin, direction[alive], length[alive] - travelled[alive])
        at = travelled[alive] + distance
        within = (face >= 0) & (at < length[alive] - END_MM)
        alive, at, face = alive[within], at[within], face[within]
        touches = (mesh.faces[face][:, :, None] == ends[alive][:, None, :]).any(axis=(1, 2))
        triangles = mesh.vertices_lps_mm[mesh.faces[face[~touches]]]
        apart = alive[~touches]
        finish = mesh.vertices_lps_mm[ends[apart, 1]]
        pierces = _pierces(start[apart], finish, triangles)
        found.append(start[apart[pierces]] + at[~touches][pierces, None] * direction[apart[pierces]])
        travelled[alive] = at + END_MM
        alive = alive[touches]
        alive = alive[travelled[alive] < length[alive] - END_MM]
        if not len(alive):
            break
    return np.concatenate(found)


def _pierces(start: FloatArray, finish: FloatArray, triangles: FloatArray) -> BoolArray:
    """Tell in double precision which segments pass through their triangle, by more than ``END_MM`` on either side."""
    a, b, c = (triangles[:, n] for n in range(3))

    def volume(p: FloatArray, q: FloatArray, r: FloatArray, s: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("ij,ij->i", q - p, np.cross(r - p, s - p)))

    double_area = np.maximum(np.linalg.norm(np.cross(b - a, c - a), axis=1), 1e-12)
    before, after = volume(a, b, c, start) / double_area, volume(a, b, c, finish) / double_area
    through_plane = (before * after < 0) & (np.minimum(np.abs(before), np.abs(after)) > END_MM)
    sides = np.array([volume(start, finish, *pair) for pair in ((a, b), (b, c), (c, a))])
    # On a side counts as through: a neighbour across that side is crossed as well, and only one of them is met.
    return np.asarray(through_plane & ((sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)))
