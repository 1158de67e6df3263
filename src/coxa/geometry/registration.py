"""Trimmed point-to-plane ICP on a k-d tree, and the plane of symmetry of a surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, read_only, unit

MIN_MATCHES = 12
"""Fewer matched points fix no pose."""
SETTLED_MM = 2e-3
"""A step that moves by less ends the search."""
NORMAL_AGREEMENT = 0.6
"""Cosine between matched normals under which a pair is no match (the other side of a thin bone)."""


@dataclass(frozen=True, eq=False)
class Registration:
    """The rigid motion that lays one surface on another.

    Attributes
    ----------
    target_from_source : ndarray (4, 4)
        Proper rotation and translation, mm.
    rms_mm : float
        Root mean square point-to-plane distance of the matched points.
    matched_fraction : float
        Share of the source points that found a match and survived trimming.
    """

    target_from_source: FloatArray
    rms_mm: float
    matched_fraction: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_from_source", read_only(self.target_from_source, (4, 4)))


@dataclass(frozen=True, eq=False)
class SymmetryPlane:
    """A plane that a surface is (nearly) symmetric about.

    Attributes
    ----------
    point_lps_mm : ndarray (3,)
    normal_lps : ndarray (3,)
    rms_mm : float
        How far the reflected surface misses the surface, over the matched part.
    matched_fraction : float
    """

    point_lps_mm: FloatArray
    normal_lps: FloatArray
    rms_mm: float
    matched_fraction: float

    @property
    def reflection(self) -> FloatArray:
        """Affine (4, 4) that reflects LPS points: C' = C - 2 ((C - p) . m) m."""
        return reflection_matrix(self.point_lps_mm, self.normal_lps)


def reflection_matrix(point_mm: npt.ArrayLike, normal: npt.ArrayLike) -> FloatArray:
    """Return the affine (4, 4) of the reflection in the plane through ``point_mm`` (3,) with ``normal`` (3,)."""
    m = unit(normal)
    matrix = np.eye(4)
    matrix[:3, :3] -= 2.0 * np.outer(m, m)
    matrix[:3, 3] = 2.0 * float(np.asarray(point_mm, dtype=np.float64) @ m) * m
    return matrix


def transform_points(matrix: npt.ArrayLike, points_mm: npt.ArrayLike) -> FloatArray:
    """Apply an affine (4, 4) to points (3,) or (N, 3)."""
    m = np.asarray(matrix, dtype=np.float64)
    return np.asarray(points_mm, dtype=np.float64) @ m[:3, :3].T + m[:3, 3]


def register_trimmed(
    source_mm: FloatArray,
    source_normals: FloatArray,
    target_mm: FloatArray,
    target_normals: FloatArray,
    *,
    start: npt.ArrayLike | None = None,
    keep_fraction: float = 0.7,
    max_distance_mm: float = 30.0,
    iterations: int = 50,
) -> Registration:
    """Lay a source surface on a target by trimmed point-to-plane ICP [Chen 1992], [Chetverikov 2002].

    Parameters
    ----------
    source_mm, source_normals : ndarray (N, 3)
    target_mm, target_normals : ndarray (M, 3)
        Points and unit normals.
    start : array (4, 4), optional
        First guess of ``target_from_source``; identity when left out.
    keep_fraction : float
        Share of the pairs, closest first, that takes part: what is lost or new on one surface stays out.
    max_distance_mm : float
        Pairs farther apart never take part.
    iterations : int

    Raises
    ------
    FitError
        When fewer than 12 pairs match.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(target_mm)
    matrix = np.eye(4) if start is None else np.array(start, dtype=np.float64)
    rms = fraction = 0.0
    for _ in range(iterations):
        moved = transform_points(matrix, source_mm)
        turned = source_normals @ matrix[:3, :3].T
        distance, partner = tree.query(moved, distance_upper_bound=max_distance_mm)
        kept = trim_pairs(distance, partner, turned, target_normals, keep_fraction)
        if len(kept) < MIN_MATCHES:
            raise FitError(f"only {len(kept)} of {len(source_mm)} points match: the surfaces do not overlap")
        normals = target_normals[partner[kept]]
        residual = np.einsum("ij,ij->i", target_mm[partner[kept]] - moved[kept], normals)
        step = _small_motion(moved[kept], normals, residual)
        matrix = step @ matrix
        rms, fraction = float(np.sqrt(np.mean(residual**2))), len(kept) / len(source_mm)
        if np.abs(step - np.eye(4)).max() < SETTLED_MM:
            break
    return Registration(matrix, rms, fraction)


def find_symmetry_plane(
    points_lps_mm: FloatArray,
    normals_lps: FloatArray,
    start_point_lps_mm: npt.ArrayLike,
    start_normal_lps: npt.ArrayLike,
    *,
    keep_fraction: float = 0.7,
    max_distance_mm: float = 25.0,
) -> SymmetryPlane:
    """Find the plane about which a surface is most nearly symmetric.

    The surface, reflected in the starting plane, is laid on itself by trimmed ICP. Reflection and motion together are
    an improper isometry A; the plane is the perpendicular bisector of the pairs (x, A x).

    Raises
    ------
    FitError
        When the reflected surface does not overlap the surface.
    """
    mirror = reflection_matrix(start_point_lps_mm, start_normal_lps)
    fit = register_trimmed(
        transform_points(mirror, points_lps_mm),
        normals_lps @ mirror[:3, :3].T,
        points_lps_mm,
        normals_lps,
        keep_fraction=keep_fraction,
        max_distance_mm=max_distance_mm,
    )
    pair = fit.target_from_source @ mirror
    values, vectors = np.linalg.eigh(0.5 * (pair[:3, :3] + pair[:3, :3].T))
    normal = vectors[:, int(np.argmin(values))]
    middles = 0.5 * (points_lps_mm + transform_points(pair, points_lps_mm))
    if normal @ np.asarray(start_normal_lps, dtype=np.float64) < 0:
        normal = -normal
    return SymmetryPlane(middles.mean(0), unit(normal), fit.rms_mm, fit.matched_fraction)


def trim_pairs(
    distance: FloatArray,
    partner: npt.NDArray[np.intp],
    source_normals: FloatArray,
    target_normals: FloatArray,
    keep_fraction: float,
) -> npt.NDArray[np.intp]:
    """Return the source indices (K,) of the closest ``keep_fraction`` of all pairs, of those whose normals agree.

    Parameters
    ----------
    distance, partner : ndarray (N,)
        As a k-d tree answers: to the nearest target point, infinite where there is none.
    source_normals : ndarray (N, 3)
    target_normals : ndarray (M, 3)
    keep_fraction : float
    """
    found = np.flatnonzero(np.isfinite(distance))
    agree = np.einsum("ij,ij->i", source_normals[found], target_normals[partner[found]]) > NORMAL_AGREEMENT
    candidates = found[agree]
    count = min(len(candidates), int(keep_fraction * len(distance)))
    return np.asarray(candidates[np.argsort(distance[candidates], kind="stable")[:count]])


def _small_motion(points_mm: FloatArray, normals: FloatArray, residual_mm: FloatArray) -> FloatArray:
    """Solve the linearised point-to-plane step about the points' middle; (4, 4), a proper rotation."""
    middle = points_mm.mean(0)
    rows = np.c_[np.cross(points_mm - middle, normals), normals]
    solution: FloatArray = np.linalg.lstsq(rows, residual_mm, rcond=1e-9)[0].astype(np.float64)
    return turn_and_shift(solution, middle)


def turn_and_shift(step: FloatArray, middle_mm: FloatArray) -> FloatArray:
    """Return the rigid motion (4, 4) of a rotation vector (rad) about a point and a shift: the six numbers of step."""
    from scipy.spatial.transform import Rotation

    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(step[:3]).as_matrix()
    motion[:3, 3] = middle_mm + step[3:6] - motion[:3, :3] @ middle_mm
    return motion


def register_pairs(source_mm: FloatArray, target_mm: FloatArray) -> FloatArray:
    """Return the proper rigid motion (4, 4) that lays points (N, 3) on their partners (N, 3) in least squares.

    [Arun 1987], with the sign that excludes reflections [Umeyama 1991].

    Raises
    ------
    FitError
        With fewer than 3 pairs.
    """
    if len(source_mm) < 3:
        raise FitError(f"a rigid motion needs at least 3 pairs of points, got {len(source_mm)}")
    source_middle, target_middle = source_mm.mean(0), target_mm.mean(0)
    u, _, vt = np.linalg.svd((source_mm - source_middle).T @ (target_mm - target_middle))
    sign = np.sign(np.linalg.det(vt.T @ u.T))
    matrix = np.eye(4)
    matrix[:3, :3] = vt.T @ np.diag([1.0, 1.0, sign]) @ u.T
    matrix[:3, 3] = target_middle - matrix[:3, :3] @ source_middle
    return matrix
