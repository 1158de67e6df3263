"""Lines, planes, angles and points of a case and its plan as 3D Slicer markups (LPS mm)."""

from __future__ import annotations

from typing import Any

import numpy as np

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.case import Landmarks, MeasuredCase
from coxa.geometry.arrays import FloatArray, unit
from coxa.io.records.landmark_markups import MARKUPS_SCHEMA
from coxa.measure.coronal import height_over_line, line_and_up
from coxa.planning.cup.values import PlannedCup, TargetCentre
from coxa.planning.plan import Plan
from coxa.planning.screws.values import Screw

IDENTITY_3 = [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0]
"""Orientation of every control point, row by row."""
CUP_ANGLE_ARM_MM = 60.0
"""Length of the two arms that show a cup angle, mm."""


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


def plan_markups(plan: Plan, axes: FloatArray) -> dict[str, Any]:
    """Return a markups file with the planned cup, the screws from entry to tip and the target rotation centre.

    The cup is its opening plane and the angle between its axis and the vertical. That is the anatomical inclination,
    in space; the plan's is radiographic, as projected, and stands in the plane's label.

    Parameters
    ----------
    plan : Plan
    axes : ndarray (3, 3)
        Left, posterior, superior of the frame of the cup's angles, in LPS, one a row.
    """
    screws = [_screw(number, screw) for number, screw in enumerate(plan.screws, start=1)]
    return {"@schema": MARKUPS_SCHEMA, "markups": [*_cup(plan.cup, axes), *screws, _target(plan.target)]}


def _cup(cup: PlannedCup, axes: FloatArray) -> list[dict[str, Any]]:
    centre, axis = np.asarray(cup.centre_lps_mm), unit(cup.axis_lps)
    inclination, anteversion = cup.inclination_radiographic_deg, cup.anteversion_radiographic_deg
    radiographic = f"radiographic inclination {inclination:.1f} deg, anteversion {anteversion:.1f} deg"
    plane = _plane("planned cup", centre, axis, axes[1], cup.outer_diameter_mm)
    _say(plane, 0, f"planned cup: {radiographic}", f"in the {cup.angle_frame} frame; {cup.outer_diameter_mm:g} mm wide")
    arms = [centre - CUP_ANGLE_ARM_MM * axes[2], centre, centre + CUP_ANGLE_ARM_MM * axis]
    angle = _markup("Angle", "planned cup: axis against the frame's vertical, anatomical inclination", arms)
    other = f"in space, between axis and vertical; the plan states {radiographic} ({cup.angle_frame} frame)"
    _say(angle, 1, "anatomical inclination, not radiographic", other)
    return [plane, angle]


def _screw(number: int, screw: Screw) -> dict[str, Any]:
    ends = [np.asarray(screw.entry_lps_mm), np.asarray(screw.tip_lps_mm)]
    line = _line(f"planned screw {number}, {screw.length_mm:g} mm", *ends)
    what = f"{screw.diameter_mm:g} x {screw.length_mm:g} mm through {screw.through}"
    _say(line, 0, f"screw {number} head", what)
    _say(line, 1, f"screw {number} tip", f"{screw.bone_length_mm:.1f} mm in bone; {screw.note}")
    return line


def _target(target: TargetCentre) -> dict[str, Any]:
    name = "target rotation centre"
    point = _markup("Fiducial", name, [np.asarray(target.position_lps_mm)])
    _say(point, 0, name, f"90 % within {target.uncertainty_mm:.1f} mm; {target.source}")
    return point


def _say(markup: dict[str, Any], point: int, label: str, description: str) -> None:
    markup["controlPoints"][point] |= {"label": label, "description": description}


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
