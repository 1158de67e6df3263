"""How thick a body is, measured by rays through it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import compact_patches, patch_of
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

PATCH_FACES = 1_500_000
"""Faces measured together; bounds the memory."""

_ABOUT_MM = 2.0
"""More than a strut is wide: what lies farther from a patch does not tell what is thin in it."""
LOOKED_CLOSER = 6000
"""Of the thinnest places of a large part, so many are sampled as densely as a small part."""

_SKIN_MM = 1e-3
_NEIGHBOURS = 64
_WIDTH_REACH_MM = 5.0


@dataclass(frozen=True, eq=False)
class Thickness:
    """Thickness at sample points of the surface.

    Attributes
    ----------
    points_lps_mm : ndarray (N, 3)
    thickness_mm : ndarray (N,)
        Along the inward normal to the opposite face; where it is below the limit asked for, what it is at most over
        ``PATCH_MM2`` of the place, infinite where the place is smaller.
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
        """Return the least thickness among the chosen samples, and its place; None without."""
        finite = np.flatnonzero(chosen & np.isfinite(self.thickness_mm))
        if not len(finite):
            return None
        at = finite[np.argmin(self.thickness_mm[finite])]
        return float(self.thickness_mm[at]), self.points_lps_mm[at]


def measure_thickness(
    mesh: Mesh, classify_below_mm: float, caster: RayCaster, samples: SurfaceSamples | None = None
) -> Thickness:
    """Measure a closed, outward-facing mesh at points spread over its surface.

    Parameters
    ----------
    mesh : Mesh
    classify_below_mm : float
        Places thinner than this are told apart into struts and walls by rays sideways.
    caster : RayCaster
        Of that mesh.
    samples : SurfaceSamples, optional
        Where to measure; everywhere by default.
    """
    rays = _through(mesh, caster, _spread(mesh) if samples is None else samples)
    if mesh.face_normals()[1].sum() * SAMPLES_PER_MM2 > SAMPLES:
        faces = _about_the_thinnest(mesh, rays, classify_below_mm)
        closer = patch_of(mesh, faces)
        dense = spread_over(closer, int(closer.face_normals()[1].sum() * SAMPLES_PER_MM2))
        again = _through(mesh, caster, SurfaceSamples(dense.points_lps_mm, faces[dense.face], dense.area_mm2))
        rays = again.joined(rays.chosen(rays.thickness_mm >= classify_below_mm))
    thickness = _of_the_place(rays.points_lps_mm, rays.area_mm2, rays.thickness_mm, classify_below_mm)
    thin = np.flatnonzero(thickness < classify_below_mm)
    points, inward = rays.points_lps_mm[thin], rays.inward[thin]
    width = _width_mm(caster, points + 0.5 * rays.thickness_mm[thin, None] * inward, inward)
    narrow = width < np.maximum(STRUT_WIDTH * thickness[thin], STRUT_WIDTH_MM)
    is_strut = np.zeros(len(thickness), dtype=bool)
    is_strut[thin] = _prevails(points, narrow, np.ones(len(thin), dtype=bool))
    return Thickness(rays.points_lps_mm, thickness, rays.area_mm2, is_strut)


@dataclass(frozen=True, eq=False)
class _Rays:
    """Rays straight into the body that met a face across: faces and points of origin, directions, lengths."""

    face: IntArray
    points_lps_mm: FloatArray
    inward: FloatArray
    area_mm2: FloatArray
    thickness_mm: FloatArray

    def chosen(self, which: BoolArray | IntArray) -> _Rays:
        """Return some of the rays."""
        return _Rays(*(getattr(self, column.name)[which] for column in fields(self)))

    def joined(self, others: _Rays) -> _Rays:
        """Return these rays and others."""
        pairs = ((getattr(self, column.name), getattr(others, column.name)) for column in fields(self))
        return _Rays(*(np.concatenate(pair) for pair in pairs))


def _through(mesh: Mesh, caster: RayCaster, samples: SurfaceSamples) -> _Rays:
    """Follow rays from samples to the face across; what faces another way is an edge and is left out."""
    normals = mesh.face_normals()[0]
    inward = -normals[samples.face]
    distance, opposite = caster.first_hit(samples.points_lps_mm + _SKIN_MM * inward, inward)
    facing = np.einsum("ij,ij->i", normals[opposite], inward)
    # A ray that starts outside again passed through a wall thinner than the skin, or started at an edge.
    no_wall = (opposite < 0) | (facing < 0)
    no_wall[no_wall] = _prevails(samples.points_lps_mm, no_wall, no_wall)
    thickness = np.where(no_wall, 0.0, distance + _SKIN_MM)
    rays = _Rays(samples.face, samples.points_lps_mm, inward, samples.area_mm2, thickness)
    return rays.chosen(no_wall | ((opposite >= 0) & (facing > OPPOSED)))


def _about_the_thinnest(mesh: Mesh, rays: _Rays, below_mm: float) -> IntArray:
    """Return the faces about the thinnest places, to be looked at closer."""
    from scipy.spatial import cKDTree

    thin = np.flatnonzero(rays.thickness_mm < below_mm)
    if not len(thin):
        return thin
    thin = thin[np.argsort(rays.thickness_mm[thin], kind="stable")]
    cells = np.floor(rays.points_lps_mm[thin] / PLACE_MM).astype(np.int64)
    thinnest = thin[np.sort(np.unique(cells, axis=0, return_index=True)[1])[:LOOKED_CLOSER]]
    places = cKDTree(rays.points_lps_mm[thinnest])
    near = np.isfinite(places.query(mesh.vertices_lps_mm, distance_upper_bound=PLACE_MM, workers=2)[0])
    return np.flatnonzero(near[mesh.faces].any(axis=1))


def measure_thickness_by_patches(mesh: Mesh, classify_below_mm: float) -> Thickness:
    """Measure a mesh of any size, patch by patch, each with the faces about it."""
    places = mesh.vertices_lps_mm.astype(np.float32)[mesh.faces[:, 0]]
    found = []
    for own in compact_patches(mesh, PATCH_FACES):
        low, high = places[own].min(axis=0) - _ABOUT_MM, places[own].max(axis=0) + _ABOUT_MM
        about = ((places >= low) & (places <= high)).all(axis=1)
        about[own] = False
        patch = patch_of(mesh, np.concatenate([own, np.flatnonzero(about)]))
        spread = _spread(patch)
        mine = spread.face < len(own)
        samples = SurfaceSamples(spread.points_lps_mm[mine], spread.face[mine], spread.area_mm2[mine])
        measured = measure_thickness(patch, classify_below_mm, RayCaster(patch), samples)
        found.append((measured.points_lps_mm, measured.thickness_mm, measured.area_mm2, measured.is_strut))
    points, thickness, area, is_strut = (np.concatenate(column) for column in zip(*found, strict=True))
    return Thickness(points, thickness, area, is_strut)


def _spread(mesh: Mesh) -> SurfaceSamples:
    return spread_over(mesh, int(np.clip(mesh.face_normals()[1].sum() * SAMPLES_PER_MM2, 1, FINDERS)))


def _of_the_place(points: FloatArray, area_mm2: FloatArray, thickness: FloatArray, below_mm: float) -> FloatArray:
    """Return the thickness, of thin samples replaced by what their place is at most over ``PATCH_MM2`` of it."""
    local, thin = thickness.copy(), np.flatnonzero(thickness < below_mm)
    if not len(thin):
        return local
    near = _neighbours(points, points[thin], PLACE_MM)
    values, areas = np.append(thickness, np.inf)[near], np.append(area_mm2, 0.0)[near]
    order = np.argsort(values, axis=1)
    enough = np.cumsum(np.take_along_axis(areas, order, axis=1), axis=1) >= PATCH_MM2
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


def _width_mm(caster: RayCaster, middle: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the median width across, at right angles to the thickness, through the middle of it.

    The median, not the least: near a sheet's corner a few directions cut it short.
    """
    helper = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    first = np.cross(normal, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-12)[:, None]
    second = np.cross(normal, first)
    widths = []
    reach = np.full(len(middle), _WIDTH_REACH_MM)
    for angle in np.pi * np.arange(6) / 6:
        direction = np.cos(angle) * first + np.sin(angle) * second
        widths.append(caster.first_hit(middle, direction, reach)[0] + caster.first_hit(middle, -direction, reach)[0])
    return np.asarray(np.median(widths, axis=0)) if len(middle) else np.empty(0)
