"""The socket's own centre: what is left to measure from where head and implant are gone, and a check where not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.fits import FittedSphere
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.centres.pelvic_ratios import expected_centre_lps_mm
from coxa.landmarks.centres.socket_fit import (
    CAVITY,
    HEADLESS_SOCKET_UNCERTAINTY_MM,
    LUNATE,
    SOCKET_UNCERTAINTY_MM,
    fit_socket,
)
from coxa.landmarks.pelvis import PelvicPoints
from coxa.landmarks.reliability import Surroundings

LUNATE_METHOD = "sphere of the acetabulum's lunate surface"
CAVITY_METHOD = "largest sphere that the socket's hollow confirms"
LONE = "no head is seen in it: what took the head may have changed the socket too"


def find_sockets(
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints | None,
    hips: Mapping[Side, HipFindings],
    surroundings: Surroundings,
) -> dict[str, Landmark]:
    """Return ``SOCKET`` of both sides: the centre of the bony socket as it is today, whatever moves in it.

    Parameters
    ----------
    points : Mapping[str, SurfacePoints]
    pelvis : PelvicPoints or None
        Where to look.
    hips : Mapping[Side, HipFindings]
        A socket that a cup lines is not seen.
    surroundings : Surroundings
    """
    return {landmark_name("SOCKET", side): _socket(side, points, pelvis, hips[side], surroundings) for side in SIDES}


def _socket(
    side: Side,
    points: Mapping[str, SurfacePoints],
    pelvis: PelvicPoints | None,
    hip: HipFindings,
    surroundings: Surroundings,
) -> Landmark:
    name = landmark_name("SOCKET", side)
    if hip.cup is not None:
        return Landmark.missing(name, "a cup lines the socket")
    if f"hip_{side}" not in points:
        return Landmark.missing(name, f"no surface of hip_{side}")
    expected = _where_to_look(side, pelvis, hip)
    if expected is None:
        return Landmark.missing(name, "no landmarks of the pelvis to look for the socket by")
    fitted = _fitted(points[f"hip_{side}"], expected, hip)
    if isinstance(fitted, str):
        return Landmark.missing(name, fitted)
    socket, method = fitted
    warnings = (
        LONE if hip.head is None else _beside_head(socket.centre_lps_mm, hip.head.centre_lps_mm),
        surroundings.unreliable_around(socket.centre_lps_mm, socket.radius_mm),
    )
    reasons = [warning for warning in warnings if warning]
    return Landmark(
        name,
        socket.centre_lps_mm,
        surroundings.widened(HEADLESS_SOCKET_UNCERTAINTY_MM if reasons else SOCKET_UNCERTAINTY_MM),
        Status.WARN if reasons else Status.OK,
        method,
        "; ".join(reasons) or None,
    )


def _fitted(bone: SurfacePoints, expected_lps_mm: FloatArray, hip: HipFindings) -> tuple[FittedSphere, str] | str:
    """Return the sphere and what it is of, or why there is none; without a head the socket may be a mere cavity."""
    try:
        return fit_socket(bone, expected_lps_mm, LUNATE), LUNATE_METHOD
    except FitError as refusal:
        if hip.head is not None:
            return str(refusal)
    try:
        return fit_socket(bone, expected_lps_mm, CAVITY), CAVITY_METHOD
    except FitError as refusal:
        return str(refusal)


def _where_to_look(side: Side, pelvis: PelvicPoints | None, hip: HipFindings) -> FloatArray | None:
    if hip.head is not None:
        return hip.head.centre_lps_mm
    return None if pelvis is None else expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side)


def _beside_head(socket_lps_mm: FloatArray, head_lps_mm: FloatArray) -> str | None:
    apart = float(np.linalg.norm(socket_lps_mm - head_lps_mm))
    return f"{apart:.1f} mm from the head's centre" if apart > SOCKET_UNCERTAINTY_MM else None
