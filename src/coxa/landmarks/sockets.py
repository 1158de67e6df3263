"""The socket's own centre: what is left to measure from where head and implant are gone, and a check where not."""

from __future__ import annotations

from collections.abc import Mapping

from coxa.anatomy import SIDES, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.doubts import Surroundings
from coxa.landmarks.pelvic_ratios import expected_centre_lps_mm
from coxa.landmarks.pelvis import PelvicPoints
from coxa.landmarks.socket_fit import HEADLESS_SOCKET_UNCERTAINTY_MM, SOCKET_UNCERTAINTY_MM, fit_socket

METHOD = "sphere of the acetabulum's lunate surface"
LONE = "the socket stands alone: what took the head may have changed it too, and no leg turns about it now"


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
    expected = None if pelvis is None else expected_centre_lps_mm(pelvis.points_lps_mm, pelvis.frame, side)
    if expected is None:
        return Landmark.missing(name, "no landmarks of the pelvis to look for the socket by")
    try:
        socket = fit_socket(points[f"hip_{side}"], expected)
    except FitError as refusal:
        return Landmark.missing(name, str(refusal))
    doubt = surroundings.doubt_around(socket.centre_lps_mm, socket.radius_mm)
    alone = hip.head is None and not hip.implant_present
    reasons = [reason for reason in (LONE if alone else None, doubt) if reason]
    return Landmark(
        name,
        socket.centre_lps_mm,
        surroundings.widened(HEADLESS_SOCKET_UNCERTAINTY_MM if reasons else SOCKET_UNCERTAINTY_MM),
        Status.WARN if reasons else Status.OK,
        METHOD,
        "; ".join(reasons) or None,
    )
