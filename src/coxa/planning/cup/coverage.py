"""How much of the cup's porous hemisphere has bone or augment behind it."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, perpendiculars
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.values import Coverage, PlannedCup

TOLERANCES_MM = (1.0, 2.0, 3.0)
"""Contact within 1 mm; 2 and 3 mm beside it."""

SAMPLES = 20_000
"""Points on the hemisphere, of equal area; the count's error is under 0.1 %."""


def cup_coverage(
    cup: PlannedCup,
    host: Mesh | RayCaster,
    augment: Mesh | None,
    cement_gap_mm: float,
    tolerances_mm: tuple[float, ...] = TOLERANCES_MM,
) -> tuple[Coverage, ...]:
    """Return the shares of the hemisphere with host bone, augment, or neither behind it.

    From every point of the hemisphere a ray goes outward along the radius. Host bone counts where the point
    lies in bone (press fit) or the ray meets bone within the tolerance; of the rest, the augment counts where
    the ray meets it within the tolerance beyond the cement gap that parts the two.

    Parameters
    ----------
    cup : PlannedCup
    host : Mesh or RayCaster
        Closed, LPS mm.
    augment : Mesh or None
        Closed, LPS mm; None or empty when there is none.
    cement_gap_mm : float
    tolerances_mm : tuple of float
    """
    directions = hemisphere_directions(cup.axis_lps)
    gap_host = radial_gap_mm(cup, directions, host)
    if augment is None or augment.is_empty:
        gap_augment = np.full(len(directions), np.inf)
    else:
        gap_augment = radial_gap_mm(cup, directions, augment)
    return tuple(_shares(t, gap_host <= t, gap_augment <= t + cement_gap_mm) for t in tolerances_mm)


def hemisphere_directions(axis_lps: FloatArray, samples: int = SAMPLES) -> FloatArray:
    """Return unit vectors (N, 3) of equal area over the hemisphere away from the opening (golden spiral)."""
    n = np.arange(samples) + 0.5
    height = n / samples
    radius = np.sqrt(1.0 - height**2)
    angle = np.pi * (1.0 + np.sqrt(5.0)) * n
    first, second = perpendiculars(axis_lps)
    return (
        np.outer(radius * np.cos(angle), first) + np.outer(radius * np.sin(angle), second) - np.outer(height, axis_lps)
    )


def radial_gap_mm(cup: PlannedCup, directions_lps: FloatArray, body: Mesh | RayCaster) -> FloatArray:
    """Return the gap (N,) in mm from the cup's sphere outward to a closed body: 0 inside it, inf without it."""
    caster = body if isinstance(body, RayCaster) else RayCaster(body)
    origins = cup.centre_lps_mm + 0.5 * cup.outer_diameter_mm * directions_lps
    distance, face = caster.first_hit(origins, directions_lps)
    return np.where(caster.starts_inside(face, directions_lps), 0.0, distance)


def _shares(tolerance_mm: float, host: BoolArray, augment: BoolArray) -> Coverage:
    host_share = float(host.mean())
    augment_share = float((augment & ~host).mean())
    return Coverage(tolerance_mm, host_share, augment_share, 1.0 - host_share - augment_share)
