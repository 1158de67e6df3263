"""Least-squares spheres and planes, plain and robust."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, Vector3, unit


@dataclass(frozen=True, eq=False)
class FittedSphere:
    """A sphere through points.

    Attributes
    ----------
    centre_lps_mm : ndarray (3,)
    radius_mm : float
    rms_mm : float
        Root mean square of the radial residuals of the points used.
    points_used : int
    cap_half_angle_deg : float
        Half-angle of the smallest cap about the mean direction that holds 95 % of the points used:
        90 is a hemisphere, 180 a full sphere. Centres from caps under 45 degrees are poorly held.
    """

    centre_lps_mm: Vector3
    radius_mm: float
    rms_mm: float
    points_used: int
    cap_half_angle_deg: float


@dataclass(frozen=True, eq=False)
class FittedPlane:
    """A plane: a point on it (3,), a unit normal (3,), the RMS distance of the points in mm."""

    point_lps_mm: FloatArray
    normal_lps: FloatArray
    rms_mm: float


def fit_sphere(points_lps_mm: npt.ArrayLike, iterations: int = 20) -> FittedSphere:
    """Fit a sphere by geometric least squares: algebraic start, then Gauss-Newton on radial residuals.

    Parameters
    ----------
    points_lps_mm : array (N, 3), mm
    iterations : int
        Upper bound of Gauss-Newton steps.

    Raises
    ------
    FitError
        With fewer than 4 points, or points in a plane.
    """
    p = np.asarray(points_lps_mm, dtype=np.float64)
    if p.ndim != 2 or len(p) < 4:
        raise FitError(f"a sphere needs at least 4 points, got {len(p)}")
    middle = p.mean(0)
    q = p - middle
    solution, _, rank, _ = np.linalg.lstsq(np.c_[2 * q, np.ones(len(q))], (q**2).sum(1), rcond=1e-10)
    if rank < 4:
        raise FitError("the points lie in a plane: no sphere is determined")
    centre = solution[:3]
    radius = float(np.sqrt(max(solution[3] + centre @ centre, 0.0)))
    for _ in range(iterations):
        d = q - centre
        n = np.maximum(np.linalg.norm(d, axis=1), 1e-9)
        step = np.linalg.lstsq(np.c_[-d / n[:, None], -np.ones(len(q))], radius - n, rcond=None)[0]
        centre, radius = centre + step[:3], radius + float(step[3])
        if np.abs(step).max() < 1e-7:
            break
    d = q - centre
    n = np.linalg.norm(d, axis=1)
    rms = float(np.sqrt(np.mean((n - radius) ** 2)))
    return FittedSphere(centre + middle, radius, rms, len(q), _cap_half_angle_deg(d / np.maximum(n, 1e-9)[:, None]))


def fit_plane(points_lps_mm: npt.ArrayLike) -> FittedPlane:
    """Fit a plane by total least squares; the normal's sign is arbitrary.

    Raises
    ------
    FitError
        With fewer than 3 points or points on a line.
    """
    p = np.asarray(points_lps_mm, dtype=np.float64)
    if p.ndim != 2 or len(p) < 3:
        raise FitError(f"a plane needs at least 3 points, got {len(p)}")
    middle = p.mean(0)
    _, singular, axes = np.linalg.svd(p - middle, full_matrices=False)
    if singular[1] < 1e-9 * max(singular[0], 1e-9):
        raise FitError("the points lie on a line: no plane is determined")
    normal = unit(axes[2])
    return FittedPlane(middle, normal, float(np.sqrt(np.mean(((p - middle) @ normal) ** 2))))


def _cap_half_angle_deg(directions: FloatArray) -> float:
    mean = directions.mean(0)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        return 180.0
    angles = np.degrees(np.arccos(np.clip(directions @ (mean / length), -1.0, 1.0)))
    return float(np.percentile(angles, 95))
