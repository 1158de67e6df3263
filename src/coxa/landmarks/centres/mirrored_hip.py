"""The map of the mirror estimate once more, from finished landmarks: for what else the healthy side has to lend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, landmark_name
from coxa.case import Landmarks
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.surface_points import points_of_mesh
from coxa.landmarks.centres.mirror import MirrorMap, find_mirror_map
from coxa.landmarks.centres.native_hips import TYPICAL_HEAD_RADIUS_MM


def mirror_onto(side: Side, surfaces: Mapping[str, Mesh], landmarks: Landmarks) -> MirrorMap:
    """Return how the other side's hip bone maps onto this side's: the map that carried its native centre across.

    Parameters
    ----------
    side : Side
        The side that receives.
    surfaces : Mapping[str, Mesh]
        Must hold both hip bones.
    landmarks : Landmarks
        Of these surfaces.

    Raises
    ------
    FitError
        Without a pelvic frame or without a native centre on the other side, or when the bones do not match.
    """
    lender = landmarks.points[landmark_name("HRC_NATIVE", side.opposite)]
    if landmarks.lps_from_app is None:
        raise FitError(f"the pelvic frame is not known ({landmarks.app_reason}): no side can be mirrored")
    if lender.position_lps_mm is None:
        raise FitError(f"the {side.opposite} hip has no native centre to mirror by: {lender.reason}")
    centres = {side: _sockets(landmarks.points, side), side.opposite: (lender.point,)}
    bones = {each: points_of_mesh(surfaces[f"hip_{each}"]) for each in SIDES}
    return find_mirror_map(bones, landmarks.lps_from_app, side.opposite, centres, native_head_radius_mm(landmarks))


def _sockets(points: Mapping[str, Landmark], side: Side) -> tuple[FloatArray, ...]:
    """Return where this side's socket is today, and where its bone's proportions say that it was."""
    today, native = (points.get(landmark_name(stem, side)) for stem in ("HRC", "HRC_NATIVE"))
    places = [] if today is None else [today.position_lps_mm]
    if native is not None:
        expected = [estimate.position_lps_mm for estimate in native.estimates if estimate.name == "proportions"]
        places += expected or [native.position_lps_mm]
    return tuple(place for place in places if place is not None)


def native_head_radius_mm(landmarks: Landmarks) -> float:
    """Return the mean radius of the native heads, mm; a typical one where none is left."""
    radii = [hip.head.radius_mm for hip in landmarks.hips.values() if hip.head is not None and not hip.implant_present]
    return float(np.mean(radii)) if radii else TYPICAL_HEAD_RADIUS_MM
