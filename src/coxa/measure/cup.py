"""Cup diameter and orientation under three definitions in both anatomical frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, Status
from coxa.case import FittedCup, Landmarks, Measurement
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame
from coxa.implants.cup_angles import (
    CupAngles,
    anatomical_angles,
    axis_in_frame,
    operative_angles,
    radiographic_angles,
)
from coxa.measure.propagation import ANATOMICAL_FRAMES, RADIUS_90_PER_SIGMA, Points, Quantity, chosen, derive, frame_of

ANGLES: Mapping[str, tuple[Callable[[FloatArray], CupAngles], str, str]] = {
    "radiographic": (
        radiographic_angles,
        "angle between the inferior axis and the cup axis projected on the coronal plane (Murray 1993)",
        "angle between the cup axis and the coronal plane (Murray 1993)",
    ),
    "anatomical": (
        anatomical_angles,
        "angle between the cup axis and the inferior axis (Murray 1993)",
        "angle between the lateral axis and the cup axis projected on the transverse plane (Murray 1993)",
    ),
    "operative": (
        operative_angles,
        "angle between the cup axis and the sagittal plane (Murray 1993)",
        "angle between the inferior axis and the cup axis projected on the sagittal plane (Murray 1993)",
    ),
}
DIAMETER = "diameter of the sphere through the cup's outer surface"
AXIS_ARM_MM = 100.0
"""The axis enters propagation as a point this far out of the opening."""
RADIUS_90_PER_SIGMA_PLANE = 2.1460
"""Radius that holds 90 % of a Gaussian in the plane, over its standard deviation along one axis: sqrt(2 ln 10)."""


def cup_measurements(landmarks: Landmarks) -> list[Measurement]:
    """Return diameter and all angles of both sides' cups."""
    return [row for side in SIDES for row in _of_side(landmarks, side)]


def _of_side(landmarks: Landmarks, side: Side) -> list[Measurement]:
    hip = landmarks.hips[side]
    method = "cup sphere and rim plane" if hip.cup is None else hip.cup.method
    diameter = Quantity(side, "cup_outer_diameter", "mm", Frame.NONE, DIAMETER, method)
    angles = [
        (
            Quantity(side, f"cup_{what}_{name}", "deg", frame, definition, method),
            convert,
            f"{what}_deg",
        )
        for frame in ANATOMICAL_FRAMES
        for name, (convert, inclination, anteversion) in ANGLES.items()
        for what, definition in (("inclination", inclination), ("anteversion", anteversion))
    ]
    if hip.cup is None:
        reason = (hip.reason or "no cup is seen in the metal") if hip.implant_present else "no prosthetic cup"
        return [quantity.missing(reason) for quantity in (diameter, *(quantity for quantity, _, _ in angles))]
    tip = _axis_tip(hip.cup)
    return [
        diameter.measured(hip.cup.outer_diameter_mm, hip.cup.diameter_uncertainty_mm),
        *(_angle(landmarks, hip.cup, tip, side, *angle) for angle in angles),
    ]


def _axis_tip(cup: FittedCup) -> Landmark:
    reach = AXIS_ARM_MM * float(np.tan(np.radians(cup.axis_uncertainty_deg)))
    # An axis tilts in two directions only; the point carries the same spread in three.
    radius = reach * RADIUS_90_PER_SIGMA / RADIUS_90_PER_SIGMA_PLANE
    return Landmark("CUP_AXIS", cup.centre_lps_mm + AXIS_ARM_MM * cup.axis_lps, radius, Status.OK, cup.method)


def _angle(
    landmarks: Landmarks,
    cup: FittedCup,
    tip: Landmark,
    side: Side,
    quantity: Quantity,
    convert: Callable[[FloatArray], CupAngles],
    which: str,
) -> Measurement:
    def angle(points: Points) -> float:
        axis = axis_in_frame(points[tip.name] - cup.centre_lps_mm, frame_of(points, quantity.frame), side.lateral_sign)
        return float(getattr(convert(axis), which))

    return derive(quantity, {**chosen(landmarks.points), tip.name: tip}, angle)
