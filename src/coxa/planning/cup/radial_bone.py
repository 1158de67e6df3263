"""Where bone lies along rays from possible cup centres: every cup size follows from one set of rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.geometry.ray_casting import RayCaster

STRETCHES = 3
"""Stretches of bone kept along a ray; what lies behind them is beyond any cup."""

_STEP_MM = 1e-3
"""Beyond a crossing the next one is looked for from here."""


@dataclass(frozen=True, eq=False)
class RadialBone:
    """The stretches of bone along rays, in mm from their centre.

    Attributes
    ----------
    enter_mm, leave_mm : ndarray [centre, direction, stretch]
        In order; inf where there is no further stretch. A ray that starts in bone enters at 0.
    """

    enter_mm: FloatArray
    leave_mm: FloatArray

    def gap_mm(self, radius_mm: float) -> FloatArray:
        """Return the gap [centre, direction] from a sphere outward to bone: 0 in bone, inf without any."""
        beyond = self.leave_mm > radius_mm
        return np.asarray(np.where(beyond, np.maximum(self.enter_mm - radius_mm, 0.0), np.inf).min(axis=-1))

    def length_mm(self, radius_mm: float) -> FloatArray:
        """Return the length in bone [centre, direction] up to a distance."""
        near, far = np.minimum(self.enter_mm, radius_mm), np.minimum(self.leave_mm, radius_mm)
        return np.asarray((far - near).sum(axis=-1))

    def removed_mm3(self, radius_mm: float) -> FloatArray:
        """Return the bone [centre, direction] within a sphere, mm³ per steradian."""
        near, far = np.minimum(self.enter_mm, radius_mm), np.minimum(self.leave_mm, radius_mm)
        return np.asarray(((far**3 - near**3) / 3.0).sum(axis=-1))


def radial_bone(bone: RayCaster, centres_lps_mm: FloatArray, directions_lps: FloatArray, reach_mm: float) -> RadialBone:
    """Follow rays from centres (C, 3) along directions (D, 3) through a closed mesh.

    Stretches that begin within ``reach_mm`` are found; one that ends beyond it may be given shorter, but no shorter.
    """
    shape = (len(centres_lps_mm), len(directions_lps), STRETCHES)
    origins = np.repeat(centres_lps_mm, len(directions_lps), axis=0)
    directions = np.tile(directions_lps, (len(centres_lps_mm), 1))
    enter, leave = (np.full((len(origins), STRETCHES), np.inf) for _ in range(2))
    stretch, at = np.zeros(len(origins), dtype=np.int64), np.zeros(len(origins))
    on, limit = np.arange(len(origins)), None
    while len(on):
        ray = directions[on]
        distance, face = bone.first_hit(origins[on] + at[on, None] * ray, ray, limit)
        leaving = bone.starts_inside(face, ray)
        # Bone that is left beyond the reach was there all along: the first ray must go on to its end to know.
        met = (face >= 0) & ((at[on] + distance <= reach_mm) | leaving)
        on, where, leaving = on[met], (at[on] + distance)[met], leaving[met]
        out, into = on[leaving], on[~leaving]
        # Leaving what was not entered: the ray started in bone, or slipped through an edge and is in it still.
        unknown = out[np.isinf(enter[out, stretch[out]])]
        before = leave[unknown, np.maximum(stretch[unknown] - 1, 0)]
        enter[unknown, stretch[unknown]] = np.where(stretch[unknown] == 0, 0.0, before)
        leave[out, stretch[out]] = where[leaving]
        enter[into, stretch[into]] = where[~leaving]
        at[on] = where + _STEP_MM
        stretch[out] += 1
        on = on[(stretch[on] < STRETCHES) & (at[on] < reach_mm)]
        limit = reach_mm - at[on]
    leave[np.isfinite(enter) & np.isinf(leave)] = reach_mm
    return RadialBone(enter.reshape(shape), leave.reshape(shape))
