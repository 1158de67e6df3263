"""Rays against a mesh: where they enter and leave it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh

_RAYS_AT_ONCE = 50_000
"""More rays than that are shared among the cores."""

_EDGE_ON = 1e-3
"""Cosine between a ray and a face under which their crossing is ill-defined in the plane's equation."""


class RayCaster:
    """Answers many rays against one closed mesh; built once.

    The mesh is moved to its own middle first: the tracer works in single precision.

    Parameters
    ----------
    mesh : Mesh
    """

    def __init__(self, mesh: Mesh) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        self._middle = 0.5 * (mesh.vertices_lps_mm.min(axis=0) + mesh.vertices_lps_mm.max(axis=0))
        self._vertices = mesh.vertices_lps_mm - self._middle
        self._corner = mesh.faces[:, 0]
        self._normals = mesh.face_normals()[0]
        self._embree: Any = rtcore_scene.EmbreeScene()
        TriangleMesh(self._embree, self._vertices.astype(np.float32), mesh.faces.astype(np.int32))
        # The first ray builds the tree; many threads must not.
        self._traced(np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]))

    def first_hit(
        self,
        origins_lps_mm: npt.ArrayLike,
        directions_lps: npt.ArrayLike,
        reach_mm: FloatArray | None = None,
    ) -> tuple[FloatArray, IntArray]:
        """Return the distance in mm (inf without a hit) and the face (-1 without) that each ray meets first.

        Parameters
        ----------
        origins_lps_mm, directions_lps : array (N, 3)
            Directions are unit vectors.
        reach_mm : ndarray (N,), optional
            How far each ray goes; a short reach is much faster than none.
        """
        origins = np.asarray(origins_lps_mm, dtype=np.float64) - self._middle
        directions = np.asarray(directions_lps, dtype=np.float64)
        distance, face = np.empty(len(origins)), np.empty(len(origins), dtype=np.int64)

        def trace(first: int) -> None:
            these = slice(first, first + _RAYS_AT_ONCE)
            limits = () if reach_mm is None else (reach_mm[these],)
            distance[these], face[these] = self._traced(origins[these], directions[these], *limits)

        starts = range(0, len(origins), _RAYS_AT_ONCE)
        if len(starts) < 2:
            for first in starts:
                trace(first)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(trace, starts))
        return distance, face

    def _traced(
        self, origins: FloatArray, directions: FloatArray, *reach_mm: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        limits = (limit.astype(np.float32) for limit in reach_mm)
        found = self._embree.run(origins.astype(np.float32), directions.astype(np.float32), *limits, output=True)
        face = np.asarray(found["primID"], dtype=np.int64)
        distance = np.full(len(origins), np.inf)
        hit = face >= 0
        corner, normal = self._vertices[self._corner[face[hit]]], self._normals[face[hit]]
        slope = np.einsum("ij,ij->i", directions[hit], normal)
        height = np.einsum("ij,ij->i", corner - origins[hit], normal)
        # The plane in double precision is more exact than the tracer's single; edge-on faces keep the tracer's.
        edge_on = np.abs(slope) < _EDGE_ON
        exact = height / np.where(edge_on, 1.0, slope)
        distance[hit] = np.maximum(np.where(edge_on, found["tfar"][hit], exact), 0.0)
        return distance, face

    def starts_inside(self, face: IntArray, directions_lps: npt.ArrayLike) -> BoolArray:
        """Tell from the first faces met whether the rays started inside: then they leave through them."""
        leaving = np.einsum("ij,ij->i", np.asarray(directions_lps, float), self._normals[np.maximum(face, 0)]) > 0
        return np.asarray((face >= 0) & leaving)

    def normal_met(self, origin_lps_mm: npt.ArrayLike, direction_lps: npt.ArrayLike) -> FloatArray | None:
        """Return the outward normal (3,) of the face that one ray meets first; None when it meets none."""
        _, face = self.first_hit(np.atleast_2d(origin_lps_mm), np.atleast_2d(direction_lps))
        return None if face[0] < 0 else np.asarray(self._normals[face[0]])

    def crossings(
        self, origins_lps_mm: npt.ArrayLike, directions_lps: npt.ArrayLike, reach_mm: float, rounds: int = 12
    ) -> list[list[tuple[float, bool]]]:
        """Return, per ray, the sorted (distance in mm, enters) of all its crossings up to ``reach_mm``.

        Origins (N, 3), or (3,) for all.
        """
        directions = np.asarray(directions_lps, dtype=np.float64)
        origins = np.broadcast_to(np.asarray(origins_lps_mm, dtype=np.float64), directions.shape)
        found: list[list[tuple[float, bool]]] = [[] for _ in directions]
        start = np.zeros(len(directions))
        alive = np.arange(len(directions))
        for _ in range(rounds):
            distance, face = self.first_hit(origins[alive] + start[alive, None] * directions[alive], directions[alive])
            at = start[alive] + distance
            hit = np.isfinite(distance) & (at <= reach_mm)
            enters = ~self.starts_inside(face, directions[alive])
            for ray, position, inward in zip(alive[hit], at[hit], enters[hit], strict=True):
                found[ray].append((float(position), bool(inward)))
            start[alive] = at + 1e-3
            alive = alive[hit]
            if not len(alive):
                break
        return found
