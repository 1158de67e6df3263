"""Native centres and teardrops of both sides, the healthy side lending to the destroyed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.registration import transform_points
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.doubts import Surroundings
from coxa.landmarks.native_centre import MirrorMap, centre_of_proportions, find_mirror_map, mirrored_centre
from coxa.landmarks.pelvis import PelvicPoints
from coxa.landmarks.teardrop import find_teardrop

TYPICAL_HEAD_RADIUS_MM = 23.5
"""Mean adult femoral head; used only to scale searches when neither head is left."""
TEARDROP_AGREEMENT_MM = 6.0
"""A rebuilt side's own teardrop farther from the mirrored one is not a teardrop any more (healthy: up to 4.7 mm)."""
MIRRORED_TEARDROP_UNCERTAINTY_MM = 4.5


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
) -> NativeHips:
    """Climb the ladder for both sides: own head, mirror of the other head, proportions."""
    intact = {side: _own_head(side, hips[side], marks) for side in SIDES}
    radii = [head.radius_mm for side in SIDES if intact[side] is not None and (head := hips[side].head) is not None]
    radius = float(np.mean(radii)) if radii else TYPICAL_HEAD_RADIUS_MM
    landmarks, mirrors = {}, {}
    for side in SIDES:
        own = intact[side]
        if own is None and pelvis is not None:
            own, mirror = _rebuilt(side, points, pelvis, intact[side.opposite], marks, radius)
            if mirror is not None:
                mirrors[side] = mirror
        name = landmark_name("HRC_NATIVE", side)
        landmarks[name] = own or Landmark.missing(
            name, "no intact head on this side, and no frame or landmarks to rebuild its centre from"
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


def _own_head(side: Side, hip: HipFindings, marks: Mapping[str, Landmark]) -> Landmark | None:
    centre = marks[landmark_name("HRC", side)]
    if hip.implant_present or centre.position_lps_mm is None:
        return None
    name = landmark_name("HRC_NATIVE", side)
    return Landmark(
        name, centre.position_lps_mm, centre.uncertainty_mm, centre.status, f"own: {centre.method}", centre.reason
    )


def _rebuilt(
    side: Side,
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints,
    healthy: Landmark | None,
    marks: Mapping[str, Landmark],
    head_radius_mm: float,
) -> tuple[Landmark | None, MirrorMap | None]:
    name = landmark_name("HRC_NATIVE", side)
    guess = centre_of_proportions(pelvis.points_lps_mm, pelvis.frame, side)
    if healthy is not None:
        today = marks[landmark_name("HRC", side)].position_lps_mm
        left_out = tuple(p for p in (today, None if guess is None else guess.position_lps_mm) if p is not None)
        centres: dict[Side, tuple[FloatArray, ...]] = {side: left_out, side.opposite: (healthy.point,)}
        try:
            mirror = find_mirror_map(
                {s: points[f"hip_{s}"] for s in SIDES}, pelvis.frame, side.opposite, centres, head_radius_mm
            )
        except FitError:
            mirror = None
        if mirror is not None:
            centre = mirrored_centre(mirror, healthy.point)
            status = healthy.status
            return (
                Landmark(name, centre.position_lps_mm, centre.uncertainty_mm, status, centre.method, healthy.reason),
                mirror,
            )
    if guess is None:
        return None, None
    return Landmark(name, guess.position_lps_mm, guess.uncertainty_mm, Status.WARN, guess.method, guess.doubt), None


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
