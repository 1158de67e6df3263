"""Bone lost and gained about the acetabulum, against the native hemipelvis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.case import FittedCup
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.blocks import distances_from, heights_along
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import Field, distance_outside, signed_distance
from coxa.labels import Segmentation
from coxa.planning.defect.native_hemipelvis import NativeHemipelvis
from coxa.planning.defect.unknown_bone import unseen_share
from coxa.planning.defect.values import Defect
from coxa.planning.settings.defect_settings import DefectSettings

SECTORS = ("roof", "anterior", "posterior", "medial")
LOSS_MARGIN_MM = 6.0
"""Thin loss counts, and thin gain against it, this close to loss that is thicker than noise [E]."""
SOCKET_MARGIN_MM = 8.0
"""So do they this far beyond the native head's surface where a cup has been: its bed was reamed [E]."""
NEW_MARGIN_MM = 4.0
"""What lies this close to new bone thicker than noise is counted as new bone alone."""
MIGRATED_MM = 5.0
"""A rotation centre this far from the native one means a cup that has come loose; the native centre of a destroyed hip
is not known better [E]."""
HIDDEN_LOST_LOOSE, HIDDEN_LOST_FIXED = 1.0, 0.5
"""Share of the hidden bone that counts as lost: a loose cup lies in a membrane, of a fixed one nothing can be said."""
HIDDEN_WARNING = 0.5
"""90 % half-width of that share [E]."""


@dataclass(frozen=True, eq=False)
class DefectSite:
    """What loss is measured between, and where.

    Attributes
    ----------
    native : NativeHemipelvis
    host : Mesh
        Today's hip bone, LPS mm.
    native_centre_lps_mm : ndarray (3,)
    centre_today_lps_mm : ndarray (3,)
        The rotation centre today; the native one where there is none: loss is looked for between the two.
    reamed_radius_mm : float or None
        Radius of the native head where an implant is or was in the socket; None for a socket never operated on.
    old_cup : FittedCup or None
    """

    native: NativeHemipelvis
    host: Mesh
    native_centre_lps_mm: FloatArray
    centre_today_lps_mm: FloatArray
    reamed_radius_mm: float | None
    old_cup: FittedCup | None

    @property
    def hidden_lost_share(self) -> float:
        """Share of the bone hidden by metal and its halo that counts as lost."""
        moved = float(np.linalg.norm(self.centre_today_lps_mm - self.native_centre_lps_mm))
        return HIDDEN_LOST_LOOSE if moved >= MIGRATED_MM else HIDDEN_LOST_FIXED


@dataclass(frozen=True, eq=False)
class BoneChange:
    """Fields [k, j, i] on a grid about the native and today's rotation centre.

    Attributes
    ----------
    grid : Grid
    native_mm, host_mm : ndarray
        Signed distances to both bones, negative inside.
    native, new : ndarray
        Share of each voxel that is native bone, or bone beyond it: 0 to 1.
    lost, unknown : ndarray
        Share that was native bone and is not there today, seen and hidden; thin gain beside it is negative.
    """

    grid: Grid
    native_mm: Field
    host_mm: Field
    native: Field
    new: Field
    lost: Field
    unknown: Field


def measure_defect(change: BoneChange, site: DefectSite, sectors: np.ndarray, host_bias_mm: float = 0.0) -> Defect:
    """Sum a bone change to ml by sector; the sectors sum to the whole.

    Lost is what is seen to be missing, and of what metal and its halo hide all beside a cup that has migrated, half
    beside one that has not. The 90 % half-width joins three errors: the native surface over the defect lies wrong by
    its bias, the host's by ``host_bias_mm``, and the share of the hidden part may be another.

    Parameters
    ----------
    change : BoneChange
    site : DefectSite
    sectors : ndarray [k, j, i]
        Index into ``SECTORS``.
    host_bias_mm : float
    """
    seen, hidden, new, native = (
        _by_sector(field, sectors, change.grid) for field in (change.lost, change.unknown, change.new, change.native)
    )
    share = site.hidden_lost_share
    lost = {name: max(seen[name] + share * hidden[name], 0.0) for name in SECTORS}
    bias_ml = _surface_over_loss_mm2(change) * float(np.hypot(site.native.bias_mm, host_bias_mm)) / 1000.0
    unknown_ml = sum(hidden.values())
    return Defect(
        lost_ml=sum(lost.values()),
        new_ml=sum(new.values()),
        unknown_ml=unknown_ml,
        native_ml=sum(native.values()),
        lost_by_sector_ml=lost,
        method=site.native.method,
        uncertainty_ml=float(np.hypot(bias_ml, HIDDEN_WARNING * unknown_ml)),
        seen_lost_ml=max(sum(lost.values()) - share * unknown_ml, 0.0),
        new_by_sector_ml=new,
        unknown_by_sector_ml=hidden,
        native_by_sector_ml=native,
        hidden_lost_share=share,
    )


def bone_change(site: DefectSite, segmentation: Segmentation, settings: DefectSettings) -> BoneChange:
    """Compare native and today's bone within ``defect_radius_mm`` of the way of the rotation centre.

    Native bone that is not there counts where some of it is thicker than the two sides' natural difference, and in a
    reamed socket; there thin gain is set against thin loss, so that the difference of the sides cancels out. What
    metal and its halo hide is unknown, except in the old cup's own place.
    """
    grid, noise = _grid_about(site, settings), settings.defect_noise_mm
    native_mm, host_mm = signed_distance(site.native.mesh, grid), signed_distance(site.host, grid)
    beyond = np.maximum(
        _away_from_way(grid, site) - np.float32(settings.defect_radius_mm), _outside_scan_mm(segmentation.grid, grid)
    )
    gone = _core(np.maximum.reduce([native_mm, -host_mm, beyond]), noise, grid)
    counted: BoolArray = distance_outside(gone, grid) <= LOSS_MARGIN_MM
    if site.reamed_radius_mm is not None:
        counted |= distances_from(site.native_centre_lps_mm, grid) < site.reamed_radius_mm + SOCKET_MARGIN_MM
    come = _core(np.maximum.reduce([host_mm, -native_mm, beyond]), noise, grid)
    new: BoolArray = distance_outside(come, grid) <= NEW_MARGIN_MM
    native, host = (_occupancy(np.maximum(field, beyond), grid) for field in (native_mm, host_mm))
    missing, nothing = np.where(counted & ~new, native - host, np.float32(0.0)), np.float32(0.0)
    hidden: Field = unseen_share(segmentation, grid) * (np.float32(1.0) - _in_old_cup(grid, site.old_cup))
    shown: Field = np.float32(1.0) - hidden
    return BoneChange(
        grid,
        native_mm,
        host_mm,
        native,
        np.where(new, shown * np.maximum(host - native, nothing), nothing),
        shown * missing,
        hidden * np.maximum(missing, nothing),
    )


def sector_index(grid: Grid, centre_lps_mm: FloatArray, lps_from_app: RigidTransform, side: Side) -> np.ndarray:
    """Return, per voxel, the index into ``SECTORS``: the largest of the superior, anterior, posterior, medial
    components of the direction from the native centre, in the APP frame."""  # noqa: D205, D209
    left, posterior, superior = (heights_along(centre_lps_mm, axis, grid) for axis in lps_from_app.axes)
    return np.asarray(np.stack([superior, -posterior, posterior, -side.lateral_sign * left]).argmax(axis=0))


def _grid_about(site: DefectSite, settings: DefectSettings) -> Grid:
    spacing = settings.defect_spacing_mm
    ends = np.stack([site.native_centre_lps_mm, site.centre_today_lps_mm])
    margin = settings.defect_radius_mm + 2.0 * spacing
    low, high = ends.min(axis=0) - margin, ends.max(axis=0) + margin
    i, j, k = (int(n) + 1 for n in np.ceil((high - low) / spacing))
    return Grid((i, j, k), (spacing,) * 3, low, np.eye(3))


def _outside_scan_mm(scan: Grid, grid: Grid) -> Field:
    """Return how far points lie beyond the scan's border, less than 0 within: bone there is neither lost nor seen."""
    outside = np.full(grid.shape, -np.inf, dtype=np.float32)
    for n, axis in enumerate(scan.direction.T):
        along = heights_along(scan.origin_lps_mm, axis, grid)
        last = np.float32((scan.size[n] - 1) * scan.spacing_mm[n])
        np.maximum.reduce([outside, -along, along - last], out=outside)
    return outside


def _away_from_way(grid: Grid, site: DefectSite) -> Field:
    """Return the distance to the segment from the native to today's rotation centre."""
    start, way = site.native_centre_lps_mm, site.centre_today_lps_mm - site.native_centre_lps_mm
    length = float(np.linalg.norm(way))
    if length < grid.spacing_mm[0]:
        return distances_from(start, grid)
    run = heights_along(start, way / length, grid)
    squared = distances_from(start, grid) ** 2 - run**2 + (run - np.clip(run, 0.0, length)) ** 2
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def _in_old_cup(grid: Grid, cup: FittedCup | None) -> Field:
    """Return the share of each voxel inside the solid half ball of the old cup."""
    if cup is None:
        return np.zeros(grid.shape, dtype=np.float32)
    outside = distances_from(cup.centre_lps_mm, grid) - np.float32(0.5 * cup.outer_diameter_mm)
    return _occupancy(np.maximum(outside, heights_along(cup.centre_lps_mm, cup.axis_lps, grid)), grid)


def _core(field: Field, radius_mm: float, grid: Grid) -> BoolArray:
    """Return where a ball of that radius fits inside."""
    return np.asarray(distance_outside(field >= 0, grid) > radius_mm)


def _occupancy(field: Field, grid: Grid) -> Field:
    """Return the share of each voxel inside: linear across the surface."""
    return np.asarray(np.clip(0.5 - field / grid.spacing_mm[0], 0.0, 1.0), dtype=np.float32)


def _by_sector(field: Field, sectors: np.ndarray, grid: Grid) -> dict[str, float]:
    sums = np.bincount(sectors.ravel(), field.ravel(), minlength=len(SECTORS))
    return {name: float(total) * grid.voxel_volume_ml for name, total in zip(SECTORS, sums, strict=True)}


def _surface_over_loss_mm2(change: BoneChange) -> float:
    """Return the area of native surface that is not there any more: a layer of voxels over their thickness."""
    spacing = change.grid.spacing_mm[0]
    on_surface = np.abs(change.native_mm) < 0.5 * spacing
    gone = (change.lost + change.unknown != 0) & (change.host_mm > 0)
    return float((on_surface & gone).sum()) * spacing**2
