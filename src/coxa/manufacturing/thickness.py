"""How thick a body is, measured by rays through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster

OPPOSED = 0.8
"""Cosine between a face and the face behind it (turned over): less is an edge, not a wall."""

PATCH_MM2 = 0.25
"""The thinnest place must hold over this much surface; a single odd triangle does not count."""

PLACE_MM = 0.5
"""A place is this large: its thickness is the median of the samples within, so that a frayed tip is no wall."""

STRUT_WIDTH = 2.5
"""A feature narrower than this many thicknesses across is a strut, else a wall."""

STRUT_WIDTH_MM = 1.5
"""A feature narrower than this is a strut too: the ligament of a lattice, cut or not [E]."""

SAMPLES = 100_000

_SKIN_MM = 1e-3
_NEIGHBOURS = 16


@dataclass(frozen=True, eq=False)
class Thickness:
    """Thickness at sample points of the surface.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
    thickness_mm : ndarray (N,)
        Along the inward normal to the opposite face.
    area_mm2 : ndarray (N,)
        Surface that each sample stands for.
    is_strut : ndarray (N,) of bool
        Known where the thickness is below the limit asked for; false elsewhere.
    """

    points_lps_mm: FloatArray
    thickness_mm: FloatArray
    area_mm2: FloatArray
    is_strut: BoolArray

    def thinnest(self, chosen: BoolArray) -> tuple[float, FloatArray] | None:
        """Return the least thickness that holds over ``PATCH_MM2`` among the chosen samples, and its place."""
        order = np.flatnonzero(chosen)
        if not len(order):
            return None
        order = order[np.argsort(self.thickness_mm[order], kind="stable")]
        area = np.cumsum(self.area_mm2[order])
        at = order[min(int(np.searchsorted(area, PATCH_MM2)), len(order) - 1)]
        return float(self.thickness_mm[at]), self.points_lps_mm[at]


def measure_thickness(mesh: Mesh, classify_below_mm: float) -> Thickness:
    """Measure a closed, outward-facing mesh at points spread over its surface.

    Parameters
    ----------
    mesh : Mesh
    classify_below_mm : float
        Places thinner than this are told apart into struts and walls by rays sideways.
    """
    points, face, area = _spread(mesh)
    inward = -mesh.face_normals()[0][face]
    caster = RayCaster(mesh)
    distance, opposite = caster.first_hit(points + _SKIN_MM * inward, inward)
    facing = np.einsum("ij,ij->i", mesh.face_normals()[0][opposite], inward)
    good = np.isfinite(distance) & (facing > OPPOSED)
    points, inward, area = points[good], inward[good], area[good]
    single = distance[good] + _SKIN_MM
    thickness = _of_the_place(points, single, single < classify_below_mm)
    thin = np.flatnonzero(thickness < classify_below_mm)
    is_strut = np.zeros(len(points), dtype=bool)
    middle = points[thin] + 0.5 * single[thin, None] * inward[thin]
    width = _width_mm(caster, middle, inward[thin])
    is_strut[thin] = width < np.maximum(STRUT_WIDTH * thickness[thin], STRUT_WIDTH_MM)
    return Thickness(points, thickness, area, is_strut)


def _of_the_place(points: FloatArray, thickness: FloatArray, thin: BoolArray) -> FloatArray:
    """Return the thickness, of thin samples replaced by the median of their neighbours'."""
    from scipy.spatial import cKDTree

    if not thin.any():
        return thickness
    distance, index = cKDTree(points).query(points[thin], k=_NEIGHBOURS, distance_upper_bound=PLACE_MM)
    values = np.where(np.isfinite(distance), np.append(thickness, np.nan)[index], np.nan)
    local = thickness.copy()
    local[thin] = np.nanmedian(values, axis=1)
    return local


def _spread(mesh: Mesh) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return points spread evenly over the faces, the face of each, and the area it stands for."""
    area = mesh.face_normals()[1]
    per_face = np.floor(area * (SAMPLES / max(float(area.sum()), 1e-12))).astype(np.int64)
    if len(mesh.faces) <= SAMPLES:
        per_face = np.maximum(per_face, 1)
    else:
        # Rounding by a running sum keeps the density without randomness.
        per_face = np.diff(np.floor(np.cumsum(area) * (SAMPLES / float(area.sum()))), prepend=0.0).astype(np.int64)
    face = np.repeat(np.arange(len(mesh.faces)), per_face)
    rank = np.arange(len(face)) - np.repeat(np.cumsum(per_face) - per_face, per_face)
    # A low-discrepancy sequence in the unit square, folded into the triangle; its first point is the centroid.
    u, v = (1 / 3 + rank * 0.7548776662466927) % 1.0, (1 / 3 + rank * 0.5698402909980532) % 1.0
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    a, b, c = (mesh.vertices_lps_mm[mesh.faces[face, n]] for n in range(3))
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return points, face, area[face] / per_face[face]


def _width_mm(caster: RayCaster, middle: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the median width across, at right angles to the thickness, through the middle of it.

    The median, not the least: near a sheet's corner a few directions cut it short.
    """
    helper = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    first = np.cross(normal, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-12)[:, None]
    second = np.cross(normal, first)
    widths = []
    for angle in np.pi * np.arange(6) / 6:
        direction = np.cos(angle) * first + np.sin(angle) * second
        widths.append(caster.first_hit(middle, direction)[0] + caster.first_hit(middle, -direction)[0])
    return np.asarray(np.median(widths, axis=0)) if len(middle) else np.empty(0)
