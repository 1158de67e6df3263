"""Head diameter, and whether a prosthesis is there."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.anatomy import SIDES, Side, Status, landmark_name
from coxa.case import Landmarks, Measurement
from coxa.geometry.frames import Frame
from coxa.geometry.mesh import Mesh
from coxa.measure.propagation import Quantity

DIAMETER = "diameter of the sphere of the femoral head: native articular surface, or prosthetic head"
PRESENT = "1 when a prosthetic head or cup is recognised, else 0"
UNSTATED_DIAMETER_UNCERTAINTY_MM = 2.0
"""Taken for a head that states none [E]."""


def head_measurements(landmarks: Landmarks, surfaces: Mapping[str, Mesh]) -> list[Measurement]:
    """Return head diameter and presence of an implant on both sides."""
    return [row for side in SIDES for row in (_diameter(landmarks, side), _present(landmarks, surfaces, side))]


def _diameter(landmarks: Landmarks, side: Side) -> Measurement:
    hip = landmarks.hips[side]
    centre = landmarks.points[landmark_name("HRC", side)]
    quantity = Quantity(side, "head_diameter", "mm", Frame.NONE, DIAMETER, centre.method)
    if hip.head is None:
        return quantity.missing(hip.reason or "no head is seen")
    spread = hip.head_diameter_uncertainty_mm or UNSTATED_DIAMETER_UNCERTAINTY_MM
    warnings = (centre.reason or "the fit of the head is not reliable",) if centre.status is Status.WARN else ()
    return quantity.measured(2.0 * hip.head.radius_mm, spread, warnings)


def _present(landmarks: Landmarks, surfaces: Mapping[str, Mesh], side: Side) -> Measurement:
    quantity = Quantity(side, "implant_present", "1", Frame.NONE, PRESENT, "spheres in the metal surface")
    if landmarks.hips[side].implant_present:
        return quantity.measured(1.0, 0.0)
    if f"hip_{side}" not in surfaces and f"femur_{side}" not in surfaces:
        return quantity.missing("this hip is not in view")
    return quantity.measured(0.0, 0.0)
