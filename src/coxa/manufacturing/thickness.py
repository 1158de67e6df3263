"""How thick a body is, measured by rays through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.patches import compact_patches, patch_of
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import SurfaceSamples, spread_over

OPPOSED = 0.8
"""Cosine between a face and the face behind it (turned over): less is an edge, not a wall."""

PATCH_MM2 = 0.25
"""The thinnest place must hold over this much surface; a single odd triangle does not count."""

PLACE_MM = 0.5
"""A place is this large: its thickness is the median of the samples within, so that a frayed tip is no wall."""

VOTE_MM = 0.8
"""What most of this place is, strut or wall, all of it is: a strut is as wide as what it stands on at its root."""

STRUT_WIDTH = 2.5
"""A feature narrower than this many thicknesses across is a strut, else a wall."""

STRUT_WIDTH_MM = 1.5
"""A feature narrower than this is a strut too: the ligament of a lattice, cut or not [E]."""

SAMPLES = 100_000

PATCH_FACES = 1_500_000
"""Faces measured together; bounds the memory."""

_ABOUT_MM = 2.0
"""More than a strut is wide: what lies farther from a patch does not tell what is thin in it."""
_SKIN_MM = 1e-3
_NEIGHBOURS = 16
_WIDTH_REACH_MM = 5.0


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
    samples = spread_over(mesh, SAMPLES) if samples is None else samples
    normals = mesh.face_normals()[0]
    inward = -normals[samples.face]
    distance, opposite = caster.first_hit(samples.points_lps_mm + _SKIN_MM * inward, inward)
    facing = np.einsum("ij,ij->i", normals[opposite], inward)
    # A ray that starts outside again passed through a wall thinner than the skin, or started at an edge.
    no_wall = (opposite < 0) | (facing < 0)
    no_wall[no_wall] = _prevails(samples.points_lps_mm, samples.area_mm2, no_wall, no_wall)
    good = no_wall | ((opposite >= 0) & (facing > OPPOSED))
    points, inward, area = samples.points_lps_mm[good], inward[good], samples.area_mm2[good]
    single = np.where(no_wall, 0.0, distance + _SKIN_MM)[good]
    thickness = _of_the_place(points, single, single < classify_below_mm)
    thin = np.flatnonzero(thickness < classify_below_mm)
    middle = points[thin] + 0.5 * single[thin, None] * inward[thin]
    narrow = _width_mm(caster, middle, inward[thin]) < np.maximum(STRUT_WIDTH * thickness[thin], STRUT_WIDTH_MM)
    is_strut = np.zeros(len(points), dtype=bool)
    is_strut[thin] = _prevails(points[thin], area[thin], narrow, np.ones(len(thin), dtype=bool))
    return Thickness(points, thickness, area, is_strut)


def measure_thickness_by_patches(mesh: Mesh, classify_below_mm: float) -> Thickness:
    """Measure a mesh of any size, patch by patch, each with the faces about it."""
    places = mesh.vertices_lps_mm.astype(np.float32)[mesh.faces[:, 0]]
    found = []
    for own in compact_patches(mesh, PATCH_FACES):
        low, high = places[own].min(axis=0) - _ABOUT_MM, places[own].max(axis=0) + _ABOUT_MM
        about = ((places >= low) & (places <= high)).all(axis=1)
        about[own] = False
        patch = patch_of(mesh, np.concatenate([own, np.flatnonzero(about)]))
        spread = spread_over(patch, SAMPLES * len(patch.faces) // len(own))
        mine = spread.face < len(own)
        samples = SurfaceSamples(spread.points_lps_mm[mine], spread.face[mine], spread.area_mm2[mine])
        measured = measure_thickness(patch, classify_below_mm, RayCaster(patch), samples)
        found.append((measured.points_lps_mm, measured.thickness_mm, measured.area_mm2, measured.is_strut))
    points, thickness, area, is_strut = (np.concatenate(column) for column in zip(*found, strict=True))
    return Thickness(points, thickness, area, is_strut)


def _of_the_place(points: FloatArray, thickness: FloatArray, thin: BoolArray) -> FloatArray:
    """Return the thickness, of thin samples replaced by the median of their neighbours'."""
    local = thickness.copy()
    if thin.any():
        values = np.append(thickness, np.nan)[_neighbours(points, points[thin], PLACE_MM)]
        local[thin] = np.nanmedian(values, axis=1)
    return local


def _prevails(points: FloatArray, area_mm2: FloatArray, told: BoolArray, at: BoolArray) -> BoolArray:
    """Tell at which of some points most of what lies within ``VOTE_MM`` is as told (N,).

    Of points that lie close, some speak for all, so that they reach as far.
    """
    if not (told & at).any():
        return told[at]
    crowd = np.pi * VOTE_MM**2 / _NEIGHBOURS * len(points) / float(area_mm2.sum())
    some = slice(None, None, max(1, round(crowd)))
    votes = np.append(told[some].astype(float), np.nan)[_neighbours(points[some], points[at], VOTE_MM)]
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
