"""What one hip holds today: native head, prosthesis, or neither; and its rotation centre."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.surface_points import SurfacePoints
from coxa.implants.prosthesis import Prosthesis, find_prosthesis
from coxa.landmarks.centres.socket_fit import SOCKET_UNCERTAINTY_MM, fit_socket
from coxa.landmarks.femur import UNRELIABLE_HEAD_SHARE, fit_native_head
from coxa.landmarks.reliability import Surroundings

NATIVE_FLOOR, PROSTHETIC_FLOOR = (0.15, 0.2), (0.1, 0.05)
"""90 % radius of a head centre: mm with perfect masks, and the share of the largest voxel edge that adds to it in
quadrature. Simulated scans of 1 mm: 90 % of 27 native heads within 0.24 mm, of 12 prosthetic ones within 0.07 mm."""
MADE_HEAD_RMS_MM = 0.2
"""A head with metal inside that is rounder than this was moulded: bone misses its sphere by 0.25 to 0.5 mm, for its
fovea and its wear."""
DIAMETER_PER_CENTRE = 1.25
"""90 % half-width of a native head's diameter over the 90 % radius of its centre: both come from one fit."""
UNRELIABLE_HEAD_FACTOR = 3.0
"""A head beside metal or cut by the field of view gets this many times the uncertainty [E]."""
WORN_HEAD_UNCERTAINTY_MM = 2.5
"""90 % radius for a head of which little is spherical any more: wear and osteophytes shift the fit [E]."""
CUP_FOR_HEAD_UNCERTAINTY_MM = 4.0
"""90 % radius when a cup's centre stands in for a head that was not seen: liner offset and wear [E]."""


@dataclass(frozen=True, eq=False)
class HipEvidence:
    """The surfaces of one side that exist, and where its centre is roughly expected."""

    side: Side
    hip: SurfacePoints | None
    femur: SurfacePoints | None
    metal: SurfacePoints | None
    expected_centre_lps_mm: FloatArray | None


def examine_hip(evidence: HipEvidence, surroundings: Surroundings) -> tuple[HipFindings, Landmark]:
    """Return what the hip holds and the landmark of its rotation centre today."""
    prosthesis = None if evidence.metal is None else find_prosthesis(evidence.metal)
    if prosthesis is not None:
        return _with_prosthesis(evidence.side, prosthesis, surroundings)
    return _without_prosthesis(evidence, surroundings)


def head_uncertainty_mm(head: FittedSphere, floor: tuple[float, float], surroundings: Surroundings) -> float:
    """Return the 90 % radius of a head's centre: floor, voxel size, and how much of the sphere is seen."""
    cap_factor = 1.0 if head.cap_half_angle_deg >= 90.0 else 90.0 / max(head.cap_half_angle_deg, 20.0)
    voxel = 0.0 if surroundings.grid is None else max(surroundings.grid.spacing_mm)
    return float(np.hypot(floor[0], floor[1] * voxel) * cap_factor)


def _with_prosthesis(side: Side, found: Prosthesis, surroundings: Surroundings) -> tuple[HipFindings, Landmark]:
    name = landmark_name("HRC", side)
    if found.head is not None:
        head = replace(found.head.sphere, radius_mm=0.5 * found.head.diameter_mm)
        uncertainty = head_uncertainty_mm(found.head.sphere, PROSTHETIC_FLOOR, surroundings)
        mark = Landmark(
            name, head.centre_lps_mm, uncertainty, Status.OK, "sphere of the prosthetic head in the metal surface"
        )
        return HipFindings(True, head, found.cup, found.cup_reason, found.head.diameter_uncertainty_mm), mark
    reason = "no prosthetic head is seen in the metal; the cup's centre is given instead"
    centre = None if found.cup is None else found.cup.centre_lps_mm
    if centre is None:
        return HipFindings(True, None, None, found.cup_reason), Landmark.missing(
            name, "neither head nor cup measurable"
        )
    mark = Landmark(name, centre, CUP_FOR_HEAD_UNCERTAINTY_MM, Status.WARN, "centre of the cup's outer sphere", reason)
    return HipFindings(True, None, found.cup, reason), mark


def _without_prosthesis(evidence: HipEvidence, surroundings: Surroundings) -> tuple[HipFindings, Landmark]:
    name = landmark_name("HRC", evidence.side)
    if evidence.femur is None:
        return _from_socket(evidence, surroundings)
    try:
        native = fit_native_head(evidence.femur, evidence.hip)
    except FitError as missing:
        return _headless(evidence.side, f"no prosthesis and no intact femoral head: {missing}")
    head = native.sphere
    if head.rms_mm < MADE_HEAD_RMS_MM and surroundings.has_metal_within(head.centre_lps_mm, head.radius_mm):
        return _headless(evidence.side, "the head holds metal and is rounder than bone: a cement spacer, not a joint")
    uncertainty = head_uncertainty_mm(head, NATIVE_FLOOR, surroundings)
    method = f"robust sphere of the native femoral head (rms {head.rms_mm:.2f} mm)"
    warning = surroundings.unreliable_around(head.centre_lps_mm, head.radius_mm)
    warnings = [warning] if warning else []
    if warnings:
        uncertainty *= UNRELIABLE_HEAD_FACTOR
    if native.share < UNRELIABLE_HEAD_SHARE:
        warnings.insert(0, f"worn or osteophytic head: only {native.share:.0%} of a sphere agrees")
        uncertainty = max(uncertainty, WORN_HEAD_UNCERTAINTY_MM)
    why = "; ".join(warnings) or None
    status = Status.WARN if warnings else Status.OK
    mark = Landmark(name, head.centre_lps_mm, uncertainty, status, method, why)
    return HipFindings(False, head, None, why, DIAMETER_PER_CENTRE * uncertainty), mark


def _headless(side: Side, reason: str) -> tuple[HipFindings, Landmark]:
    reason = f"{reason}; the socket's own centre is {landmark_name('SOCKET', side)}"
    return HipFindings(False, None, None, reason), Landmark.missing(landmark_name("HRC", side), reason)


def _from_socket(evidence: HipEvidence, surroundings: Surroundings) -> tuple[HipFindings, Landmark]:
    name = landmark_name("HRC", evidence.side)
    reason = "the femur is not in the surfaces"
    if evidence.hip is None or evidence.expected_centre_lps_mm is None:
        return HipFindings(False, None, None, reason), Landmark.missing(name, reason)
    try:
        socket = fit_socket(evidence.hip, evidence.expected_centre_lps_mm)
    except FitError as missing:
        reason = f"{reason}, and {missing}"
        return HipFindings(False, None, None, reason), Landmark.missing(name, reason)
    mark = Landmark(
        name,
        socket.centre_lps_mm,
        surroundings.widened(SOCKET_UNCERTAINTY_MM),
        Status.WARN,
        "sphere of the acetabulum's lunate surface",
        f"{reason}: the socket's centre is given instead",
    )
    return HipFindings(False, None, None, f"{reason}: no head to measure"), mark
