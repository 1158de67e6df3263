"""The rule behind most bony landmarks: the outermost cap of a region along an anatomical direction.

Anatomists name a landmark by where a bone sticks out. A single extreme vertex jumps with noise and pose, so the
landmark is the area-weighted centre of the thin cap around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.surface_points import SurfacePoints

CAP_RADIUS_MM = 15.0
"""Points farther than this from the extreme point belong to another prominence."""
MIN_REGION_POINTS = 10
"""Fewer surface points in its region show no landmark."""


@dataclass(frozen=True)
class Prominence:
    """Where to look for a landmark and which way it sticks out, in the APP frame with lateral positive.

    Attributes
    ----------
    direction : (float, float, float)
        Lateral, posterior, superior; scaled to length one when used.
    cap_depth_mm : float
    lateral_widths : (float, float)
        Bounds in halves of the inter-ASIS distance.
    posterior_mm : (float, float)
    superior_heights : (float, float)
        Bounds in heights of the ASIS over the pubic tubercles; 0 is at the ASIS, -1 at the tubercles.
    """

    direction: tuple[float, float, float]
    cap_depth_mm: float
    lateral_widths: tuple[float, float]
    posterior_mm: tuple[float, float]
    superior_heights: tuple[float, float]

    @property
    def outward(self) -> FloatArray:
        """The anatomical axis (3,) nearest to the direction: which way is out, in one word."""
        largest = int(np.abs(self.direction).argmax())
        return np.asarray(np.sign(self.direction[largest]) * np.eye(3)[largest])

    def region(self, coordinates_mm: FloatArray, half_width_mm: float, height_mm: float) -> BoolArray:
        """Tell which points (N, 3) (lateral, posterior, superior) lie within the bounds."""
        x, y, z = coordinates_mm[:, 0] / half_width_mm, coordinates_mm[:, 1], coordinates_mm[:, 2] / height_mm
        inside = (x > self.lateral_widths[0]) & (x < self.lateral_widths[1])
        inside &= (y > self.posterior_mm[0]) & (y < self.posterior_mm[1])
        return np.asarray(inside & (z > self.superior_heights[0]) & (z < self.superior_heights[1]))


def outermost_cap(surface: SurfacePoints, direction_lps: FloatArray, cap_depth_mm: float) -> FloatArray | None:
    """Return the centre (3,) of the cap within ``cap_depth_mm`` of the farthest point along a direction, LPS mm.

    None when the region holds too few points to speak of a cap.
    """
    if len(surface.points_lps_mm) < MIN_REGION_POINTS:
        return None
    reach = surface.points_lps_mm @ direction_lps
    top = int(np.argmax(reach))
    near = np.linalg.norm(surface.points_lps_mm - surface.points_lps_mm[top], axis=1) < CAP_RADIUS_MM
    cap = near & (reach >= reach[top] - cap_depth_mm)
    return surface.where(cap).centroid_lps_mm
