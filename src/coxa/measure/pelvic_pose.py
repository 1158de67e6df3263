"""How the pelvis lies on the table, and the distances between its sides."""

from __future__ import annotations

import numpy as np

from coxa.case import Landmarks, Measurement
from coxa.geometry.frames import Frame, table_superior
from coxa.measure.coronal import line_and_up
from coxa.measure.propagation import ANATOMICAL_FRAMES, Points, Quantity, chosen, derive, frame_of

TILT = "sagittal angle between the anterior pelvic plane and the table's vertical plane; posterior tilt positive"
OBLIQUITY = "angle of the inter-ASIS line to the table's transverse plane; left side higher positive"
ROTATION = "angle of the inter-ASIS line about the table's long axis; left side turned backward positive"
TEARDROPS = "distance between both inferior teardrops in the coronal plane of the frame"
CENTRES = "distance between both rotation centres, in space"


def pelvic_measurements(landmarks: Landmarks) -> list[Measurement]:
    """Return tilt, obliquity and rotation against the table, inter-teardrop and inter-centre distances."""
    corners = chosen(landmarks.points)
    rows = [
        derive(Quantity("none", "pelvic_tilt", "deg", Frame.TABLE, TILT), corners, _tilt),
        derive(Quantity("none", "pelvic_obliquity", "deg", Frame.TABLE, OBLIQUITY), corners, _obliquity),
        derive(Quantity("none", "pelvic_rotation", "deg", Frame.TABLE, ROTATION), corners, _rotation),
    ]
    for frame in ANATOMICAL_FRAMES:

        def apart(points: Points, frame: Frame = frame) -> float:
            u, _ = line_and_up(points["TD_L"], points["TD_R"], frame_of(points, frame))
            return float((points["TD_L"] - points["TD_R"]) @ u)

        rows.append(
            derive(
                Quantity("none", "inter_teardrop_distance", "mm", frame, TEARDROPS),
                chosen(landmarks.points, "TD_L", "TD_R"),
                apart,
            )
        )
    rows.append(
        derive(
            Quantity("none", "inter_centre_distance", "mm", Frame.NONE, CENTRES),
            {name: landmarks.points[name] for name in ("HRC_L", "HRC_R")},
            lambda points: float(np.linalg.norm(points["HRC_L"] - points["HRC_R"])),
        )
    )
    return rows


def _tilt(points: Points) -> float:
    _, posterior, superior = frame_of(points, Frame.FUNCTIONAL).axes
    plane_up = frame_of(points, Frame.APP).axes[2]
    return float(np.degrees(np.arctan2(plane_up @ posterior, plane_up @ superior)))


def _obliquity(points: Points) -> float:
    lps_from_app = frame_of(points, Frame.APP)
    rise = float(lps_from_app.axes[0] @ table_superior(lps_from_app))
    return float(np.degrees(np.arcsin(np.clip(rise, -1.0, 1.0))))


def _rotation(points: Points) -> float:
    left = frame_of(points, Frame.APP).axes[0]
    return float(np.degrees(np.arctan2(left[1], left[0])))
