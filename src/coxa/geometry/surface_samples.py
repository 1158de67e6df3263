"""Points spread evenly over a mesh, each with the face it lies on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """Points on the faces of a mesh.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
    face : ndarray (N,)
        The face that each point lies on.
    area_mm2 : ndarray (N,)
        Surface that each point stands for.
    """

    points_lps_mm: FloatArray
    face: IntArray
    area_mm2: FloatArray


def spread_over(mesh: Mesh, count: int) -> SurfaceSamples:
    """Return about ``count`` points spread evenly over the surface; small faces may be passed over.

    No chance is involved: the same mesh gives the same points.
    """
    area = mesh.face_normals()[1]
    total = max(float(area.sum()), 1e-12)
    # Rounding by a running sum keeps the density without randomness.
    per_face = np.diff(np.floor(np.cumsum(area) * (count / total) + 1e-9), prepend=0.0).astype(np.int64)
    face = np.repeat(np.arange(len(mesh.faces)), per_face)
    rank = np.arange(len(face)) - np.repeat(np.cumsum(per_face) - per_face, per_face)
    # A low-discrepancy sequence in the unit square, folded into the triangle; a single point is the centroid. Faces
    # start at different places of it: alike slender ones side by side would all have their points at one height.
    start = np.where(per_face > 1, np.arange(len(mesh.faces)), 0)[face]
    u = (1 / 3 + rank * 0.7548776662466927 + start * 0.6180339887498949) % 1.0
    v = (1 / 3 + rank * 0.5698402909980532 + start * 0.4142135623730950) % 1.0
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    a, b, c = (mesh.vertices_lps_mm[mesh.faces[face, n]] for n in range(3))
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return SurfaceSamples(points, face, np.full(len(face), total / max(len(face), 1)))
