"""Extreme points of solids: where a landmark's definition meets the implicit surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.solids import Solid, Vector

COARSE_STEP_MM = 1.5
PATCH_HALF_WIDTHS_MM = (3.0, 1.0, 0.4)


@dataclass(frozen=True)
class Region:
    """A box along the axes of a frame: from, to in mm."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def holds(self, points: FloatArray, slack_mm: float = 0.0) -> np.ndarray:
        """Tell which points (N, 3) lie inside, with ``slack_mm`` to spare."""
        low, high = np.array(self.low) - slack_mm, np.array(self.high) + slack_mm
        return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def furthest_point(solid: Solid, direction: Vector, region: Region) -> FloatArray:
    """Return the point of the solid that lies furthest along ``direction`` inside the region, to about 0.02 mm.

    A lattice finds the neighbourhood; then the surface is met along a patch of rays and the summit of a quadric
    through the hits is taken, three times, ever closer.

    Raises
    ------
    FitError
        When the solid does not reach into the region.
    """
    along = unit(direction)
    axes = [np.arange(a, b + COARSE_STEP_MM, COARSE_STEP_MM) for a, b in zip(region.low, region.high, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
    inside = lattice[:, solid(lattice.astype(np.float32)) <= 0].T
    if not len(inside):
        raise FitError("the solid does not reach into the region of this landmark")
    best = inside[np.argmax(inside @ along)]
    for half_width in PATCH_HALF_WIDTHS_MM:
        best = _summit(solid, along, best, half_width, region)
    return best


def _summit(solid: Solid, along: FloatArray, start: FloatArray, half_width: float, region: Region) -> FloatArray:
    across = unit(np.cross(along, np.eye(3)[np.argmin(np.abs(along))]))
    aside = np.cross(along, across)
    u, v = (g.ravel() for g in np.meshgrid(*(np.linspace(-half_width, half_width, 9),) * 2))
    feet = start + u[:, None] * across + v[:, None] * aside
    height, met = _surface_heights(solid, feet, along, half_width)
    met &= region.holds(feet + height[:, None] * along, slack_mm=1e-9)
    if not met.any():
        return start
    top = int(np.argmax(np.where(met, height, -np.inf)))
    summit = feet[top] + height[top] * along
    near = met & ((u - u[top]) ** 2 + (v - v[top]) ** 2 <= (0.75 * half_width) ** 2)
    if near.sum() < 9:
        return summit
    a, b = u[near] - u[top], v[near] - v[top]
    basis = np.c_[np.ones(len(a)), a, b, a * a, a * b, b * b]
    _, gu, gv, huu, huv, hvv = np.linalg.lstsq(basis, height[near], rcond=None)[0]
    hessian = np.array([[2 * huu, huv], [huv, 2 * hvv]])
    if np.linalg.eigvalsh(hessian).max() > -1e-6:
        return summit
    step = -np.linalg.solve(hessian, [gu, gv])
    if np.abs(step).max() > 0.5 * half_width:
        return summit
    foot = feet[top] + step[0] * across + step[1] * aside
    lift, found = _surface_heights(solid, foot[None], along, half_width)
    better = foot + lift[0] * along
    return better if found[0] and region.holds(better[None], 1e-9)[0] else summit


def _surface_heights(
    solid: Solid, feet: FloatArray, along: FloatArray, half_width: float
) -> tuple[FloatArray, np.ndarray]:
    """Return how far along ``along`` from each foot (N, 3) the outer surface lies, and whether it was met."""
    height = np.full(len(feet), 2.0 + 2.0 * half_width)
    floor = -4.0 - 4.0 * half_width
    for _ in range(40):
        gap = solid((feet + height[:, None] * along).T)
        height = np.maximum(height - np.clip(gap, -0.5, 2.0), floor)
        if np.abs(gap[height > floor]).max(initial=0.0) < 1e-6:
            break
    return height, (height > floor) & (np.abs(gap) < 1e-3)
