"""The axis of a long bone's shaft, whole or cut by the field of view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, perpendiculars, unit

LEVELS_MM = (75.0, 180.0)
"""Below the head centre: where a femoral shaft is a tube."""
LEVEL_STEP_MM, LEVEL_HALF_MM = 5.0, 4.0
"""Between cross-sections of the shaft, and half of the thickness of one, mm."""
MIN_SHAFT_MM, WANTED_SHAFT_MM, HIGHEST_LEVEL_MM = 25.0, 35.0, 50.0
"""A femur cut short is followed up to a higher level, until this much of it is seen."""
CUT_MARGIN_MM = 8.0
"""The last millimetres may be a slanted cut through the end of the field of view."""
ROUNDS, SETTLED = 10, 1e-4
"""Most turns of the axis, and the change of its direction under which it stands still."""
TRIM_ROUNDS, KEPT_OF_CIRCLE = 6, 0.7
"""Circle fits to one cross-section, and the share of its points that each keeps."""
TRUSTED_REACH_MM = 105.0
"""A shaft seen less far than this below the head gives an axis with a warning, mm."""
REACH_TABLE_MM, OFFSET_TABLE_MM = (82.0, 97.0, 107.0, 122.0, 180.0), (11.0, 9.5, 7.2, 5.3, 2.0)
"""How the offset of a femur cut short scatters about that of the whole femur: 90 % of 19 femora, cut at each reach."""


@dataclass(frozen=True, eq=False)
class ShaftAxis:
    """A shaft's axis.

    Attributes
    ----------
    point_lps_mm : ndarray (3,)
    proximal_lps : ndarray (3,)
        Unit vector toward the head.
    reach_mm : float
        How far below the head centre the shaft was seen.
    """

    point_lps_mm: FloatArray
    proximal_lps: FloatArray
    reach_mm: float

    def foot_of(self, point_lps_mm: FloatArray) -> FloatArray:
        """Return the point (3,) of the axis nearest to ``point_lps_mm``."""
        along = float((point_lps_mm - self.point_lps_mm) @ self.proximal_lps)
        return np.asarray(self.point_lps_mm + along * self.proximal_lps)

    @property
    def is_short(self) -> bool:
        """True when too little shaft is seen to trust the axis."""
        return self.reach_mm < TRUSTED_REACH_MM

    @property
    def offset_uncertainty_mm(self) -> float:
        """90 % half-width of the axis's distance from the head centre."""
        return float(np.interp(self.reach_mm, REACH_TABLE_MM, OFFSET_TABLE_MM))


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
        first = min(LEVELS_MM[0], max(stop - WANTED_SHAFT_MM, HIGHEST_LEVEL_MM))
        if stop - first < MIN_SHAFT_MM:
            raise FitError(f"less than {MIN_SHAFT_MM:.0f} mm of shaft in view: no shaft axis")
        levels = np.arange(first, stop, LEVEL_STEP_MM)
        slices = [points_lps_mm[np.abs(below - level) < LEVEL_HALF_MM] for level in levels]
        centres = np.array([_round_centre(section, proximal) for section in slices if len(section) >= 12])
        if len(centres) < 4:
            raise FitError("the shaft is interrupted: no shaft axis")
        middle = centres.mean(0)
        axis = np.linalg.svd(centres - middle)[2][0]
        turned = axis if axis @ proximal > 0 else -axis
        settled = np.abs(turned - proximal).max() < SETTLED
        proximal = turned
        if settled:
            break
    return ShaftAxis(middle, proximal, stop)


def _round_centre(section_mm: FloatArray, axis: FloatArray) -> FloatArray:
    """Return the centre of the circle that most of a cross-section lies on; a trochanter's bulge stays out."""
    middle = section_mm.mean(0)
    plane = np.array(perpendiculars(axis))
    flat = (section_mm - middle) @ plane.T
    kept = np.ones(len(flat), dtype=bool)
    for _ in range(TRIM_ROUNDS):
        rows = np.c_[2.0 * flat[kept], np.ones(int(kept.sum()))]
        solution = np.linalg.lstsq(rows, (flat[kept] ** 2).sum(1), rcond=None)[0]
        centre = solution[:2]
        radius = float(np.sqrt(max(solution[2] + centre @ centre, 0.0)))
        miss = np.abs(np.linalg.norm(flat - centre, axis=1) - radius)
        kept = miss <= np.quantile(miss, KEPT_OF_CIRCLE)
    return np.asarray(middle + centre @ plane)
