"""Lines, planes and angles of a case as 3D Slicer markups (LPS mm)."""

from __future__ import annotations

from typing import Any

import numpy as np

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.case import Landmarks, MeasuredCase
from coxa.geometry.arrays import FloatArray, unit
from coxa.io.case_files import MARKUPS_SCHEMA
from coxa.measure.coronal import height_over_line, line_and_up
from coxa.planning.plan import PlannedCup

IDENTITY_3 = [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0]
CUP_ANGLE_ARM_MM = 60.0


def measurement_markups(case: MeasuredCase) -> dict[str, Any]:
    """Return a markups file with height and horizontal of each rotation centre and the inter-teardrop line.

    Each line is as long as the measurement that it shows. What could not be measured has no line.
    """
    points, lines = case.landmarks.points, []
    left, right = points[landmark_name("TD", Side.LEFT)], points[landmark_name("TD", Side.RIGHT)]
    if left.status.has_value and right.status.has_value:
        lines.append(_line("inter-teardrop line", right.point, left.point))
    for side in SIDES:
        lines += _height_and_horizontal(case.landmarks, side)
    return {"@schema": MARKUPS_SCHEMA, "markups": lines}


def cup_markups(cup: PlannedCup, axes: FloatArray, name: str) -> dict[str, Any]:
    """Return a markups file with the cup's opening plane and the angle between its axis and the frame's downward axis.

    Parameters
    ----------
    cup : PlannedCup
    axes : ndarray (3, 3)
        The frame's axes left, posterior, superior in LPS, one a row.
    name : str
        What the plane is called.
    """
    centre, axis = np.asarray(cup.centre_lps_mm), unit(cup.axis_lps)
    down = centre - CUP_ANGLE_ARM_MM * axes[2]
    along = centre + CUP_ANGLE_ARM_MM * axis
    return {
        "@schema": MARKUPS_SCHEMA,
        "markups": [
            _plane(name, centre, axis, axes[1], cup.outer_diameter_mm),
            _markup("Angle", f"{name}: axis against the frame's vertical", [down, centre, along]),
        ],
    }


def _height_and_horizontal(landmarks: Landmarks, side: Side) -> list[dict[str, Any]]:
    names = [landmark_name("TD", Side.LEFT), landmark_name("TD", Side.RIGHT), landmark_name("HRC", side)]
    needed = [landmarks.points[name] for name in names]
    if landmarks.lps_from_app is None or not all(point.status.has_value for point in needed):
        return []
    left, right, centre = (point.point for point in needed)
    own = left if side is Side.LEFT else right
    along, up = line_and_up(left, right, landmarks.lps_from_app)
    foot = own + float((centre - own) @ along) * along
    top = foot + height_over_line(centre, left, right, landmarks.lps_from_app) * up
    return [
        _line(f"rotation centre height, {side}", foot, top),
        _line(f"rotation centre horizontal, {side}", own, foot),
    ]


def _line(name: str, start: FloatArray, end: FloatArray) -> dict[str, Any]:
    return _markup("Line", name, [start, end])


def _plane(name: str, centre: FloatArray, normal: FloatArray, helper: FloatArray, size_mm: float) -> dict[str, Any]:
    first = unit(np.cross(helper, normal))
    base = np.eye(4)
    base[:3, 0], base[:3, 1], base[:3, 2], base[:3, 3] = first, np.cross(normal, first), normal, centre
    markup = _markup("Plane", name, [centre])
    return markup | {
        "planeType": "pointNormal",
        "sizeMode": "absolute",
        "autoScalingSizeFactor": 1.0,
        "center": _numbers(centre),
        "normal": _numbers(normal),
        "objectToBase": np.eye(4).ravel().tolist(),
        "baseToNode": _numbers(base.ravel()),
        "orientation": _numbers(base[:3, :3].ravel()),
        "size": [size_mm, size_mm, 0.0],
        "planeBounds": [-0.5 * size_mm, 0.5 * size_mm, -0.5 * size_mm, 0.5 * size_mm],
    }


def _markup(kind: str, name: str, points: list[FloatArray]) -> dict[str, Any]:
    return {
        "type": kind,
        "name": name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "labelFormat": "%N-%d",
        "controlPoints": [_control_point(n, point) for n, point in enumerate(points, start=1)],
    }


def _control_point(number: int, point: FloatArray) -> dict[str, Any]:
    return {
        "id": str(number),
        "label": str(number),
        "position": _numbers(point),
        "orientation": IDENTITY_3,
        "selected": True,
        "locked": False,
        "visibility": True,
        "positionStatus": "defined",
    }


def _numbers(values: FloatArray) -> list[float]:
    return [round(float(v), 6) + 0.0 for v in values]
