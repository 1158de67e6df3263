"""Find a sphere among the points of a surface that has other parts, from points and normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.fits import FittedSphere, fit_sphere

TRIALS, VOTERS = 1500, 1500
"""Proposals tried, and points that vote on each."""
NORMAL_AGREEMENT = 0.9
"""Cosine between a point's normal and the sphere's radius that still counts as agreeing."""
MIN_POINTS = 20
REFITS = 15
FINALISTS = 10
"""Proposals that are refined and compared where a centre is expected."""


@dataclass(frozen=True, eq=False)
class ExpectedCentre:
    """Where a centre (3,) probably lies, and how far (standard deviation) it commonly lies from there."""

    centre_lps_mm: FloatArray
    spread_mm: float

    def likelihood(self, centres_lps_mm: FloatArray) -> FloatArray:
        """Return the weight (K,) of centres (K, 3): 1 where expected, falling off as a normal density."""
        away = np.linalg.norm(np.atleast_2d(centres_lps_mm) - self.centre_lps_mm, axis=1)
        return np.asarray(np.exp(-0.5 * (away / self.spread_mm) ** 2))


def find_sphere(
    points_lps_mm: FloatArray,
    normals_lps: FloatArray,
    radius_range_mm: tuple[float, float],
    tolerance_mm: float,
    *,
    expected: ExpectedCentre | None = None,
) -> FittedSphere:
    """Find the convex sphere that the largest share of its own surface confirms, then fit it geometrically.

    Pairs of points propose spheres (their normals meet at the centre); a point agrees with a proposal when it lies
    within ``tolerance_mm`` of it and its outward normal points away from the centre. The choice of pairs is fixed.

    Parameters
    ----------
    points_lps_mm, normals_lps : ndarray (N, 3)
        Evenly spread points with outward unit normals; a few thousand suffice.
    radius_range_mm : (float, float)
    tolerance_mm : float
    expected : ExpectedCentre, optional
        Spheres nearer to it win over others that as much of their surface confirms.

    Raises
    ------
    FitError
        When no proposal has a radius in range, or too few points agree.
    """
    centres, radii = _proposals(points_lps_mm, normals_lps, radius_range_mm)
    if not len(radii):
        raise FitError(f"no two surface points suggest a sphere of radius {radius_range_mm} mm")
    every = max(1, len(points_lps_mm) // VOTERS)
    voters, facing = points_lps_mm[::every], normals_lps[::every]
    support = np.array(
        [
            agreeing(voters, facing, centre, radius, 2.0 * tolerance_mm).sum() / radius**2
            for centre, radius in zip(centres, radii, strict=True)
        ]
    )
    if expected is None:
        finalists = np.array([int(np.argmax(support))])
    else:
        finalists = np.argsort(-support * expected.likelihood(centres), kind="stable")[:FINALISTS]
    refined = []
    refusals = []
    for start in finalists:
        try:
            sphere = refine_sphere(points_lps_mm, normals_lps, centres[start], float(radii[start]), tolerance_mm)
        except FitError as refusal:
            refusals.append(str(refusal))
            continue
        if radius_range_mm[0] <= sphere.radius_mm <= radius_range_mm[1]:
            refined.append(sphere)
        else:
            refusals.append(f"the best sphere has a radius of {sphere.radius_mm:.1f} mm, outside {radius_range_mm} mm")
    if not refined:
        raise FitError(refusals[0])
    return max(refined, key=lambda sphere: _merit(sphere, expected))


def _merit(sphere: FittedSphere, expected: ExpectedCentre | None) -> float:
    likelihood = 1.0 if expected is None else float(expected.likelihood(sphere.centre_lps_mm)[0])
    return sphere.points_used / sphere.radius_mm**2 * likelihood


def agreeing(
    points_lps_mm: FloatArray, normals_lps: FloatArray, centre_lps_mm: FloatArray, radius_mm: float, tolerance_mm: float
) -> BoolArray:
    """Tell which points lie on the sphere with their normals pointing away from its centre."""
    d = points_lps_mm - centre_lps_mm
    distance = np.linalg.norm(d, axis=1)
    facing = np.einsum("ij,ij->i", d, normals_lps) > NORMAL_AGREEMENT * distance
    return np.asarray((np.abs(distance - radius_mm) < tolerance_mm) & facing)


def refine_sphere(
    points_lps_mm: FloatArray, normals_lps: FloatArray, centre_lps_mm: FloatArray, radius_mm: float, tolerance_mm: float
) -> FittedSphere:
    """Fit again and again to the agreeing points, the band narrowing from 3 times to ``tolerance_mm``.

    Raises
    ------
    FitError
        When fewer than 20 points agree.
    """
    centre, radius = centre_lps_mm, radius_mm
    for step in range(REFITS):
        band = tolerance_mm * max(1.0, 3.0 - 0.5 * step)
        used = agreeing(points_lps_mm, normals_lps, centre, radius, band)
        if used.sum() < MIN_POINTS:
            raise FitError(f"only {int(used.sum())} surface points agree on a sphere")
        sphere = fit_sphere(points_lps_mm[used])
        centre, radius = sphere.centre_lps_mm, sphere.radius_mm
    return sphere


def _proposals(
    points_lps_mm: FloatArray, normals_lps: FloatArray, radius_range_mm: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return centres (K, 3) and radii (K,) where the inward normals of point pairs nearly meet."""
    pick = np.random.default_rng(0).integers(len(points_lps_mm), size=(2, TRIALS * 8))
    p, q = points_lps_mm[pick[0]], points_lps_mm[pick[1]]
    m, n = normals_lps[pick[0]], normals_lps[pick[1]]
    gap, low, high = q - p, *radius_range_mm
    # On a sphere q - p = r (n - m): the least-squares radius, and how well it explains the pair.
    turn = n - m
    radius = np.einsum("ij,ij->i", gap, turn) / np.maximum(np.einsum("ij,ij->i", turn, turn), 1e-9)
    miss = np.linalg.norm(gap - radius[:, None] * turn, axis=1)
    good = (radius > low) & (radius < high) & (miss < 0.2 * np.abs(radius)) & (np.linalg.norm(turn, axis=1) > 0.3)
    chosen = np.flatnonzero(good)[:TRIALS]
    centres = 0.5 * (p[chosen] + q[chosen] - radius[chosen, None] * (m[chosen] + n[chosen]))
    return centres, radius[chosen]
