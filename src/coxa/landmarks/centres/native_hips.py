"""Native centres and teardrops of both sides, the healthy side lending to the destroyed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Estimate, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.centres.estimates import landmark_from_estimates
from coxa.landmarks.centres.mirror import MirrorMap, estimate_from_mirror, find_mirror_map
from coxa.landmarks.centres.pelvic_ratios import (
    estimate_from_constellation,
    estimate_from_proportions,
    estimate_from_regression,
    expected_centre_lps_mm,
)
from coxa.landmarks.centres.shape_fit import estimate_from_shape_model
from coxa.landmarks.centres.shape_model import HipAtlas
from coxa.landmarks.centres.socket_fit import HEADLESS_SOCKET_UNCERTAINTY_MM, fit_socket
from coxa.landmarks.constellation.agreement import Agreement
from coxa.landmarks.pelvis import PelvicPoints
from coxa.landmarks.reliability import Surroundings
from coxa.landmarks.teardrop import find_teardrop

TYPICAL_HEAD_RADIUS_MM = 23.5
"""Mean adult femoral head; used only to scale searches when neither head is left."""
TEARDROP_AGREEMENT_MM = 6.0
"""A rebuilt side's own teardrop farther from the mirrored one is not a teardrop any more (healthy: up to 4.7 mm)."""
MIRRORED_TEARDROP_UNCERTAINTY_MM = 4.5
"""90 % radius of a teardrop that was mirrored from the other side, mm."""


@dataclass(frozen=True, eq=False)
class NativeHips:
    """Native centres, and the map that lends from a healthy side.

    Attributes
    ----------
    landmarks : Mapping[str, Landmark]
        ``HRC_NATIVE`` of both sides.
    head_radius_mm : float
        For scaling the search about a centre.
    mirrors : Mapping[Side, MirrorMap]
        By the side that receives.
    """

    landmarks: Mapping[str, Landmark]
    head_radius_mm: float
    mirrors: Mapping[Side, MirrorMap]


def find_native_hips(
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints | None,
    hips: Mapping[Side, HipFindings],
    marks: Mapping[str, Landmark],
    atlas: HipAtlas | None = None,
    agreement: Agreement | None = None,
) -> NativeHips:
    """Try every method for both sides: own head or socket, mirror, shape model, constellation, proportions, regression.

    Parameters
    ----------
    points, pelvis, hips, marks
        What is known of the bones so far.
    atlas : HipAtlas, optional
    agreement : Agreement, optional
        Of the pelvis's landmarks with each other.
    """
    own = {side: _own_estimate(side, points, pelvis, hips[side], marks) for side in SIDES}
    radii = [head.radius_mm for side in SIDES if not hips[side].implant_present and (head := hips[side].head)]
    radius = float(np.mean(radii)) if radii else TYPICAL_HEAD_RADIUS_MM
    landmarks, mirrors = {}, {}
    for side in SIDES:
        estimates = [own[side]]
        if pelvis is not None:
            if own[side].name != "own_head" or own[side].reason:
                estimate, mirror = _mirror_estimate(side, points, pelvis, own[side.opposite], marks, radius)
                estimates.append(estimate)
                if mirror is not None:
                    mirrors[side] = mirror
                if atlas is not None:
                    estimates.append(
                        estimate_from_shape_model(atlas, side, points[f"hip_{side}"], pelvis.points_lps_mm)
                    )
            proportions = estimate_from_proportions(pelvis.points_lps_mm, pelvis.frame, side)
            if agreement is not None:
                estimates.append(estimate_from_constellation(agreement, proportions, side))
            estimates.append(proportions)
            estimates.append(estimate_from_regression(pelvis.points_lps_mm, side))
        landmarks[landmark_name("HRC_NATIVE", side)] = landmark_from_estimates(
            landmark_name("HRC_NATIVE", side), estimates
        )
    return NativeHips(landmarks, radius, mirrors)


def find_teardrops(
    surfaces: Mapping[str, Mesh], native: NativeHips, pelvis: PelvicPoints | None, surroundings: Surroundings
) -> dict[str, Landmark]:
    """Find both teardrops; a rebuilt side is checked against the mirrored one and takes it where destroyed."""
    own = {side: _own_teardrop(side, surfaces, native, pelvis) for side in SIDES}
    marks = {}
    for side in SIDES:
        name = landmark_name("TD", side)
        lender = own[side.opposite]
        mirror = native.mirrors.get(side)
        lent = transform_points(mirror.other_from_side, lender) if mirror is not None and lender is not None else None
        found = own[side]
        if found is not None and (lent is None or np.linalg.norm(found - lent) <= TEARDROP_AGREEMENT_MM):
            marks[name] = surroundings.surface_landmark(
                name, found, "free lower end of the medial acetabular wall, mean over a coronal slab at the notch"
            )
        elif lent is not None:
            marks[name] = Landmark(
                name,
                lent,
                surroundings.widened(MIRRORED_TEARDROP_UNCERTAINTY_MM),
                Status.WARN,
                "mirrored from the other side",
                "this side's teardrop is destroyed or displaced",
            )
        else:
            marks[name] = Landmark.missing(name, _why_no_teardrop(side, surfaces, native, pelvis))
    return marks


def _own_estimate(
    side: Side,
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints | None,
    hip: HipFindings,
    marks: Mapping[str, Landmark],
) -> Estimate:
    """Return the side's own head, else its own lunate surface when nothing is implanted."""
    if hip.implant_present:
        return Estimate.missing("own_head", "replaced by a prosthesis")
    centre = marks[landmark_name("HRC", side)]
    if centre.position_lps_mm is not None:
        name = "own_lunate" if hip.head is None else "own_head"
        return Estimate(name, centre.position_lps_mm, centre.uncertainty_mm, f"own: {centre.method}", centre.reason)
    expected = None if pelvis is None else expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side)
    if expected is None:
        return Estimate.missing("own_lunate", "no intact head on this side, and no landmarks to look for its socket by")
    try:
        socket = fit_socket(points[f"hip_{side}"], expected)
    except FitError as refusal:
        return Estimate.missing("own_lunate", f"no intact head, and {refusal}")
    method = "own: sphere of the acetabulum's lunate surface"
    return Estimate(
        "own_lunate", socket.centre_lps_mm, HEADLESS_SOCKET_UNCERTAINTY_MM, method, f"the socket alone: {centre.reason}"
    )


def _mirror_estimate(
    side: Side,
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints,
    healthy: Estimate,
    marks: Mapping[str, Landmark],
    head_radius_mm: float,
) -> tuple[Estimate, MirrorMap | None]:
    if healthy.position_lps_mm is None:
        return Estimate.missing("mirror", f"the other side has no native centre to mirror: {healthy.reason}"), None
    here = (
        marks[landmark_name("HRC", side)].position_lps_mm,
        expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side),
    )
    centres: dict[Side, tuple[FloatArray, ...]] = {
        side: tuple(p for p in here if p is not None),
        side.opposite: (healthy.position_lps_mm,),
    }
    bones = {s: points[f"hip_{s}"] for s in SIDES}
    try:
        mirror = find_mirror_map(bones, pelvis.frame.lps_from_app, side.opposite, centres, head_radius_mm)
    except FitError as refusal:
        return Estimate.missing("mirror", str(refusal)), None
    return estimate_from_mirror(mirror, healthy), mirror


def _own_teardrop(
    side: Side, surfaces: Mapping[str, Mesh], native: NativeHips, pelvis: PelvicPoints | None
) -> FloatArray | None:
    centre = native.landmarks[landmark_name("HRC_NATIVE", side)].position_lps_mm
    hip = surfaces.get(f"hip_{side}")
    if centre is None or hip is None or pelvis is None:
        return None
    return find_teardrop(hip, centre, native.head_radius_mm, pelvis.frame.lps_from_app, side)


def _why_no_teardrop(side: Side, surfaces: Mapping[str, Mesh], native: NativeHips, pelvis: PelvicPoints | None) -> str:
    if f"hip_{side}" not in surfaces:
        return f"no surface of hip_{side}"
    if pelvis is None:
        return "needs the anterior pelvic frame"
    if native.landmarks[landmark_name("HRC_NATIVE", side)].position_lps_mm is None:
        return "needs the native rotation centre"
    return "the medial wall has no free lower end at the notch, and there is no healthy side to mirror"
