"""The operation site: one fine grid about the gap at the cup on which bone, native hull and cup are distances."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray, IntArray
from coxa.geometry.blocks import distances_from, heights_along
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import FAR_MM, Field, distance_to_mask, signed_distance
from coxa.geometry.voxelise import inside_mask
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.site_settings import SiteSettings
from coxa.planning.site.augment_kind import allowed, sector_at
from coxa.planning.site.flange import Flange, flange_extent_lps_mm, place_flanges
from coxa.planning.site.insertion_path import TRAVEL_MM, InsertionPath, best_insertion_path, bone_above_mm
from coxa.planning.site.solid_fields import closed, holding_thin_sheets, kept_between_nodes, opened, smoothed

OVERVIEW_MM = 1.5
"""Pitch of the overview in which the direction of removal is looked for."""

REAMED_EXACT_VOXELS = 1.5
"""Within this many voxels of the reamed bone's surface its distance is the exact one."""

DOME_DEG = 60.0
"""The dome of a cup: within this angle of its pole."""

MARGIN_MM = 4.0
"""Fine grid beyond the gap and the closing of the bone, so that openings do not feel the border."""


@dataclass(frozen=True, eq=False)
class Site:
    """Signed distances about the gap at a cup, mm, negative inside.

    Attributes
    ----------
    grid : Grid
        About the gap; its k axis is the direction of removal, so parts are inserted along -k.
    from_cup_mm : ndarray [k, j, i]
        Distance to the cup's outer sphere.
    above_rim_mm : ndarray [k, j, i]
        Height over the cup's face plane.
    host_mm, native_mm : ndarray [k, j, i]
        Today's bone without what is reamed away for the cup, and the native bone.
    way_mm : ndarray [k, j, i]
        Least distance to host bone, its pits filled, here and all along the direction of removal.
    sector : ndarray [k, j, i] of int
        Where a voxel lies from the cup's centre: index into ``SECTORS``.
    insertion_path : InsertionPath
    flanges : tuple of Flange
    cup_centre_lps_mm, cup_axis_lps : ndarray (3,)
    cup_radius_mm : float
    lps_from_app : RigidTransform
    side : Side
    """

    grid: Grid
    from_cup_mm: Field
    above_rim_mm: Field
    host_mm: Field
    native_mm: Field
    way_mm: Field
    sector: IntArray
    insertion_path: InsertionPath
    flanges: tuple[Flange, ...]
    cup_centre_lps_mm: FloatArray
    cup_axis_lps: FloatArray
    cup_radius_mm: float


def operation_site(
    cup: PlannedCup, host: Mesh, native: Mesh, lps_from_app: RigidTransform, side: Side, settings: SiteSettings
) -> Site:
    """Find the direction of removal, lay the fine grid along it about the gap, and measure the distances on it."""
    overview = _overview_grid(cup, side, settings)
    bone_mm = distance_to_mask(inside_mask(host, overview) & (cup_distances(overview, cup)[0] > 0), overview)
    filled_mm = np.minimum(bone_mm, closed(bone_mm, settings.seat_roughness_mm, overview))
    whole = replace(settings, augment_type="auto")
    any_gap = _rough_gap(cup, native, bone_mm, lps_from_app, overview, side, whole)
    may_fill = allowed(settings.augment_type, sector_at(overview, cup.centre_lps_mm, lps_from_app, side.lateral_sign))
    gap = any_gap if may_fill is None else any_gap & may_fill
    insertion_path = best_insertion_path(gap, filled_mm < settings.seat_offset_mm, overview)
    flanges = place_flanges(gap, overview, host, insertion_path.direction_lps, cup, lps_from_app, settings)
    grid = _fine_grid(any_gap, overview, insertion_path, flanges, side, settings)
    from_cup, above_rim = cup_distances(grid, cup)
    host_mm = holding_thin_sheets(signed_distance(host, grid), host, grid)
    host_mm = _reamed(host_mm, from_cup, grid)
    filled = np.minimum(host_mm, smoothed(closed(host_mm, settings.seat_roughness_mm, grid)))
    filled[-1] = np.minimum(filled[-1], bone_above_mm(filled_mm, overview, grid))
    way_mm = kept_between_nodes(np.minimum.accumulate(filled[::-1], axis=0)[::-1])
    sector = sector_at(grid, cup.centre_lps_mm, lps_from_app, side.lateral_sign)
    return Site(
        grid, from_cup, above_rim, host_mm, signed_distance(native, grid), way_mm, sector, insertion_path, flanges,
        cup.centre_lps_mm, cup.axis_lps, 0.5 * cup.outer_diameter_mm,
    )  # fmt: skip


def _reamed(host_mm: Field, from_cup_mm: Field, grid: Grid) -> Field:
    """Return the distance to the host bone without what lies in the cup's ball."""
    if not ((host_mm < 0) & (from_cup_mm < 0)).any():
        return host_mm
    exact = np.maximum(host_mm, -from_cup_mm)
    rough = distance_to_mask(exact < 0, grid)
    return np.where(np.abs(rough) < REAMED_EXACT_VOXELS * grid.spacing_mm[0], exact, rough).astype(np.float32)


def cup_distances(grid: Grid, cup: PlannedCup) -> tuple[Field, Field]:
    """Return the distance to the cup's outer sphere and the height over its face plane, [k, j, i] mm."""
    from_cup = distances_from(cup.centre_lps_mm, grid) - np.float32(0.5 * cup.outer_diameter_mm)
    return from_cup, heights_along(cup.centre_lps_mm, cup.axis_lps, grid)


def _rough_gap(
    cup: PlannedCup,
    native: Mesh,
    bone_mm: Field,
    lps_from_app: RigidTransform,
    grid: Grid,
    side: Side,
    settings: SiteSettings,
) -> BoolArray:
    """Return the gap in the overview, without layers too thin to matter."""
    sector = sector_at(grid, cup.centre_lps_mm, lps_from_app, side.lateral_sign)
    from_cup, above_rim = cup_distances(grid, cup)
    native_mm = distance_to_mask(inside_mask(native, grid), grid)
    gap = gap_field(from_cup, above_rim, native_mm, sector, 0.5 * cup.outer_diameter_mm, settings)
    gap = np.maximum(gap, np.float32(settings.seat_offset_mm) - bone_mm)
    return np.asarray(opened(gap, 0.5 * settings.augment_minimum_thickness_mm, grid) < 0)


def gap_field(
    from_cup_mm: Field,
    above_rim_mm: Field,
    native_mm: Field,
    sector: IntArray,
    cup_radius_mm: float,
    settings: SiteSettings,
) -> Field:
    """Return a field that is negative where the augment may be as far as cup, envelope and reach go.

    That is in native bone, and right behind the dome of the cup, where a thin medial wall is lost, a little beyond it.
    """
    behind_dome = np.maximum.reduce(
        [
            from_cup_mm - np.float32(settings.cement_gap_mm + settings.augment_minimum_thickness_mm),
            native_mm - np.float32(settings.dome_support_mm),
            np.float32(cup_radius_mm * np.cos(np.radians(DOME_DEG))) + above_rim_mm,
        ]
    )
    field = np.maximum.reduce(
        [
            np.minimum(native_mm - np.float32(settings.augment_envelope_mm), behind_dome),
            np.float32(settings.cement_gap_mm) - from_cup_mm,
            from_cup_mm - np.float32(settings.augment_reach_mm),
            above_rim_mm,
        ]
    )
    may_fill = allowed(settings.augment_type, sector)
    return np.asarray(field if may_fill is None else np.where(may_fill, field, np.float32(FAR_MM)))


def _overview_grid(cup: PlannedCup, side: Side, settings: SiteSettings) -> Grid:
    """Return the coarse grid along the cup's axis that holds the gap and all bone that may be in the way."""
    reach = 0.5 * cup.outer_diameter_mm + settings.augment_reach_mm
    wide, deep = (int(np.ceil(mm / OVERVIEW_MM)) for mm in (reach + TRAVEL_MM, reach + settings.seat_roughness_mm))
    high = int(np.ceil(TRAVEL_MM / OVERVIEW_MM))
    direction = site_axes(cup.axis_lps, side)
    origin = cup.centre_lps_mm - direction @ np.array([wide, wide, deep]) * OVERVIEW_MM
    return Grid((2 * wide + 1, 2 * wide + 1, deep + high + 1), (OVERVIEW_MM,) * 3, origin, direction)


def _fine_grid(
    gap: BoolArray,
    overview: Grid,
    insertion_path: InsertionPath,
    flanges: tuple[Flange, ...],
    side: Side,
    settings: SiteSettings,
) -> Grid:
    """Return the grid along the direction of removal about gap and flanges, or about the overview's middle."""
    k, j, i = np.nonzero(gap)
    ijk = np.column_stack([i, j, k]) if len(i) else (np.array([overview.size]) - 1) / 2.0
    direction = site_axes(insertion_path.direction_lps, side)
    points = [overview.points_from_indices(ijk), flange_extent_lps_mm(flanges, insertion_path.direction_lps, settings)]
    placed = np.concatenate(points) @ direction
    margin = MARGIN_MM + settings.seat_roughness_mm
    low, high = placed.min(axis=0) - margin, placed.max(axis=0) + margin
    pitch = settings.work_spacing_mm
    size = np.ceil((high - low) / pitch).astype(int) + 1
    return Grid((int(size[0]), int(size[1]), int(size[2])), (pitch,) * 3, direction @ low, direction)


def site_axes(axis_lps: FloatArray, side: Side) -> FloatArray:
    """Return the columns i, j, k = axis; those of a left hip are the mirror image of a right hip's."""
    superior = np.array([0.0, 0.0, 1.0])
    up = superior - (superior @ axis_lps) * axis_lps
    up /= np.linalg.norm(up)
    return np.column_stack([side.lateral_sign * np.cross(up, axis_lps), up, axis_lps])
