"""Head, neck and liner as parametric solids, and the neutral position of the leg."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray, perpendiculars, unit
from coxa.geometry.frames import RigidTransform
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.motion_settings import MotionSettings

RIM_POINTS = 720
"""Points on the liner's edge: the neck's contact is exact to under 0.1 degrees."""

NECK_RINGS_MM = 1.0
"""Between the rings of points that stand for the neck, mm."""
NECK_SIDES = 24
"""Points of a ring."""


def shaft_direction(lps_from_frame: RigidTransform, side: Side, settings: MotionSettings) -> FloatArray:
    """Return the femoral shaft's direction toward the knee in neutral, LPS (3,): down, and leaning in by the valgus."""
    left, _, superior = lps_from_frame.axes
    valgus = np.radians(settings.shaft_valgus_deg)
    return unit(-np.cos(valgus) * superior - np.sin(valgus) * side.lateral_sign * left)


def neck_direction(lps_from_frame: RigidTransform, side: Side, settings: MotionSettings) -> FloatArray:
    """Return the neck's direction from head to stem in neutral, LPS (3,).

    It makes the angle ``ccd_deg`` with the shaft, in a plane that is turned from the coronal one by
    ``stem_anteversion_deg``: seen from the stem, the head stands medial, above and in front.
    """
    ccd = np.radians(settings.ccd_deg)
    across = toward_shaft(lps_from_frame, side, settings)
    return unit(np.sin(ccd) * across - np.cos(ccd) * shaft_direction(lps_from_frame, side, settings))


def toward_shaft(lps_from_frame: RigidTransform, side: Side, settings: MotionSettings) -> FloatArray:
    """Return the direction square from the shaft's axis that leads from the head to the shaft, in neutral, LPS (3,).

    It is lateral, turned backward by ``stem_anteversion_deg``.
    """
    left, posterior, _ = lps_from_frame.axes
    shaft = shaft_direction(lps_from_frame, side, settings)
    lateral = side.lateral_sign * left
    lateral = unit(lateral - (lateral @ shaft) * shaft)
    posterior = unit(posterior - (posterior @ shaft) * shaft)
    anteversion = np.radians(settings.stem_anteversion_deg)
    return unit(np.cos(anteversion) * lateral + np.sin(anteversion) * posterior)


def neck_meets_liner(directions_lps: FloatArray, cup: PlannedCup, settings: MotionSettings) -> np.ndarray:
    """Tell for each direction (N, 3) of the neck, from head to stem, whether it would cut the liner's edge.

    The liner opens as a circle of the head's radius (less where it does not reach the head's middle) at
    ``liner_face_mm`` above the head's centre. A neck of diameter d in a hemispherical liner of head diameter D is free
    while its axis stays within arccos(d / D) of the cup's axis: the edge, a quarter turn from the axis and D / 2 away,
    is then D / 2 cos(angle) from the neck's axis, which equals d / 2 on contact. The whole swing is
    180 - 2 arcsin(d / D) degrees (the oscillation angle [Yoshimine 2002]).
    """
    rim = _rim(cup, settings)
    along = np.asarray(directions_lps) @ rim.T
    beside = np.sqrt(np.maximum((rim**2).sum(axis=1) - along**2, 0.0))
    meets = ((along > 0) & (beside < 0.5 * settings.neck_diameter_mm)).any(axis=1)
    # an axis beyond the edge has gone through the wall
    edge = settings.liner_face_mm / float(np.linalg.norm(rim[0]))
    return np.asarray(meets | (np.asarray(directions_lps) @ cup.axis_lps <= edge))


def neck_points(direction_lps: FloatArray, cup: PlannedCup, settings: MotionSettings) -> FloatArray:
    """Return points (N, 3) on the neck's surface outside the cup's sphere, from the planned centre, LPS mm."""
    first, second = perpendiculars(direction_lps)
    turn = 2.0 * np.pi * np.arange(NECK_SIDES) / NECK_SIDES
    ring = 0.5 * settings.neck_diameter_mm * (np.outer(np.cos(turn), first) + np.outer(np.sin(turn), second))
    along = np.arange(0.5 * cup.outer_diameter_mm, settings.neck_length_mm, NECK_RINGS_MM)
    return np.asarray((along[:, None, None] * direction_lps + ring).reshape(-1, 3))


def _rim(cup: PlannedCup, settings: MotionSettings) -> FloatArray:
    """Return points (M, 3) on the liner's edge, from the planned centre."""
    height, head = settings.liner_face_mm, 0.5 * settings.head_diameter_mm
    radius = head if height >= 0 else float(np.sqrt(head**2 - height**2))
    first, second = perpendiculars(cup.axis_lps)
    turn = 2.0 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS
    circle = np.outer(np.cos(turn), first) + np.outer(np.sin(turn), second)
    return np.asarray(radius * circle + height * cup.axis_lps)
