"""Find a sphere among the points of a surface that has other parts, from points and normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from coxa.errors import FitError
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.fits import FittedSphere, fit_sphere

TRIALS, VOTERS = 1500, 1500
"""Proposals tried, and points that vote on each."""
NORMAL_AGREEMENT = 0.9
"""Cosine between a point's normal and the sphere's radius that still counts as agreeing."""
MIN_POINTS = 20
"""Fewer agreeing surface points are no sphere."""
REFITS = 15
"""Most fits to the points that agree with the fit before."""
SCAN_STEP_MM, SCAN_SHELL_MM = 2.0, 0.5
"""Of the centres tried where one is expected, and of the radii that are counted about each."""
SCAN_SPREADS = 1.5
"""How many standard deviations from where it is expected a centre is looked for."""
FINALISTS = 30
"""Centres of the scan that are refined and compared."""
_SCAN_BLOCK = 64
"""Centres tried at once: bounds the memory."""


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
    best = int(np.argmax(support))
    sphere = refine_sphere(points_lps_mm, normals_lps, centres[best], float(radii[best]), tolerance_mm)
    if not radius_range_mm[0] <= sphere.radius_mm <= radius_range_mm[1]:
        raise FitError(f"the best sphere has a radius of {sphere.radius_mm:.1f} mm, outside {radius_range_mm} mm")
    return sphere


def find_sphere_near(
    expected: ExpectedCentre,
    points_lps_mm: FloatArray,
    normals_lps: FloatArray,
    radius_range_mm: tuple[float, float],
    tolerance_mm: float,
) -> FittedSphere:
    """Find the convex sphere that the most surface confirms, nearer ones to the expected centre winning over equals.

    Every centre on a grid about the expected one is tried with every radius; the best are fitted geometrically. Unlike
    `find_sphere` this does not rest on normals that meet, and a small sphere does not win by its smaller surface.

    Parameters
    ----------
    expected : ExpectedCentre
    points_lps_mm, normals_lps : ndarray (N, 3)
        Evenly spread points with outward unit normals; a few thousand suffice.
    radius_range_mm : (float, float)
    tolerance_mm : float
        As of `find_sphere`.

    Raises
    ------
    FitError
        When too few points agree on any sphere with a radius in range.
    """
    refined = []
    for centre, radius in _scan(expected, points_lps_mm, normals_lps, radius_range_mm, tolerance_mm):
        try:
            sphere = refine_sphere(points_lps_mm, normals_lps, centre, radius, tolerance_mm)
        except FitError:
            continue
        if radius_range_mm[0] <= sphere.radius_mm <= radius_range_mm[1]:
            refined.append(sphere)
    if not refined:
        raise FitError(f"no sphere of radius {radius_range_mm} mm has {MIN_POINTS} surface points that agree")
    return max(refined, key=lambda found: found.points_used * float(expected.likelihood(found.centre_lps_mm)[0]))


def _scan(
    expected: ExpectedCentre,
    points_lps_mm: FloatArray,
    normals_lps: FloatArray,
    radius_range_mm: tuple[float, float],
    tolerance_mm: float,
) -> list[tuple[FloatArray, float]]:
    """Return the centres (3,) and radii that the most points confirm, the best first."""
    reach = SCAN_SPREADS * expected.spread_mm
    steps = np.arange(-reach, reach + 1e-6, SCAN_STEP_MM)
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    centres = expected.centre_lps_mm + offsets[np.linalg.norm(offsets, axis=1) <= reach]
    low = radius_range_mm[0] - tolerance_mm
    shells = int(np.ceil((radius_range_mm[1] + tolerance_mm - low) / SCAN_SHELL_MM))
    width = max(1, round(2.5 * tolerance_mm / SCAN_SHELL_MM))
    radii = low + SCAN_SHELL_MM * (np.arange(shells - width + 1) + 0.5 * width)
    confirmed = np.empty((len(centres), len(radii)))
    for first in range(0, len(centres), _SCAN_BLOCK):
        some = centres[first : first + _SCAN_BLOCK]
        d = points_lps_mm[None] - some[:, None]
        distance = np.sqrt(np.einsum("kij,kij->ki", d, d))
        facing = np.einsum("kij,ij->ki", d, normals_lps) > NORMAL_AGREEMENT * distance
        shell = np.floor((distance - low) / SCAN_SHELL_MM).astype(int)
        row, point = np.nonzero(facing & (shell >= 0) & (shell < shells))
        counts = np.bincount(row * shells + shell[row, point], minlength=len(some) * shells).reshape(-1, shells)
        confirmed[first : first + _SCAN_BLOCK] = sliding_window_view(counts, width, axis=1).sum(axis=-1)
    widest = confirmed.argmax(axis=1)
    merit = confirmed.max(axis=1) * expected.likelihood(centres)
    return [(centres[n], float(radii[widest[n]])) for n in np.argsort(-merit, kind="stable")[:FINALISTS]]


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
    before = None
    for step in range(REFITS):
        band = tolerance_mm * max(1.0, 3.0 - 0.5 * step)
        used = agreeing(points_lps_mm, normals_lps, centre, radius, band)
        if band == tolerance_mm and before is not None and np.array_equal(used, before):
            break
        before = used
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
