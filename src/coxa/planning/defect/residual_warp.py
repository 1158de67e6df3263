"""A mirrored hip bone bent a little onto the bone that is left, so that it also fits better where bone is lost."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import MIN_MATCHES
from coxa.geometry.surface_points import SurfacePoints, points_of_mesh

BEND_MM, BEND_LENGTH_MM = 2.0, 40.0
"""Two healthy sides differ by about so much (standard deviation), alike over about such a length [E]: -2.3 to 2.9 mm
is quoted. Farther than that from bone that is left the warp dies away."""
MATCH_NOISE_MM = 4.0
"""Standard deviation of one matched point: neighbours err together, so each says little."""
REACH_MM = 100.0
"""Bone farther from the socket says nothing of it."""
THINNING_MM2 = 40.0
"""One point of the native surface is matched for so much area, mm2."""
MAX_MISS_MM = 6.0
"""Surfaces farther apart are not matched, mm."""
NORMAL_AGREEMENT = 0.8
"""Least cosine between the normals of matched points."""
OUTLIER_SIGMAS, LEAST_LIMIT_MM, FIRST_LIMIT_MM = 2.5, 1.0, 3.0
"""A match is left out beyond so many robust standard deviations, never within the least limit (mm; wider at first)."""
ROUNDS = 3
"""Matchings, each from where the one before has moved the surface."""
SOCKET_RADII = (1.2, 1.8)
"""In head radii about the native centre: nothing within the first, nothing that faces the centre within the second."""
FACING = 0.3
"""Least cosine between the normal and the way inward."""
LATTICE_MM = 6.0
"""Pitch on which the displacement is worked out; far under its length."""


def warped_onto(native: Mesh, host: Mesh, centre_lps_mm: FloatArray, head_radius_mm: float) -> Mesh:
    """Bend the native bone smoothly onto the host where both match, away from the socket.

    Gaussian process regression of the displacement [Lüthi 2018] from the distances along the
    host's normals of points that match; what is lost or new drops out as an outlier. Where too little matches, the
    bone stays as it is.

    Parameters
    ----------
    native, host : Mesh
        LPS mm, the one laid on the other.
    centre_lps_mm : ndarray (3,)
        Native rotation centre.
    head_radius_mm : float
    """
    source = _informative(points_of_mesh(native).thinned(THINNING_MM2), centre_lps_mm, head_radius_mm)
    target = points_of_mesh(host)
    near = np.linalg.norm(target.points_lps_mm - centre_lps_mm, axis=1) < REACH_MM + MAX_MISS_MM
    found = _fit(source, target.where(near))
    if found is None:
        return native
    return Mesh(native.vertices_lps_mm + _interpolated(native.vertices_lps_mm, *found), native.faces)


def _informative(bone: SurfacePoints, centre_lps_mm: FloatArray, head_radius_mm: float) -> SurfacePoints:
    """Return the points near the socket but not of it: a bed that was reamed is no likeness of the socket's surface."""
    inward = centre_lps_mm - bone.points_lps_mm
    away = np.linalg.norm(inward, axis=1)
    facing = np.einsum("ij,ij->i", inward, bone.normals_lps) > FACING * away
    inner, outer = (radii * head_radius_mm for radii in SOCKET_RADII)
    return bone.where((away < REACH_MM) & (away > inner) & ~(facing & (away < outer)))


def _fit(source: SurfacePoints, target: SurfacePoints) -> tuple[FloatArray, FloatArray] | None:
    """Return places (N, 3) and weights (N, 3) of the displacement, or None where too little matches."""
    from scipy.spatial import cKDTree

    if not len(target.points_lps_mm):
        return None
    tree = cKDTree(target.points_lps_mm)
    points, moved = source.points_lps_mm, np.zeros_like(source.points_lps_mm)
    found = None
    limit_mm = FIRST_LIMIT_MM
    for _ in range(ROUNDS):
        distance, partner = tree.query(points + moved, distance_upper_bound=MAX_MISS_MM)
        kept = np.flatnonzero(np.isfinite(distance))
        normals = target.normals_lps[partner[kept]]
        kept = kept[np.einsum("ij,ij->i", source.normals_lps[kept], normals) > NORMAL_AGREEMENT]
        normals = target.normals_lps[partner[kept]]
        whole = np.einsum("ij,ij->i", target.points_lps_mm[partner[kept]] - points[kept], normals)
        left = whole - np.einsum("ij,ij->i", moved[kept], normals)
        spread = 1.4826 * float(np.median(np.abs(left))) if len(left) else 0.0
        good = np.abs(left) < max(OUTLIER_SIGMAS * spread, limit_mm)
        if good.sum() < MIN_MATCHES:
            return None
        places, normals = points[kept[good]], normals[good]
        covariance = _kernel(places, places) * (normals @ normals.T) + MATCH_NOISE_MM**2 * np.eye(len(places))
        found = places, np.linalg.solve(covariance, whole[good])[:, None] * normals
        moved = _displacement(points, *found)
        limit_mm = LEAST_LIMIT_MM
    return found


def _interpolated(points: FloatArray, places: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the displacement (N, 3) at many points: it is so smooth that a coarse lattice holds it."""
    from scipy.interpolate import RegularGridInterpolator

    low, high = points.min(axis=0) - LATTICE_MM, points.max(axis=0) + LATTICE_MM
    axes = [np.arange(a, b + LATTICE_MM, LATTICE_MM) for a, b in zip(low, high, strict=True)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = _displacement(nodes.reshape(-1, 3), places, weights).reshape(nodes.shape)
    return np.asarray(RegularGridInterpolator(axes, values)(points))


def _displacement(points: FloatArray, places: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray(_kernel(points, places) @ weights)


def _kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2.0 * a @ b.T
    return np.asarray(BEND_MM**2 * np.exp(-0.5 * np.maximum(squared, 0.0) / BEND_LENGTH_MM**2))
