"""Wasielewski's quadrants about a planned centre: where screws are safe."""

from __future__ import annotations

import numpy as np

from coxa.anatomy import Side, landmark_name
from coxa.case import Landmarks
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import RigidTransform

QUADRANT_SAFETY = {
    "postero-superior": "safe",
    "postero-inferior": "caution: sciatic nerve and superior gluteal vessels, keep short of 25 mm",
    "antero-superior": "danger: external iliac vessels",
    "antero-inferior": "danger: obturator vessels and nerve",
}
"""Wasielewski's quadrants about the acetabular centre [Wasielewski 1990]."""

PROPOSED_QUADRANTS = ("postero-superior", "postero-inferior")
"""Screws are proposed in these only; the dangerous ones are the surgeon's to choose."""

UNKNOWN_QUADRANT = "unknown"

CAUTION_QUADRANT, CAUTION_LENGTH_MM = "postero-inferior", 25.0
"""Longest screw proposed there [E]."""


def quadrant(point_lps_mm: FloatArray, centre_lps_mm: FloatArray, landmarks: Landmarks, side: Side) -> str:
    """Return the quadrant of a point: line from ASIS through the planned centre and its perpendicular.

    Seen in the sagittal plane of the APP frame; recomputed for every centre, so it holds for a high one. ``unknown``
    without that frame or the ASIS.
    """
    frame = landmarks.lps_from_app
    asis = landmarks.points[landmark_name("ASIS", side)]
    if frame is None or asis.position_lps_mm is None:
        return UNKNOWN_QUADRANT
    toward_asis = _sagittal(frame, asis.position_lps_mm - centre_lps_mm)
    offset = _sagittal(frame, point_lps_mm - centre_lps_mm)
    up = toward_asis / np.linalg.norm(toward_asis)
    backward = np.array([up[1], -up[0]])
    return ("postero" if offset @ backward > 0 else "antero") + ("-superior" if offset @ up > 0 else "-inferior")


def _sagittal(frame: RigidTransform, vector_lps: FloatArray) -> FloatArray:
    """Return the (posterior, superior) components in the APP frame."""
    return frame.inverse().vectors(vector_lps)[1:]
