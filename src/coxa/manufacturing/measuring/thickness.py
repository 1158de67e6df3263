"""How thick a body is, measured by rays through it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import patch_of
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import SurfaceSamples, spread_over

OPPOSED = 0.8
"""Cosine between a face and the face behind it (turned over): less is an edge, not a wall."""

PLACE_MM, PATCH_MM2 = 0.5, 0.25
"""What is thin must be so over this much surface within this distance: an odd triangle or a frayed tip is no wall."""

VOTE_MM = 0.8
"""What most of this place is, strut or wall, all of it is: a strut is as wide as what it stands on at its root."""

STRUT_WIDTH = 2.5
"""A feature narrower than this many thicknesses across is a strut, else a wall."""

STRUT_WIDTH_MM = 1.5
"""A feature narrower than this is a strut too: the ligament of a lattice, cut or not [E]."""

SAMPLES, SAMPLES_PER_MM2 = 100_000, 50.0
"""No more a mm² than that the nearest of one fill its place; a part that takes more in all is a large part."""

FINDERS = 300_000
"""Rays that find the thin places of a large part."""

LOOKED_CLOSER = 6000
"""Of the thinnest places of a large part, so many are sampled as densely as a small part."""

_SKIN_MM = 1e-3
"""A ray starts this far within the surface, so that it does not meet its own triangle, mm."""
_NEIGHBOURS = 64
"""Most neighbouring points looked at about one."""


class _Samples:
    """Columns of arrays, a row for each point."""

    def chosen(self, which: BoolArray | IntArray) -> Self:
        """Return some of the rows."""
        return type(self)(*(getattr(self, column.name)[which] for column in fields(self)))  # type: ignore[arg-type]

    def joined(self, others: Self) -> Self:
        """Return these rows and others."""
        pairs = ((getattr(self, column.name), getattr(others, column.name)) for column in fields(self))  # type: ignore[arg-type]
        return type(self)(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, eq=False)
class Thickness(_Samples):
    """Thickness at sample points of the surface.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
    face : ndarray (N,)
        The face that each point lies on.
    thickness_mm : ndarray (N,)
        Along the inward normal to the opposite face; where it is below the limit asked for, what it is at most over
        so much surface of the place as was asked for, infinite where the place is smaller.
    area_mm2 : ndarray (N,)
        Surface that each sample stands for.
    is_strut : ndarray (N,) of bool
        Known where the thickness is below the limit asked for; false elsewhere.
    """

    points_lps_mm: FloatArray
    face: IntArray
    thickness_mm: FloatArray
    area_mm2: FloatArray
    is_strut: BoolArray

    def thinnest(self, chosen: BoolArray) -> tuple[float, FloatArray] | None:
        """Return the least thickness among the chosen samples, and its place; None without."""
        finite = np.flatnonzero(chosen & np.isfinite(self.thickness_mm))
        if not len(finite):
            return None
        at = finite[np.argmin(self.thickness_mm[finite])]
        return float(self.thickness_mm[at]), self.points_lps_mm[at]


def measure_thickness(
    mesh: Mesh,
    classify_below_mm: float,
    caster: RayCaster,
    *,
    reach_mm: float = np.inf,
    struts_below_mm: float = np.inf,
    held_over_mm2: float = PATCH_MM2,
) -> Thickness:
    """Measure a closed, outward-facing mesh at points spread over its surface.

    Parameters
    ----------
    mesh : Mesh
    classify_below_mm : float
        Places thinner than this are told apart into struts and walls by rays sideways.
    caster : RayCaster
        Of that mesh.
    reach_mm : float
        What is thicker is infinitely thick. What lies farther than this from where a mesh is open is measured rightly.
    struts_below_mm : float
        Thicker struts are not wanted: a large part is not looked at closely there, and they are left out.
    held_over_mm2 : float
        Surface of one place over which it must be thin.
    """
    rays = _through(mesh, caster, _spread(mesh), reach_mm)
    if mesh.face_normals()[1].sum() * SAMPLES_PER_MM2 > SAMPLES:
        thick = rays.chosen(rays.thickness_mm >= classify_below_mm)
        thinnest = _thinnest_places(caster, rays, classify_below_mm, struts_below_mm)
        faces = _faces_about(mesh, thinnest)
        closer = patch_of(mesh, faces)
        dense = spread_over(closer, int(closer.face_normals()[1].sum() * SAMPLES_PER_MM2))
        closely = SurfaceSamples(dense.points_lps_mm, faces[dense.face], dense.area_mm2)
        rays = _through(mesh, caster, closely, reach_mm).joined(thick)
    thickness = _of_the_place(rays.points_lps_mm, rays.area_mm2, rays.thickness_mm, classify_below_mm, held_over_mm2)
    thin = np.flatnonzero(thickness < classify_below_mm)
    narrow = _is_narrow(caster, rays.chosen(thin), thickness[thin])
    is_strut = np.zeros(len(thickness), dtype=bool)
    is_strut[thin] = _prevails(rays.points_lps_mm[thin], narrow, np.ones(len(thin), dtype=bool))
    return Thickness(rays.points_lps_mm, rays.face, thickness, rays.area_mm2, is_strut)


@dataclass(frozen=True, eq=False)
class _Rays(_Samples):
    """Rays straight into the body that met a face across: faces and points of origin, directions, lengths."""

    face: IntArray
    points_lps_mm: FloatArray
    inward: FloatArray
    area_mm2: FloatArray
    thickness_mm: FloatArray


def _through(mesh: Mesh, caster: RayCaster, samples: SurfaceSamples, reach_mm: float) -> _Rays:
    """Follow rays from samples to the face across; what faces another way is an edge and is left out."""
    normals = mesh.face_normals()[0]
    inward, origins = -normals[samples.face], samples.points_lps_mm
    reach = np.full(len(origins), reach_mm) if np.isfinite(reach_mm) else None
    distance, opposite = caster.first_hit(origins + _SKIN_MM * inward, inward, reach)
    facing = np.einsum("ij,ij->i", normals[opposite], inward)
    # A ray that starts outside again passed through a wall thinner than the skin, or started at an edge. It meets a
    # face from outside, or none ever; none within reach is a thick place.
    met = opposite >= 0
    no_wall = met & (facing < 0) if np.isfinite(reach_mm) else ~met | (facing < 0)
    no_wall[no_wall] = _prevails(origins, no_wall, no_wall)
    thickness = np.where(no_wall, 0.0, distance + _SKIN_MM)
    rays = _Rays(samples.face, origins, inward, samples.area_mm2, thickness)
    return rays.chosen(no_wall | (met & (facing > OPPOSED)) | (~met & np.isfinite(reach_mm)))


def _thinnest_places(caster: RayCaster, rays: _Rays, below_mm: float, struts_below_mm: float) -> FloatArray:
    """Return the thinnest places (N, 3) of the walls and of the struts of a large part, to be looked at closer."""
    thin = rays.chosen(np.flatnonzero(rays.thickness_mm < below_mm))
    thin = thin.chosen(np.argsort(thin.thickness_mm, kind="stable"))
    cells = np.floor(thin.points_lps_mm / PLACE_MM).astype(np.int64)
    first_of_cell = np.unique(cells @ [1, 1 << 20, 1 << 40], return_index=True)[1]
    thin = thin.chosen(np.sort(first_of_cell))
    narrow = _is_narrow(caster, thin, thin.thickness_mm)
    walls, struts = thin.chosen(~narrow), thin.chosen(narrow & (thin.thickness_mm < struts_below_mm))
    return np.vstack([kind.points_lps_mm[: LOOKED_CLOSER // 2] for kind in (walls, struts)])


def _faces_about(mesh: Mesh, places_lps_mm: FloatArray) -> IntArray:
    from scipy.spatial import cKDTree

    if not len(places_lps_mm):
        return np.empty(0, dtype=np.int64)
    near = cKDTree(places_lps_mm).query(mesh.vertices_lps_mm, distance_upper_bound=PLACE_MM, workers=2)[0]
    return np.flatnonzero(np.isfinite(near)[mesh.faces].any(axis=1))


def _spread(mesh: Mesh) -> SurfaceSamples:
    area_mm2 = mesh.face_normals()[1].sum()
    return spread_over(mesh, int(np.clip(area_mm2 * SAMPLES_PER_MM2, 1, FINDERS)))


def _of_the_place(
    points: FloatArray, area_mm2: FloatArray, thickness: FloatArray, below_mm: float, held_over_mm2: float
) -> FloatArray:
    """Return the thickness, of thin samples replaced by what their place is at most over ``held_over_mm2`` of it."""
    local, thin = thickness.copy(), np.flatnonzero(thickness < below_mm)
    if not len(thin):
        return local
    near = _neighbours(points, points[thin], PLACE_MM)
    values, areas = np.append(thickness, np.inf)[near], np.append(area_mm2, 0.0)[near]
    order = np.argsort(values, axis=1)
    enough = np.cumsum(np.take_along_axis(areas, order, axis=1), axis=1) >= held_over_mm2
    first = np.take_along_axis(order, enough.argmax(axis=1)[:, None], axis=1)
    held = np.take_along_axis(values, first, axis=1)[:, 0]
    local[thin] = np.where(enough.any(axis=1), np.maximum(held, thickness[thin]), np.inf)
    return local


def _prevails(points: FloatArray, told: BoolArray, at: BoolArray) -> BoolArray:
    """Tell at which of some points most of what lies within ``VOTE_MM`` is as told (N,)."""
    if not (told & at).any():
        return told[at]
    votes = np.append(told.astype(float), np.nan)[_neighbours(points, points[at], VOTE_MM)]
    count = np.isfinite(votes).sum(axis=1)
    return np.where(count > 0, np.nansum(votes, axis=1) >= 0.5 * count, told[at])


def _neighbours(points: FloatArray, at: FloatArray, reach_mm: float) -> IntArray:
    """Return which points (N, 3) lie within reach of each of ``at`` (M, 3), nearest first; N stands for none."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(points).query(at, k=_NEIGHBOURS, distance_upper_bound=reach_mm, workers=2)[1])


def _is_narrow(caster: RayCaster, rays: _Rays, thickness_mm: FloatArray) -> BoolArray:
    """Tell at which rays the body is no wider, at right angles to its thickness, than a strut is.

    The median width counts, not the least: near a sheet's corner a few directions cut it short.
    """
    middle, normal = rays.points_lps_mm + 0.5 * rays.thickness_mm[:, None] * rays.inward, rays.inward
    helper = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    first = np.cross(normal, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-12)[:, None]
    second = np.cross(normal, first)
    widest = np.maximum(STRUT_WIDTH * thickness_mm, STRUT_WIDTH_MM)
    widths = []
    for angle in np.pi * np.arange(6) / 6:
        direction = np.cos(angle) * first + np.sin(angle) * second
        widths.append(caster.first_hit(middle, direction, widest)[0] + caster.first_hit(middle, -direction, widest)[0])
    return np.asarray(np.median(widths, axis=0) < widest)
