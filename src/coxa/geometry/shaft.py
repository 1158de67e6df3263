"""The axis of a long bone's shaft, whole or cut by the field of view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit

LEVELS_MM = (75.0, 180.0)
"""Below the head centre: where a femoral shaft is a tube."""
LEVEL_STEP_MM, LEVEL_HALF_MM = 5.0, 4.0
MIN_SHAFT_MM = 25.0
CUT_MARGIN_MM = 8.0
"""The last millimetres may be a slanted cut through the end of the field of view."""
ROUNDS = 10


@dataclass(frozen=True, eq=False)
class ShaftAxis:
    """A shaft's axis.

    Attributes
    ----------
    point_lps_mm : ndarray (3,)
    proximal_lps : ndarray (3,)
        Unit vector toward the head.
    length_seen_mm : float
        Length of shaft that the axis rests on.
    """

    point_lps_mm: FloatArray
    proximal_lps: FloatArray
    length_seen_mm: float

    def foot_of(self, point_lps_mm: FloatArray) -> FloatArray:
        """Return the point (3,) of the axis nearest to ``point_lps_mm``."""
        along = float((point_lps_mm - self.point_lps_mm) @ self.proximal_lps)
        return np.asarray(self.point_lps_mm + along * self.proximal_lps)

    @property
    def uncertainty_deg(self) -> float:
        """90 % half-angle: a whole femur's shaft bows by 2 degrees, a short stump under the trochanter by up to 9."""
        return 2.0 + 240.0 / max(self.length_seen_mm, 1.0) - 240.0 / (LEVELS_MM[1] - LEVELS_MM[0])


def find_shaft_axis(points_lps_mm: FloatArray, head_centre_lps_mm: FloatArray) -> ShaftAxis:
    """Fit a line through the centres of cross-sections below the head, re-cut until the line stands.

    Parameters
    ----------
    points_lps_mm : ndarray (N, 3)
        Evenly spread points of the bone's surface.
    head_centre_lps_mm : ndarray (3,)

    Raises
    ------
    FitError
        When less than 25 mm of shaft are in view, or the shaft is interrupted.
    """
    distance = np.linalg.norm(points_lps_mm - head_centre_lps_mm, axis=1)
    proximal = unit(head_centre_lps_mm - points_lps_mm[distance > distance.max() - 15.0].mean(0))
    for _ in range(ROUNDS):
        below = (head_centre_lps_mm - points_lps_mm) @ proximal
        stop = min(LEVELS_MM[1], float(below.max()) - CUT_MARGIN_MM)
        if stop - LEVELS_MM[0] < MIN_SHAFT_MM:
            raise FitError(f"less than {MIN_SHAFT_MM:.0f} mm of shaft in view: no shaft axis")
        levels = np.arange(LEVELS_MM[0], stop, LEVEL_STEP_MM)
        slices = [points_lps_mm[np.abs(below - level) < LEVEL_HALF_MM] for level in levels]
        centres = np.array([section.mean(0) for section in slices if len(section) >= 8])
        if len(centres) < 4:
            raise FitError("the shaft is interrupted: no shaft axis")
        middle = centres.mean(0)
        axis = np.linalg.svd(centres - middle)[2][0]
        turned = axis if axis @ proximal > 0 else -axis
        settled = np.abs(turned - proximal).max() < 1e-7
        proximal = turned
        if settled:
            break
    return ShaftAxis(middle, proximal, float(stop - LEVELS_MM[0]))
