"""The femur as it stands in neutral about the planned centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Landmark, Side
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.frames import RigidTransform
from coxa.geometry.mesh import Mesh
from coxa.geometry.shaft import find_shaft_axis
from coxa.geometry.surface_points import points_of_mesh
from coxa.geometry.surface_samples import spread_over
from coxa.planning.motion.joint_solids import neck_direction, shaft_direction, toward_shaft
from coxa.planning.settings.motion_settings import MotionSettings

SHAFT_POINT_MM2 = 3.0
"""The shaft is fitted to one surface point for so much area, mm2."""
FEMUR_POINT_MM2 = 8.0
"""Surface that each point that may touch the pelvis stands for."""

REACH_MM = 120.0
"""Femur farther from the rotation centre than this meets no pelvis in front of what lies nearer."""


@dataclass(frozen=True, eq=False)
class FemurPose:
    """Points (N, 3) of the femur's surface in neutral, from the planned centre, LPS mm; what is unreliable, or None."""

    offsets_mm: FloatArray
    warning: str | None


def femur_pose(
    femur: Mesh | None, centre: Landmark | None, lps_from_frame: RigidTransform, side: Side, settings: MotionSettings
) -> FemurPose | str:
    """Reduce the femur: today's head centre onto the planned one, its shaft into neutral, its head and neck cut off.

    The condyles, which would tell its rotation, are not in view. It is therefore turned about its shaft until its neck
    stands at the planned stem's anteversion.

    Parameters
    ----------
    femur : Mesh or None
    centre : Landmark or None
        Rotation centre today.
    lps_from_frame : RigidTransform
        The functional frame.
    side : Side
    settings : MotionSettings

    Returns
    -------
    FemurPose or str
        Why there is none, in words.
    """
    if femur is None or femur.is_empty:
        return f"the {side} femur is not in view or was not segmented"
    if centre is None or centre.position_lps_mm is None:
        why = "not searched for" if centre is None else centre.reason
        return f"the current rotation centre is not known ({why}): the femur cannot be put in place"
    try:
        shaft = find_shaft_axis(points_of_mesh(femur).thinned(SHAFT_POINT_MM2).points_lps_mm, centre.point)
    except FitError as refusal:
        return f"the femur cannot be put in neutral: {refusal}"
    today = _basis(-shaft.proximal_lps, shaft.foot_of(centre.point) - centre.point)
    neutral = _basis(shaft_direction(lps_from_frame, side, settings), toward_shaft(lps_from_frame, side, settings))
    turn = neutral.T @ today
    points = spread_over(femur, int(femur.face_normals()[1].sum() / FEMUR_POINT_MM2)).points_lps_mm
    offsets = (points - centre.point) @ turn.T
    neck = neck_direction(lps_from_frame, side, settings)
    kept = (offsets @ neck > settings.neck_resection_mm) & (np.linalg.norm(offsets, axis=1) < REACH_MM)
    if not kept.any():
        return "no femur is in view beyond its neck"
    warning = f"the shaft is in view only down to {shaft.reach_mm:.0f} mm below the head" if shaft.is_short else None
    return FemurPose(offsets[kept], warning)


def _basis(shaft: FloatArray, toward_shaft: FloatArray) -> FloatArray:
    """Return orthonormal rows: along the shaft, from head to shaft, and across both."""
    along = unit(shaft)
    out = unit(toward_shaft - (toward_shaft @ along) * along)
    return np.array([along, out, np.cross(along, out)])
