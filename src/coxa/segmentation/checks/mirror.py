"""Left against right: the mirrored other side, laid on the bone, must cover it wherever both are intact and in view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import far_from
from coxa.geometry.registration import reflection_matrix, register_trimmed, transform_points
from coxa.labels import Finding
from coxa.segmentation.bones.surface_uncertainty import outward_normals
from coxa.segmentation.checks.finding import compared, not_applicable
from coxa.segmentation.checks.limits import ByKind, Limits
from coxa.segmentation.checks.scene import CheckedBone

CHECK = "left against right"
SURFACE_POINTS = 2500
"""Points of each surface that are laid on each other; more move the fit by less than a voxel."""
KEEP_SHARE, MAX_DISTANCE_MM = 0.7, 30.0
"""Share of the closest pairs that the fit uses, and the distance beyond which there is no pair [E]."""
TOLERANCE_SHARE = 0.07
"""Of the bone's size: further apart than this the two sides do not agree; 7 mm on a hip bone."""
LEAST_TOLERANCE_MM = 6.0
"""Two and a half coarse voxels: what voxels alone make two sides differ by."""
OPERATED = Limits(high=0.12, failed_above=0.25)
"""Of a hip bone that may have lost bone: beside metal, or at a joint without a native head. Seen: 0 to 0.05."""
WITHOUT_COUNTERPART: ByKind = {"hip": Limits(high=0.03, failed_above=0.12), "femur": Limits(high=0.08)}
"""Seen: hip 0 to 0.010; femur 0 to 0.035."""
SPARSE_SHARE = 0.5
"""With less than half of its surface away from metal a bone is no measure of the other."""


@dataclass(frozen=True, eq=False)
class MirrorFit:
    """What two sides have without a counterpart on the other, as parts of their own blocks [k, j, i]."""

    left_only: BoolArray
    right_only: BoolArray


def mirror_fit(left: CheckedBone, right: CheckedBone) -> MirrorFit:
    """Lay the mirrored right bone on the left one and compare them.

    Raises
    ------
    FitError
        When the two do not overlap.
    """
    axis = left.centroid_lps_mm - right.centroid_lps_mm
    mirror = reflection_matrix(0.5 * (left.centroid_lps_mm + right.centroid_lps_mm), axis)
    source, source_normals = _surface(right)
    target, target_normals = _surface(left)
    fit = register_trimmed(
        transform_points(mirror, source),
        source_normals @ mirror[:3, :3].T,
        target,
        target_normals,
        keep_fraction=KEEP_SHARE,
        max_distance_mm=MAX_DISTANCE_MM,
        iterations=40,
    )
    left_from_right = fit.target_from_source @ mirror
    return MirrorFit(
        _without_counterpart(left, right, np.linalg.inv(left_from_right).astype(np.float64)),
        _without_counterpart(right, left, left_from_right),
    )


def check_mirror(
    bone: CheckedBone, other: CheckedBone, own_only: BoolArray | None, missing_ml: float, limits: Limits
) -> Finding:
    """Compare what the bone has beyond the mirrored other side, and what the other side has beyond it.

    Parameters
    ----------
    bone : CheckedBone
    other : CheckedBone
    own_only : ndarray [k, j, i] of bool or None
        Voxels of the bone without a counterpart; None when the sides could not be compared.
    missing_ml : float
        What the other side has without a counterpart in this bone.
    limits : Limits
        Of intact sides, or of operated ones.
    """
    if own_only is None:
        return not_applicable(CHECK, "no intact bone of the other side to compare with")
    extra_ml = float(own_only.sum()) * bone.grid.voxel_volume_ml
    share = max(extra_ml, missing_ml) / min(bone.volume_ml, other.volume_ml)
    reach = bone.width_mm(own_only) if own_only.any() and extra_ml > missing_ml else None
    reason = f"{extra_ml:.0f} ml of it have no counterpart on the other side, {missing_ml:.0f} ml there have none in it"
    place = bone.middle_lps_mm(own_only) if extra_ml > missing_ml else None
    return compared(CHECK, share, limits, reason, place_lps_mm=place, reach_mm=reach)


def comparable(bone: CheckedBone) -> bool:
    """Tell whether enough of the bone's surface lies away from metal."""
    k, j, i = bone.surface_kji.T
    return bool(bone.hidden[k, j, i].mean() < SPARSE_SHARE)


def fit_or_none(left: CheckedBone, right: CheckedBone) -> MirrorFit | None:
    """Return the fit of two sides; None where they cannot be compared."""
    if not (comparable(left) and comparable(right)):
        return None
    try:
        return mirror_fit(left, right)
    except FitError:
        return None


def _surface(bone: CheckedBone) -> tuple[FloatArray, FloatArray]:
    kji = bone.surface_kji
    kji = kji[~bone.hidden[tuple(kji.T)]]
    kji = kji[:: max(1, len(kji) // SURFACE_POINTS)]
    normals = outward_normals(bone.mask, kji, bone.spacing_kji_mm, 2.0 * float(bone.spacing_kji_mm.mean()))
    return bone.grid.points_from_indices(kji[:, ::-1]), normals[:, ::-1].astype(np.float64) @ bone.grid.direction.T


def _without_counterpart(bone: CheckedBone, other: CheckedBone, other_from_bone: FloatArray) -> BoolArray:
    """Return the voxels of a bone that lie far outside the other one; where the other ends with the view, none."""
    kji = np.argwhere(bone.mask & ~bone.hidden)
    ijk = other.grid.indices_from_points(transform_points(other_from_bone, bone.grid.points_from_indices(kji[:, ::-1])))
    at = np.round(ijk[:, ::-1]).astype(int)
    size = np.array(other.mask.shape)
    inside = ((at >= 0) & (at < size)).all(axis=1)
    tolerance = max(LEAST_TOLERANCE_MM, TOLERANCE_SHARE * min(bone.size_mm, other.size_mm))
    step_k, step_j, step_i = other.spacing_kji_mm.tolist()
    beyond = far_from(other.mask, (step_k, step_j, step_i), tolerance)
    k, j, i = np.clip(at, 0, size - 1).T
    apart = beyond[k, j, i] & ~other.hidden[k, j, i]
    lone = np.where(inside, apart, not other.is_cut)
    only = np.zeros_like(bone.mask)
    only[tuple(kji[lone].T)] = True
    return only
