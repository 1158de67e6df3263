"""The pelvis of a later scan laid on the planned one, on bone that the operation left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import HIP_LEFT, HIP_RIGHT, METAL, SACRUM
from coxa.errors import FitError, InputRefusedError
from coxa.geometry.arrays import FloatArray, IntArray, read_only
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import register_trimmed, transform_points
from coxa.geometry.surface_points import SurfacePoints
from coxa.geometry.surface_samples import spread_over

PELVIC_BONES = (HIP_LEFT, HIP_RIGHT, SACRUM)

OPERATED_MM = 55.0
"""Bone this close to the planned centre was reamed, filled or has lost its shape: it takes no part [E]."""

METAL_MM = 12.0
"""Bone this close to metal in either scan is drawn by streaks: it takes no part [E]."""

SOURCE_POINT_MM2, TARGET_POINT_MM2, METAL_POINT_MM2 = 12.0, 0.8, 2.0
"""Surface that each point stands for: about 10 000 moving and 150 000 resting points on a pelvis."""

ROUNDS = ((0.7, 30.0), (0.85, 6.0), (0.9, 3.0))
"""Share of the pairs that takes part, and their largest distance in mm, round by round."""

SAME_MM = 1.5
"""Surfaces of one bone in two scans lie this close together."""

EXTENT_MM = 3.0
"""Later bone this far outside the planned bone's extent still takes part: the start is that uncertain [E]."""

LEAST_SAME = 0.75
"""Share of the surface that must lie that close; less is another patient. Simulated scans of one pelvis reach 0.99,
those of two patients, both sizes fitted by nothing but a rigid motion, stay under 0.35."""

LEAST_POINTS = 400
"""Points that the bone left alone must have: about 50 cm2."""

PARTS = 6
"""Regions of bone that are left out in turn to learn how far the fit depends on each."""

NORMAL_90 = 1.645
"""Half-width that holds 90 % of a Gaussian, over its standard deviation."""


@dataclass(frozen=True, eq=False)
class PelvisFit:
    """How a later scan lies on the plan.

    Attributes
    ----------
    plan_from_later : ndarray (4, 4)
        Takes LPS of the later scan to LPS of the plan.
    rms_mm : float
        Root mean square distance of the matched surfaces.
    same_fraction : float
        Share of the later surface, away from operation and metal, within ``SAME_MM`` of the planned bone.
    shift_uncertainty_mm : ndarray (3,)
        90 % half-width of the planned centre's place along the plan's left, posterior and superior axes.
    turn_uncertainty_deg : float
        90 % half-width of the rotation.
    bones : tuple of str
        That took part.
    """

    plan_from_later: FloatArray
    rms_mm: float
    same_fraction: float
    shift_uncertainty_mm: FloatArray
    turn_uncertainty_deg: float
    bones: tuple[str, ...]


def fit_pelvis(
    planned: Mapping[str, Mesh],
    later: Mapping[str, Mesh],
    lps_from_app: RigidTransform,
    later_lps_from_app: RigidTransform,
    centre_lps_mm: FloatArray,
) -> PelvisFit:
    """Lay the pelvis of a later scan on the planned one by trimmed ICP, started from the two pelvic frames.

    Uncertainty by a delete-a-region jackknife [Efron 1993]: the fit is repeated without each of ``PARTS``
    regions of bone.

    Parameters
    ----------
    planned, later : Mapping[str, Mesh]
        Surfaces by structure name; ``metal`` among them is kept away from.
    lps_from_app, later_lps_from_app : RigidTransform
        Of the plan and of the later scan.
    centre_lps_mm : ndarray (3,)
        Planned rotation centre.

    Raises
    ------
    InputRefusedError
        When the two scans share too little bone, or show different pelves.
    """
    bones = tuple(name for name in PELVIC_BONES if _has(planned, name) and _has(later, name))
    start = lps_from_app.matrix @ np.linalg.inv(later_lps_from_app.matrix)
    target = _spread([planned[name] for name in bones], TARGET_POINT_MM2)
    source = _spread([later[name] for name in bones], SOURCE_POINT_MM2)
    in_plan = transform_points(start, source.points_lps_mm)
    source = source.where(
        _left_alone(in_plan, planned, later, start, centre_lps_mm) & _within_extent(in_plan, target.points_lps_mm)
    )
    if len(source.points_lps_mm) < LEAST_POINTS:
        raise InputRefusedError(
            "the two scans share too little bone away from metal and the operated hip to lay one on the other: "
            "compare scans that show the whole pelvis"
        )
    matrix, rms = _fitted(source, target, start, ROUNDS)
    same = _same_fraction(source, target, matrix)
    if same < LEAST_SAME:
        raise InputRefusedError(
            f"the two pelves do not match: only {100 * same:.0f} % of the bone away from the operated hip lies within "
            f"{SAME_MM:g} mm (at least {100 * LEAST_SAME:.0f} % in two scans of one patient). Is it the same patient, "
            "and left and right not exchanged?"
        )
    others = [_fitted(source.where(part), target, matrix, ROUNDS[-1:])[0] for part in _without_each(source, matrix)]
    shift, turn = _scatter(others, matrix, lps_from_app, centre_lps_mm)
    return PelvisFit(read_only(matrix, (4, 4)), rms, same, read_only(shift, (3,)), turn, bones)


def _has(surfaces: Mapping[str, Mesh], name: str) -> bool:
    return name in surfaces and not surfaces[name].is_empty


def _spread(meshes: list[Mesh], area_mm2: float) -> SurfacePoints:
    """Return about a point per area, evenly over the meshes however fine their triangles are."""
    points, normals, areas = [np.empty((0, 3))], [np.empty((0, 3))], [np.empty(0)]
    for mesh in meshes:
        face_normals, face_areas = mesh.face_normals()
        samples = spread_over(mesh, int(face_areas.sum() / area_mm2))
        points.append(samples.points_lps_mm)
        normals.append(face_normals[samples.face])
        areas.append(samples.area_mm2)
    return SurfacePoints(np.concatenate(points), np.concatenate(normals), np.concatenate(areas))


def _within_extent(in_plan: FloatArray, planned: FloatArray) -> np.ndarray:
    """Tell which points the plan's scan can have held: where it ended, the later one may show more bone."""
    if not len(planned):
        return np.zeros(len(in_plan), dtype=bool)
    return np.asarray(
        ((in_plan > planned.min(axis=0) - EXTENT_MM) & (in_plan < planned.max(axis=0) + EXTENT_MM)).all(axis=1)
    )


def _left_alone(
    in_plan: FloatArray,
    planned: Mapping[str, Mesh],
    later: Mapping[str, Mesh],
    plan_from_later: FloatArray,
    centre: FloatArray,
) -> np.ndarray:
    """Tell which points (N, 3), in the plan's LPS, lie far from the operated hip and from all metal."""
    from scipy.spatial import cKDTree

    kept = np.linalg.norm(in_plan - centre, axis=1) > OPERATED_MM
    for scan, motion in ((planned, np.eye(4)), (later, plan_from_later)):
        if _has(scan, METAL):
            metal = transform_points(motion, _spread([scan[METAL]], METAL_POINT_MM2).points_lps_mm)
            distance, _ = cKDTree(metal).query(in_plan, distance_upper_bound=METAL_MM)
            kept &= ~np.isfinite(distance)
    return np.asarray(kept)


def _fitted(
    source: SurfacePoints, target: SurfacePoints, start: FloatArray, rounds: tuple[tuple[float, float], ...]
) -> tuple[FloatArray, float]:
    matrix, rms = start, np.inf
    for share, reach in rounds:
        try:
            fit = register_trimmed(
                source.points_lps_mm,
                source.normals_lps,
                target.points_lps_mm,
                target.normals_lps,
                start=matrix,
                keep_fraction=share,
                max_distance_mm=reach,
            )
        except FitError:
            return matrix, float(rms)
        matrix, rms = fit.target_from_source, fit.rms_mm
    return matrix, float(rms)


def _same_fraction(source: SurfacePoints, target: SurfacePoints, matrix: FloatArray) -> float:
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(target.points_lps_mm).query(transform_points(matrix, source.points_lps_mm))
    return float(np.mean(distance <= SAME_MM))


def _without_each(source: SurfacePoints, matrix: FloatArray) -> list[np.ndarray]:
    """Return, for each region of bone, all points but its own; regions are bands across the longest extent."""
    points = transform_points(matrix, source.points_lps_mm)
    offsets = points - points.mean(axis=0)
    along = offsets @ np.linalg.svd(offsets, full_matrices=False)[2][0]
    band: IntArray = np.searchsorted(np.quantile(along, np.linspace(0, 1, PARTS + 1)[1:-1]), along)
    return [band != n for n in range(PARTS)]


def _scatter(
    others: list[FloatArray], matrix: FloatArray, frame: RigidTransform, centre: FloatArray
) -> tuple[FloatArray, float]:
    """Return the 90 % half-widths of the centre (left, posterior, superior) and of the rotation, jackknifed."""
    back = np.linalg.inv(matrix)
    moved = np.array([transform_points(other @ back, centre) for other in others])
    turns = np.array([_rotation_vector(other @ back) for other in others])
    factor = NORMAL_90 * np.sqrt((PARTS - 1) / PARTS)
    shift = factor * np.sqrt(((frame.inverse().vectors(moved - moved.mean(axis=0))) ** 2).sum(axis=0))
    turn = factor * np.sqrt(((turns - turns.mean(axis=0)) ** 2).sum(axis=0)).max()
    return shift, float(np.degrees(turn))


def _rotation_vector(matrix: FloatArray) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(matrix[:3, :3]).as_rotvec())
