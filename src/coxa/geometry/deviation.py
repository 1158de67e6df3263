"""How far one surface lies from another, measured at points of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import spread_over

SAMPLES = 100_000
"""Points spread over each surface, besides its vertices."""

_NORMAL_REACH_MM = 1.0
"""The other surface is looked for this far along the normal first, mm; farther off, among near triangles."""
_GOOD_ENOUGH_MM = 0.004
"""A point nearer than this to the other surface is not looked at again, mm."""
_TRIANGLES_TRIED = 8
"""About a vertex; any triangle gives an upper bound."""


@dataclass(frozen=True)
class Deviation:
    """Distances between two surfaces, both ways; mm.

    Attributes
    ----------
    mean_mm, p95_mm, max_mm : float
        Upper bounds of the true distances at the points looked at.
    volume_change : float
        Volume of the second over that of the first, minus 1.
    """

    mean_mm: float
    p95_mm: float
    max_mm: float
    volume_change: float

    @classmethod
    def of(cls, distances_mm: FloatArray, meant: Mesh, made: Mesh) -> Deviation:
        """Return what distances between the two surfaces (N,) come to; none stands for equal surfaces."""
        change = made.volume_ml / meant.volume_ml - 1.0 if meant.volume_ml else 0.0
        if not len(distances_mm):
            return cls(0.0, 0.0, 0.0, float(change))
        p95 = float(np.percentile(distances_mm, 95))
        return cls(float(distances_mm.mean()), p95, float(distances_mm.max()), float(change))


def deviation_between(meant: Mesh, made: Mesh) -> Deviation:
    """Measure how far ``made`` lies from ``meant``: from the vertices of both and from points spread over both."""
    return Deviation.of(distances_both_ways_mm(meant, made), meant, made)


def distances_both_ways_mm(meant: Mesh, made: Mesh, good_enough_mm: float = _GOOD_ENOUGH_MM) -> FloatArray:
    """Return upper bounds of the distance to the other mesh, of the vertices of both and of points spread over both.

    Parameters
    ----------
    meant, made : Mesh
    good_enough_mm : float
        No nearer place is sought for points that are this near along their normal.
    """
    return np.concatenate([_distances_mm(meant, made, good_enough_mm), _distances_mm(made, meant, good_enough_mm)])


def _distances_mm(start: Mesh, end: Mesh, good_enough_mm: float) -> FloatArray:
    """Return an upper bound of the distance to ``end`` of points on ``start``.

    The nearer of two places on ``end``: where the normal at the point meets it, and the nearest place of the triangles
    that lie next to the point.
    """
    samples = spread_over(start, SAMPLES)
    points = np.concatenate([start.vertices_lps_mm, samples.points_lps_mm])
    normals = np.concatenate([start.vertex_normals(), start.face_normals()[0][samples.face]])
    caster = RayCaster(end)
    best = np.full(len(points), np.inf)
    for sign in (1.0, -1.0):
        far = np.flatnonzero(best > good_enough_mm)
        reach = np.full(len(far), _NORMAL_REACH_MM)
        best[far] = np.minimum(best[far], caster.first_hit(points[far], sign * normals[far], reach)[0])
    far = np.flatnonzero(best > good_enough_mm)
    best[far] = np.minimum(best[far], _to_triangles_mm(points[far], end))
    return best


def _to_triangles_mm(points: FloatArray, mesh: Mesh) -> FloatArray:
    """Return the distance of points (N, 3) to the nearest of some triangles.

    Those about the nearest vertex, and the one that the nearest of many points spread over the mesh lies on.
    """
    from scipy.spatial import cKDTree
    from trimesh.triangles import closest_point

    samples = spread_over(mesh, SAMPLES)
    vertex = cKDTree(mesh.vertices_lps_mm).query(points, workers=2)[1]
    sample = cKDTree(samples.points_lps_mm).query(points, workers=2)[1]
    corners = mesh.faces.ravel()
    by_vertex = np.argsort(corners, kind="stable") // 3
    ends = np.cumsum(np.bincount(corners, minlength=len(mesh.vertices_lps_mm)))
    tried = [samples.face[sample]]
    tried += [by_vertex[np.maximum(ends[vertex] - n, 0)] for n in range(1, _TRIANGLES_TRIED + 1)]
    best = np.full(len(points), np.inf)
    for face in tried:
        near = closest_point(mesh.vertices_lps_mm[mesh.faces[face]], points)
        best = np.minimum(best, np.linalg.norm(near - points, axis=1))
    return best
