"""Landmarks as 3D Slicer markups (``landmarks.mrk.json``), and how coordinates are rounded in files."""

from __future__ import annotations

from typing import Any

from coxa.anatomy import LANDMARK_DESCRIPTIONS, Landmark
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray

MARKUPS_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/"
    "Markups/Resources/Schema/markups-schema-v1.0.3.json#"
)
DECIMALS_MM = 6
"""Decimals of positions in mm: far below a voxel, yet files stay readable."""
DECIMALS_DIRECTION = 12
"""Decimals of direction cosines."""


def landmarks_to_markups(landmarks: Landmarks) -> dict[str, Any]:
    """Return the found landmarks as a 3D Slicer markups file (fiducials, LPS mm)."""
    found = [point for point in landmarks.points.values() if point.status.has_value]
    return {
        "@schema": MARKUPS_SCHEMA,
        "markups": [
            {
                "type": "Fiducial",
                "coordinateSystem": "LPS",
                "coordinateUnits": "mm",
                "locked": False,
                "labelFormat": "%N-%d",
                "controlPoints": [_control_point(n, point) for n, point in enumerate(found, start=1)],
            }
        ],
    }


def _control_point(number: int, point: Landmark) -> dict[str, Any]:
    stem = point.name if point.name in LANDMARK_DESCRIPTIONS else point.name.rpartition("_")[0]
    return {
        "id": str(number),
        "label": point.name,
        "description": LANDMARK_DESCRIPTIONS.get(stem, ""),
        "associatedNodeID": "",
        "position": rounded(point.point),
        "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
        "selected": True,
        "locked": False,
        "visibility": True,
        "positionStatus": "defined",
    }


def rounded(values: FloatArray, decimals: int = DECIMALS_MM) -> list[float]:
    """Return numbers as files hold them; a negative zero becomes zero."""
    return [round(float(x), decimals) + 0.0 for x in values]
