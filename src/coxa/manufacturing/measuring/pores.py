"""How wide the pores of a body are: gaps between opposite walls and the balls that fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.geometry.surface_samples import spread_over
from coxa.manufacturing.measuring.wall_distance import WallDistance

WIDEST_MM = 2.5
"""A gap wider than this is no pore of a lattice but a hole, slot or channel [E]."""

ENCLOSED = 0.75
"""Share of the directions around a pore's middle in which there is wall near by; less is a corner or a groove."""

ENCLOSED_WITHIN = 4.0
"""How near that wall must be, in radii of the pore."""

OPPOSED, WEDGE = 0.8, 0.6
"""Cosine between a wall and the wall across the gap (turned over): less than the first is a wedge, whose width is that
of the ball it leads to; less than the second a groove [E]."""

FILLED_MM = 0.03
"""A ball in the middle of a straight hole or slot is less than the gap by no more; else it is a bend, an end, a rim."""

PATCH_MM2, PATCH_SHARE = 0.25, 0.002
"""The narrowest pore must be so over this much wall and this share of it: a lattice has crevices where it is cut."""

SAMPLES = 40_000
"""Points spread over the surface from which gaps are measured."""

_SKIN_MM = 1e-3
"""A ray starts this far off the surface, so that it does not meet its own triangle, mm."""


@dataclass(frozen=True, eq=False)
class Pores:
    """Gaps between opposite walls, and the balls that fit best near them.

    Attributes
    ----------
    width_mm : ndarray (N,)
        Of the gap along the wall's normal, or of the ball where that is less: across a bent pore.
    area_mm2 : ndarray (N,)
        Wall that each gap stands for.
    middle_lps_mm : ndarray (N, 3)
        Half-way across the gap.
    opposed : ndarray (N,) of bool
        Whether the walls face each other; else it is a wedge, of which the ball alone tells.
    ball_diameter_mm : ndarray (N,)
    ball_centre_lps_mm : ndarray (N, 3)
    """

    width_mm: FloatArray
    area_mm2: FloatArray
    middle_lps_mm: FloatArray
    opposed: BoolArray
    ball_diameter_mm: FloatArray
    ball_centre_lps_mm: FloatArray

    def narrowest(self) -> tuple[float, FloatArray] | None:
        """Return the narrowest pore that holds over ``PATCH_MM2`` of wall, and its place; None without pores.

        Between walls that face each other, if there is as much of them.
        """
        for chosen in (np.flatnonzero(self.opposed), np.arange(len(self.width_mm))):
            order = chosen[np.argsort(self.width_mm[chosen], kind="stable")]
            area = np.cumsum(self.area_mm2[order])
            if len(area) and area[-1] >= PATCH_MM2:
                at = order[int(np.searchsorted(area, max(PATCH_MM2, PATCH_SHARE * area[-1])))]
                return float(self.width_mm[at]), self.middle_lps_mm[at]
        return None

    def widest(self) -> tuple[float, FloatArray] | None:
        """Return the diameter and centre of the widest ball; None without pores."""
        if self.narrowest() is None:
            return None
        at = int(np.argmax(self.ball_diameter_mm))
        return float(self.ball_diameter_mm[at]), self.ball_centre_lps_mm[at]


def measure_pores(mesh: Mesh, caster: RayCaster, wall: WallDistance) -> Pores:
    """Measure the pores of a closed, outward-facing mesh.

    From points spread over the surface a ray goes out to the opposite wall: the gap. A ball that starts in its middle
    and moves away from the nearest wall as long as it can grow finds the widest place near by; one that gets out
    started at an open side.

    Parameters
    ----------
    mesh : Mesh
    caster : RayCaster
    wall : WallDistance
        Both of that mesh.
    """
    samples = spread_over(mesh, SAMPLES)
    normals = mesh.face_normals()[0]
    outward = normals[samples.face]
    reach = np.full(len(outward), WIDEST_MM)
    gap, opposite = caster.first_hit(samples.points_lps_mm + _SKIN_MM * outward, outward, reach)
    facing = -np.einsum("ij,ij->i", normals[opposite], outward)
    walled = np.flatnonzero(np.isfinite(gap) & (facing > WEDGE))
    gap = gap[walled] + _SKIN_MM
    middle = samples.points_lps_mm[walled] + 0.5 * gap[:, None] * outward[walled]
    inside = _enclosed(caster, middle, 0.5 * gap)
    gap, middle, area = gap[inside], middle[inside], samples.area_mm2[walled][inside]
    opposed = facing[walled][inside] > OPPOSED
    centre, radius = wall.climbed(middle, 0.5 * WIDEST_MM)
    # Where a ball fills it, the gap is what the pore is wide.
    filled = opposed & (gap - 2.0 * wall.mm(middle) < FILLED_MM)
    width = np.where(filled, gap, np.minimum(np.where(opposed, gap, np.inf), 2.0 * radius))
    held = radius < 0.5 * WIDEST_MM
    ball = np.maximum(width, 2.0 * radius)
    return Pores(width[held], area[held], middle[held], opposed[held], ball[held], centre[held])


def _enclosed(caster: RayCaster, middle: FloatArray, radius: FloatArray) -> BoolArray:
    """Tell which balls have wall around them in most directions."""
    axes = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) != (0, 0, 0)])
    directions = axes / np.linalg.norm(axes, axis=1)[:, None]
    walls = np.zeros(len(middle))
    for direction in directions:
        hit = caster.first_hit(middle, np.broadcast_to(direction, middle.shape), ENCLOSED_WITHIN * radius)[1] >= 0
        walls += hit
    return np.asarray(walls >= ENCLOSED * len(directions))
