"""How far one surface lies from another, measured at points of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import spread_over

SAMPLES = 100_000

_NORMAL_REACH_MM = 1.0
_GOOD_ENOUGH_MM = 0.004
_TRIANGLES_TRIED = 6


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


def deviation_between(meant: Mesh, made: Mesh) -> Deviation:
    """Measure how far ``made`` lies from ``meant``: from the vertices of both and from points spread over both."""
    there, back = _distances_mm(meant, made), _distances_mm(made, meant)
    both = np.concatenate([there, back])
    change = made.volume_ml / meant.volume_ml - 1.0 if meant.volume_ml else 0.0
    return Deviation(float(both.mean()), float(np.percentile(both, 95)), float(both.max()), float(change))


def _distances_mm(start: Mesh, end: Mesh) -> FloatArray:
    """Return an upper bound of the distance to ``end`` of points on ``start``.

    The nearer of two places on ``end``: where the normal at the point meets it, and the nearest place of the triangles
    that lie next to the point.
    """
    samples = spread_over(start, SAMPLES)
    points = np.concatenate([start.vertices_lps_mm, samples.points_lps_mm])
    normals = np.concatenate([start.vertex_normals(), start.face_normals()[0][samples.face]])
    caster = RayCaster(end)
    reach = np.full(len(points), _NORMAL_REACH_MM)
    best = np.full(len(points), np.inf)
    for sign in (1.0, -1.0):
        best = np.minimum(best, caster.first_hit(points, sign * normals, reach)[0])
    far = np.flatnonzero(best > _GOOD_ENOUGH_MM)
    best[far] = np.minimum(best[far], _to_triangles_mm(points[far], end))
    return best


def _to_triangles_mm(points: FloatArray, mesh: Mesh) -> FloatArray:
    """Return the distance of points (N, 3) to the nearest of the triangles whose own points are nearest."""
    from scipy.spatial import cKDTree
    from trimesh.triangles import closest_point

    samples = spread_over(mesh, SAMPLES)
    corners = mesh.faces.ravel()
    tree = cKDTree(np.concatenate([samples.points_lps_mm, mesh.vertices_lps_mm[corners]]))
    owner = np.concatenate([samples.face, np.arange(len(corners)) // 3])
    triangles = mesh.vertices_lps_mm[mesh.faces]
    best = np.full(len(points), np.inf)
    _, index = tree.query(points, k=_TRIANGLES_TRIED, workers=2)
    for column in owner[index].T:
        best = np.minimum(best, np.linalg.norm(closest_point(triangles[column], points) - points, axis=1))
    return best
