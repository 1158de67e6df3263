"""The lines of a femoral stem: its neck from the head, its body along the shaft."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, unit
from coxa.implants.prosthesis import Prosthesis

NECK_BAND_MM = (2.0, 14.0)
"""Outside the head's surface: where a stem is neck only."""
BODY_BELOW_MM, LEAST_BODY_MM = 65.0, 25.0
"""Further than this from the head a stem runs along the femur's shaft; less of it gives no direction."""
LEAST_VOXELS = 50
"""Fewer voxels of metal are no neck and no stem."""


@dataclass(frozen=True, eq=False)
class StemAxes:
    """Where a stem runs.

    Attributes
    ----------
    neck_lps : ndarray (3,)
        Unit vector from the head's centre along the neck.
    body_point_lps_mm, body_lps : ndarray (3,) or None
        A point of the body's line and the unit vector along it, distally; None when too little stem is in view.
    """

    neck_lps: FloatArray
    body_point_lps_mm: FloatArray | None
    body_lps: FloatArray | None


def find_stem_axes(stem_lps_mm: FloatArray, prosthesis: Prosthesis) -> StemAxes | None:
    """Return the axes of a stem from its voxels' centres (N, 3); None when it has no neck or the head is not seen."""
    if prosthesis.head is None:
        return None
    ball = prosthesis.head.sphere
    offset = stem_lps_mm - ball.centre_lps_mm
    distance = np.linalg.norm(offset, axis=1)
    low, high = (ball.radius_mm + reach for reach in NECK_BAND_MM)
    neck = offset[(distance > low) & (distance < high)]
    if len(neck) < LEAST_VOXELS:
        return None
    along_neck = unit(neck.mean(axis=0))
    body = stem_lps_mm[distance > BODY_BELOW_MM]
    if len(body) < LEAST_VOXELS:
        return StemAxes(along_neck, None, None)
    middle = body.mean(axis=0)
    direction = np.linalg.svd(body - middle, full_matrices=False)[2][0]
    direction = direction * np.sign(direction @ (middle - ball.centre_lps_mm))
    if np.ptp(body @ direction) < LEAST_BODY_MM:
        return StemAxes(along_neck, None, None)
    return StemAxes(along_neck, middle, direction)
