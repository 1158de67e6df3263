"""The operation site: one fine grid about the cup on which bone, native hull and cup are signed distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import FloatArray
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, signed_distance
from coxa.planning.plan import PlannedCup
from coxa.planning.settings import PlanSettings

MARGIN_MM = 6.0
"""Grid beyond the augment's reach, so that openings and closings do not feel the border."""

ABOVE_RIM_MM = 18.0
"""Grid above the cup's face plane: host bone this far out can still be in a part's way."""


@dataclass(frozen=True, eq=False)
class Site:
    """Signed distances about the cup, mm, negative inside.

    Attributes
    ----------
    grid : Grid
        About the cup; its k axis is the cup's axis out of the opening, so parts are inserted along -k.
    from_centre_mm : ndarray [k, j, i]
        Distance to the cup's centre.
    above_rim_mm : ndarray [k, 1, 1]
        Height over the cup's face plane.
    host_mm, native_mm : ndarray [k, j, i]
    """

    grid: Grid
    from_centre_mm: Field
    above_rim_mm: Field
    host_mm: Field
    native_mm: Field


def operation_site(cup: PlannedCup, host: Mesh, native: Mesh, side: Side, settings: PlanSettings) -> Site:
    """Lay the grid about the cup and measure the distances to today's and to the native bone on it."""
    grid = _site_grid(cup, side, settings)
    ijk = [np.arange(n, dtype=np.float32) * np.float32(settings.work_spacing_mm) for n in grid.size]
    middle = (grid.direction.T @ (cup.centre_lps_mm - grid.origin_lps_mm)).astype(np.float32)
    i, j, k = (axis - start for axis, start in zip(ijk, middle, strict=True))
    above = k[:, None, None]
    from_centre = np.sqrt(i[None, None, :] ** 2 + j[None, :, None] ** 2 + above**2)
    return Site(grid, from_centre, above, signed_distance(host, grid), signed_distance(native, grid))


def _site_grid(cup: PlannedCup, side: Side, settings: PlanSettings) -> Grid:
    pitch = settings.work_spacing_mm
    half = int(np.ceil((0.5 * cup.outer_diameter_mm + settings.augment_reach_mm + MARGIN_MM) / pitch))
    direction = _site_axes(cup.axis_lps, side)
    origin = cup.centre_lps_mm - direction @ np.full(3, half * pitch)
    size = (2 * half + 1, 2 * half + 1, half + 1 + int(np.ceil(ABOVE_RIM_MM / pitch)))
    return Grid(size, (pitch, pitch, pitch), origin, direction)


def _site_axes(axis_lps: FloatArray, side: Side) -> FloatArray:
    """Return the columns i, j, k; those of a left hip are the mirror image of a right hip's."""
    superior = np.array([0.0, 0.0, 1.0])
    up = superior - (superior @ axis_lps) * axis_lps
    up /= np.linalg.norm(up)
    return np.column_stack([side.lateral_sign * np.cross(up, axis_lps), up, axis_lps])
