"""A mesh as points with normals and areas: what landmark rules work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.mesh import Mesh

GOLDEN_SHARE = 0.6180339887
"""Fractional part of the golden ratio: its multiples spread evenly."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points on a surface.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
    normals_lps : ndarray (N, 3)
        Outward unit normals.
    areas_mm2 : ndarray (N,)
        Surface that each point stands for.
    """

    points_lps_mm: FloatArray
    normals_lps: FloatArray
    areas_mm2: FloatArray

    @property
    def centroid_lps_mm(self) -> FloatArray:
        """Area-weighted centroid, (3,)."""
        return np.asarray(np.average(self.points_lps_mm, axis=0, weights=self.areas_mm2))

    def where(self, chosen: BoolArray) -> SurfacePoints:
        """Return the chosen points."""
        return SurfacePoints(self.points_lps_mm[chosen], self.normals_lps[chosen], self.areas_mm2[chosen])

    def thinned(self, area_mm2: float) -> SurfacePoints:
        """Return about one point per ``area_mm2``, evenly over the surface.

        Stratified along the vertex order, so the choice does not depend on where the surface lies in space.
        """
        along = np.cumsum(self.areas_mm2)
        total = float(along[-1]) if len(along) else 0.0
        count = int(total / area_mm2)
        if count >= len(along) or count < 1:
            return self
        # One point per stretch, at a golden-ratio place within it: even steps would beat with the rows of a mesh.
        place = np.arange(count) + (np.arange(count) * GOLDEN_SHARE) % 1.0
        picked = np.unique(np.searchsorted(along, place * (total / count)).clip(max=len(along) - 1))
        return SurfacePoints(
            self.points_lps_mm[picked], self.normals_lps[picked], np.full(len(picked), total / len(picked))
        )


def points_of_mesh(mesh: Mesh) -> SurfacePoints:
    """Return the vertices of a mesh with area-weighted normals and a third of their faces' areas."""
    face_normals, face_areas = mesh.face_normals()
    count = len(mesh.vertices_lps_mm)
    corners = mesh.faces.T.ravel()
    areas = np.bincount(corners, np.tile(face_areas / 3.0, 3), minlength=count)
    weighted = face_normals * face_areas[:, None]
    normals = np.stack(
        [np.bincount(corners, np.tile(weighted[:, axis], 3), minlength=count) for axis in range(3)], axis=1
    )
    length = np.linalg.norm(normals, axis=1)
    used = length > 1e-12
    return SurfacePoints(mesh.vertices_lps_mm[used], normals[used] / length[used, None], areas[used])
