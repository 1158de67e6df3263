"""Extreme points of solids: where a landmark's definition meets the implicit surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.phantom.solids import Solid, Vector

COARSE_STEP_MM = 1.5
"""Pitch of the lattice that finds the neighbourhood, mm."""
PATCH_HALF_WIDTHS_MM = (1.6, 1.0, 0.6, 0.4, 0.25, 0.25)
"""Half-widths of the patches that the quadratic is fitted on, one after the other, mm."""


@dataclass(frozen=True)
class Region:
    """A box along the axes of a frame: from, to in mm."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def holds(self, point: FloatArray) -> bool:
        """Tell whether a point (3,) lies inside."""
        return bool(((point >= np.array(self.low)) & (point <= np.array(self.high))).all())


def furthest_point(solid: Solid, direction: Vector, region: Region) -> FloatArray:
    """Return the point of the solid that lies furthest along ``direction`` inside the region.

    A lattice finds the neighbourhood. Then a quadratic is fitted to the distances around the point, and the point
    moves to where that quadratic is zero with its gradient along ``direction``; again on ever smaller patches.

    Raises
    ------
    FitError
        When the solid does not reach into the region.
    """
    axes = [np.arange(a, b + COARSE_STEP_MM, COARSE_STEP_MM) for a, b in zip(region.low, region.high, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
    inside = lattice[:, solid(lattice.astype(np.float32)) <= 0].T
    if not len(inside):
        raise FitError("the solid does not reach into the region of this landmark")
    return climb(solid, direction, inside[np.argmax(inside @ unit(direction))], region)


def climb(solid: Solid, direction: Vector, start: FloatArray, region: Region) -> FloatArray:
    """Return the summit of the surface along ``direction`` next to ``start`` (3,), to about 0.01 mm.

    Raises
    ------
    FitError
        When the climb leaves the region: the landmark is no extreme point there.
    """
    along = unit(direction)
    across = unit(np.cross(along, np.eye(3)[np.argmin(np.abs(along))]))
    axes = np.array([across, np.cross(along, across), along])
    best = np.asarray(start, dtype=np.float64)
    for half_width in PATCH_HALF_WIDTHS_MM:
        for _ in range(12):
            step = _step_to_summit(solid, best, axes, half_width)
            best = best + step
            if np.abs(step).max() < 0.25 * half_width:
                break
    if not region.holds(best):
        raise FitError("a landmark's extreme point lies outside its region")
    return best


def _step_to_summit(solid: Solid, at: FloatArray, axes: FloatArray, half_width: float) -> FloatArray:
    """Return the step (3,) to where the fitted quadratic is zero and level across, at most a patch long."""
    offsets, inverse = _patch(half_width)
    values = solid((at + offsets @ axes).T)
    c = inverse @ values
    gradient = c[1:4]
    hessian = np.array([[2 * c[4], c[7], c[8]], [c[7], 2 * c[5], c[9]], [c[8], c[9], 2 * c[6]]])
    # Bulging outward means positive curvature of the distance; where it is flat or hollow, walk uphill instead.
    bend, frame = np.linalg.eigh(hessian[:2, :2])
    slope = frame.T @ gradient[:2]
    level = -frame @ (slope / np.maximum(np.abs(bend), 0.02))
    level *= min(1.0, half_width / max(float(np.linalg.norm(level)), 1e-12))
    lift = -(c[0] + gradient[:2] @ level + 0.5 * level @ hessian[:2, :2] @ level) / max(float(gradient[2]), 0.2)
    return np.asarray(np.array([*level, np.clip(lift, -half_width, half_width)]) @ axes)


def _patch(half_width: float) -> tuple[FloatArray, FloatArray]:
    """Return lattice offsets (125, 3) and the matrix that fits a quadratic's ten coefficients to values on them."""
    line = np.linspace(-half_width, half_width, 5)
    x, y, z = (g.ravel() for g in np.meshgrid(line, line, line, indexing="ij"))
    basis = np.c_[np.ones(len(x)), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z]
    return np.c_[x, y, z], np.linalg.pinv(basis)
