"""Bone lost and gained about the acetabulum, against the native hemipelvis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.case import FittedCup
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.signed_distance import FAR_MM, Field, distance_outside, signed_distance
from coxa.labels import Segmentation
from coxa.planning.plan import Defect
from coxa.planning.settings import PlanSettings
from coxa.planning.unseen_bone import distance_to_unseen

SECTORS = ("roof", "anterior", "posterior", "medial")


@dataclass(frozen=True, eq=False)
class BoneChange:
    """Occupancies [k, j, i] from 0 to 1 on a grid about the native centre."""

    grid: Grid
    native: Field
    lost: Field
    new: Field
    unknown: Field


def measure_defect(change: BoneChange, lps_from_app: RigidTransform, side: Side, method: str) -> Defect:
    """Sum a bone change to ml, the loss also by sector; the sectors sum to the whole."""
    sectors = sector_index(change.grid, lps_from_app, side)
    voxel_ml = change.grid.voxel_volume_ml
    lost = {name: float(change.lost[sectors == n].sum()) * voxel_ml for n, name in enumerate(SECTORS)}
    total = {name: float(getattr(change, name).sum()) * voxel_ml for name in ("new", "unknown", "native")}
    return Defect(sum(lost.values()), total["new"], total["unknown"], total["native"], lost, method)


def bone_change(
    native: Mesh,
    host: Mesh,
    centre_lps_mm: FloatArray,
    segmentation: Segmentation,
    old_cup: FittedCup | None,
    settings: PlanSettings,
) -> BoneChange:
    """Compare native and today's bone within ``defect_radius_mm`` of the native centre.

    Native bone that is not there counts where it is thicker than the two sides' natural difference. Outside metal
    and what the segmentation calls unknown, and where the old cup has its place, it is lost; elsewhere it is unknown.
    """
    grid = _grid_about(centre_lps_mm, settings)
    native_mm, host_mm = signed_distance(native, grid), signed_distance(host, grid)
    points = _points(grid)
    beyond = (np.linalg.norm(points - centre_lps_mm, axis=1) - settings.defect_radius_mm).reshape(grid.shape)
    unseen_mm = distance_to_unseen(segmentation, grid)
    cup_mm = _old_cup_distance(points, old_cup).reshape(grid.shape)
    gone = _without_noise(np.maximum.reduce([native_mm, -host_mm, beyond]), settings.defect_noise_mm, grid)
    come = _without_noise(np.maximum.reduce([host_mm, -native_mm, beyond]), settings.defect_noise_mm, grid)
    lost = np.minimum(np.maximum(gone, -unseen_mm), np.maximum(gone, cup_mm))
    unknown = np.maximum(np.maximum(gone, unseen_mm), -cup_mm)
    fields = (np.maximum(native_mm, beyond), lost, np.maximum(come, -unseen_mm), unknown)
    return BoneChange(grid, *(_occupancy(field, grid) for field in fields))


def sector_index(grid: Grid, lps_from_app: RigidTransform, side: Side) -> np.ndarray:
    """Return, per voxel, the index into ``SECTORS``: the largest of the superior, anterior, posterior, medial
    components of the direction from the grid's middle (the native centre), in the APP frame."""  # noqa: D205, D209
    middle = grid.points_from_indices((np.array(grid.size) - 1) / 2.0)
    left, posterior, superior = (lps_from_app.inverse().vectors(_points(grid) - middle)).T
    components = np.stack([superior, -posterior, posterior, -side.lateral_sign * left])
    return np.asarray(components.argmax(axis=0).reshape(grid.shape))


def _grid_about(centre_lps_mm: FloatArray, settings: PlanSettings) -> Grid:
    half = int(np.ceil(settings.defect_radius_mm / settings.defect_spacing_mm)) + 2
    spacing = settings.defect_spacing_mm
    return Grid((2 * half + 1,) * 3, (spacing,) * 3, centre_lps_mm - half * spacing, np.eye(3))


def _points(grid: Grid) -> FloatArray:
    k, j, i = np.indices(grid.shape)
    return grid.points_from_indices(np.column_stack([i.ravel(), j.ravel(), k.ravel()]))


def _old_cup_distance(points: FloatArray, cup: FittedCup | None) -> FloatArray:
    """Return the distance to the solid half ball of the old cup, negative inside."""
    if cup is None:
        return np.full(len(points), FAR_MM)
    from_centre = points - cup.centre_lps_mm
    return np.asarray(
        np.maximum(np.linalg.norm(from_centre, axis=1) - 0.5 * cup.outer_diameter_mm, from_centre @ cup.axis_lps)
    )


def _without_noise(field: Field, radius_mm: float, grid: Grid) -> Field:
    """Drop what holds no ball of that radius, keep the rest whole."""
    core: BoolArray = distance_outside(field >= 0, grid) > radius_mm
    near = distance_outside(core, grid) <= 2.0 * radius_mm + grid.spacing_mm[0]
    return np.asarray(np.where(near, field, np.maximum(field, np.float32(grid.spacing_mm[0]))))


def _occupancy(field: Field, grid: Grid) -> Field:
    """Return the share of each voxel inside: linear across the surface."""
    return np.asarray(np.clip(0.5 - field / grid.spacing_mm[0], 0.0, 1.0), dtype=np.float32)
