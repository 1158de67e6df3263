"""How far points in empty space are from a body's surface."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.surface_samples import spread_over

FINE_MM = 0.1
"""Wanted distance between the points that stand for the surface."""

FEWEST, MOST = 40_000, 400_000
"""Fewest and most points that stand for the walls of a part."""

_CLIMBS = 25
"""Most steps away from the walls."""
_SMALLEST_STEP_MM = 0.01
"""A point that would move by less has arrived, mm."""


class WallDistance:
    """Distances to a mesh, prepared once; good to a few hundredths of a millimetre.

    Parameters
    ----------
    mesh : Mesh
    """

    def __init__(self, mesh: Mesh) -> None:
        from scipy.spatial import cKDTree

        count = int(np.clip(float(mesh.face_normals()[1].sum()) / FINE_MM**2, FEWEST, MOST))
        points = spread_over(mesh, count).points_lps_mm
        self._tree = cKDTree(np.concatenate([points, mesh.vertices_lps_mm]))

    def mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the distance of points (N, 3) to the nearest wall."""
        return np.asarray(self._tree.query(points_lps_mm, workers=2)[0], dtype=np.float64)

    def climbed(self, points_lps_mm: FloatArray, limit_mm: float) -> tuple[FloatArray, FloatArray]:
        """Move points away from the nearest wall until they get no farther, or pass the limit.

        Returns
        -------
        points : ndarray (N, 3)
        distance_mm : ndarray (N,)
        """
        distance, nearest = self._tree.query(points_lps_mm, workers=2)
        points, step = points_lps_mm.copy(), np.maximum(0.25 * distance, 5.0 * _SMALLEST_STEP_MM)
        alive = np.arange(len(points))
        for _ in range(_CLIMBS):
            away = points[alive] - self._tree.data[nearest[alive]]
            away /= np.maximum(np.linalg.norm(away, axis=1), 1e-9)[:, None]
            trial = points[alive] + step[alive, None] * away
            reached, index = self._tree.query(trial, workers=2)
            better = reached > distance[alive]
            gained = alive[better]
            points[gained], distance[gained], nearest[gained] = trial[better], reached[better], index[better]
            step[gained] *= 1.5  # out in the open it gets away soon
            step[alive[~better]] *= 0.5
            alive = alive[(step[alive] > _SMALLEST_STEP_MM) & (distance[alive] < limit_mm)]
            if not len(alive):
                break
        return points, np.asarray(distance, dtype=np.float64)
