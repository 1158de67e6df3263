"""A made pelvis: every landmark at a round number, in the pose of one's choice."""

import numpy as np

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Landmark, Side, Status, landmark_name
from coxa.case import FittedCup, HipFindings, Landmarks
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import app_frame
from coxa.implants.cup_angles import CupAngles, opening_axis

# (lateral, posterior, superior) in the APP frame, mm.
PLACES = {
    "ASIS": (120.0, 0.0, 0.0),
    "PT": (27.0, 0.0, -90.0),
    "AIIS": (100.0, 15.0, -38.0),
    "PSIS": (45.0, 145.0, 18.0),
    "IS": (52.0, 105.0, -72.0),
    "IT": (60.0, 80.0, -140.0),
    "TD": (55.0, 50.0, -86.0),
    "GT": (150.0, 70.0, -68.0),
    "LT": (115.0, 78.0, -125.0),
    "HRC": (87.0, 52.0, -72.0),
    "HRC_NATIVE": (87.0, 52.0, -72.0),
    "SOCKET": (86.0, 52.0, -71.0),
}
MIDDLE = {"PSY": (0.0, 18.0, -98.0), "SP": (0.0, 66.0, 18.0)}
UPRIGHT = np.eye(4)


def made_landmarks(pose=UPRIGHT, moves=None, hips=None, without=(), unreliable=()) -> Landmarks:
    """Landmarks of the made pelvis.

    ``moves`` adds (lateral, posterior, superior) mm to landmarks by name, before the pose.
    """
    moves = moves or {}
    marks = {}
    for side in SIDES:
        for stem in PAIRED_LANDMARKS:
            name = landmark_name(stem, side)
            local = (np.array(PLACES[stem]) + moves.get(name, 0.0)) * [side.lateral_sign, 1.0, 1.0]
            marks[name] = _mark(name, local, pose, without, unreliable)
    for name in SINGLE_LANDMARKS:
        marks[name] = _mark(name, np.array(MIDDLE[name]) + moves.get(name, 0.0), pose, without, unreliable)
    corners = [marks[name] for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R")]
    frame = app_frame(*(m.point for m in corners)) if all(m.status.has_value for m in corners) else None
    status = Status.OK if frame is not None else Status.NOT_MEASURABLE
    native = {side: HipFindings(False, _sphere(marks[landmark_name("HRC", side)]), None) for side in SIDES}
    return Landmarks(marks, frame, status, None if frame else "corner missing", {**native, **(hips or {})})


def hip_with_cup(landmarks: Landmarks, side: Side, inclination_deg: float, anteversion_deg: float) -> HipFindings:
    """A prosthesis with a 54 mm cup at these radiographic angles in the landmarks' APP frame."""
    axis = opening_axis(CupAngles(inclination_deg, anteversion_deg), landmarks.lps_from_app, side.lateral_sign)
    centre = landmarks.points[landmark_name("HRC", side)].point
    head = FittedSphere(centre, 14.0, 0.1, 1000, 140.0)
    return HipFindings(True, head, FittedCup(centre, axis, 54.0, 0.4, 0.5, 1.5, "made"))


def _mark(name, local, pose, without, unreliable) -> Landmark:
    if name in without:
        return Landmark.missing(name, "out of view")
    point = pose[:3, :3] @ local + pose[:3, 3]
    if name in unreliable:
        return Landmark(name, point, 4.0, Status.WARN, "made", "near metal")
    return Landmark(name, point, 1.0, Status.OK, "made")


def _sphere(mark: Landmark) -> FittedSphere | None:
    return FittedSphere(mark.point, 23.5, 0.3, 1000, 110.0) if mark.status.has_value else None
