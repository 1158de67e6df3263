"""Flanges: plates from the augment onto the outer face of ilium or ischium, with holes for screws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, unit
from coxa.geometry.frames import RigidTransform
from coxa.geometry.grid import Grid
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.site_settings import SiteSettings
from coxa.planning.site.insertion_path import TRAVEL_MM

ILIAC, ISCHIAL = "iliac", "ischial"

TOWARDS = {ILIAC: (0.0, 0.0, 1.0), ISCHIAL: (0.0, 0.7, -0.7)}
"""Where a flange leads from the cup, (left, posterior, superior) of the APP frame."""

TURNS_DEG = (0.0, -10.0, 10.0, -20.0, 20.0, -30.0, 30.0, -40.0, 40.0)
"""Turns from there that are tried, to find thick bone [E]."""

STEP_MM = 2.0
"""Along a flange, the bone under it is looked at in such steps, mm."""

FACING = 0.35
"""Least cosine between the bone's surface and the direction of removal: steeper bone holds no plate put
on along it [E]."""

LARGEST_RISE = 1.5
"""Steepest rise of the bone along a flange, mm a mm."""

OVERLAP_MM = 8.0
"""How far a flange begins within the edge of the gap, so that the two are one."""

SHORTEST_MM = 20.0
"""A shorter flange has no room for a screw [E]."""

THICK_ENOUGH_MM = 25.0
"""Bone thicker than this under a flange is no better for its screws."""


@dataclass(frozen=True, eq=False)
class Flange:
    """Where a flange lies.

    Attributes
    ----------
    name : str
        ``iliac`` or ``ischial``.
    along_lps : ndarray (3,)
        Unit vector from the cup outward, across the direction of removal.
    start_mm, edge_mm, end_mm : float
        Where it begins, leaves the augment, and ends, along that vector from the cup's centre.
    surface_lps_mm : ndarray (N, 3)
        The bone's surface under its middle, every ``STEP_MM`` from ``edge_mm`` on.
    normals_lps : ndarray (N, 3)
        Of that surface.
    """

    name: str
    along_lps: FloatArray
    start_mm: float
    edge_mm: float
    end_mm: float
    surface_lps_mm: FloatArray
    normals_lps: FloatArray


@dataclass(frozen=True, eq=False)
class _Bone:
    rays: RayCaster
    normals: FloatArray


def flanges_asked(settings: SiteSettings) -> tuple[str, ...]:
    """Return the names of the flanges that the settings ask for; a buttress has one onto the ilium."""
    asked = {"none": (), "both": (ILIAC, ISCHIAL)}.get(settings.augment_flange, (settings.augment_flange,))
    return tuple(dict.fromkeys((*asked, *([ILIAC] if settings.augment_type == "buttress" else []))))


def flange_warnings(found: Sequence[Flange], settings: SiteSettings) -> tuple[str, ...]:
    """Say which flanges were asked for and are not in the plan."""
    missing = [name for name in flanges_asked(settings) if name not in {flange.name for flange in found}]
    return tuple(
        f"no {name} flange: the augment does not reach the cup's edge there, or finds too little even bone to lie on"
        for name in missing
    )


def place_flanges(
    gap: BoolArray,
    grid: Grid,
    host: Mesh,
    way_out_lps: FloatArray,
    cup: PlannedCup,
    lps_from_app: RigidTransform,
    settings: SiteSettings,
) -> tuple[Flange, ...]:
    """Return the flanges asked for that find bone to lie on.

    Each leads where it grows from much of the augment, and the bone under it is long and thick.

    Parameters
    ----------
    gap : ndarray [k, j, i] of bool
        What the augment may fill, on ``grid``.
    grid : Grid
    host : Mesh
        Today's hip bone.
    way_out_lps : ndarray (3,)
    cup : PlannedCup
    lps_from_app : RigidTransform
    settings : SiteSettings
    """
    names = flanges_asked(settings)
    k, j, i = np.nonzero(gap)
    if not names or not len(k):
        return ()
    bone = _Bone(RayCaster(host), host.face_normals()[0])
    filled = grid.points_from_indices(np.column_stack([i, j, k])) - cup.centre_lps_mm
    found = []
    for name in names:
        ahead = lps_from_app.vectors(TOWARDS[name])
        ahead = unit(ahead - (ahead @ way_out_lps) * way_out_lps)
        across = np.cross(way_out_lps, ahead)
        turns = np.radians(TURNS_DEG)
        directions = [np.cos(turn) * ahead + np.sin(turn) * across for turn in turns]
        roots = np.array([_root(along, filled, way_out_lps, settings) for along in directions]) / len(filled)
        tried = [_flange(name, along, filled, bone, way_out_lps, cup, settings) for along in directions]
        best = max(zip(roots, tried, strict=True), key=lambda pair: pair[0] * pair[1][0])[1]
        if best[1] is not None:
            found.append(best[1])
    return tuple(found)


def _root(along: FloatArray, filled: FloatArray, insertion_path: FloatArray, settings: SiteSettings) -> int:
    """Return how much of the gap a flange in that direction would grow from."""
    beside = np.abs(filled @ np.cross(insertion_path, along)) < 0.5 * settings.flange_width_mm
    return int((beside & (filled @ along > 0)).sum())


def _flange(
    name: str,
    along: FloatArray,
    filled: FloatArray,
    bone: _Bone,
    insertion_path: FloatArray,
    cup: PlannedCup,
    settings: SiteSettings,
) -> tuple[float, Flange | None]:
    """Return the flange that leads in one direction with its worth: length on bone, and thickness of that bone."""
    beside = np.abs(filled @ np.cross(insertion_path, along)) < 0.5 * settings.flange_width_mm
    bare = 0.5 * cup.outer_diameter_mm + settings.cement_gap_mm
    edge = float((filled[beside] @ along).max(initial=0.0))
    if edge < bare:
        return 0.0, None
    steps = edge + np.arange(0.0, settings.flange_length_mm + 0.5 * STEP_MM, STEP_MM)
    above = cup.centre_lps_mm + steps[:, None] * along + TRAVEL_MM * insertion_path
    downward = np.broadcast_to(-insertion_path, above.shape)
    depth, face = bone.rays.first_hit(above, downward)
    normals = bone.normals[face]
    bearing = np.isfinite(depth) & (normals @ insertion_path > FACING)
    bearing[1:] &= np.abs(np.diff(np.where(np.isfinite(depth), depth, 1e6))) < LARGEST_RISE * STEP_MM
    count = len(bearing) if bearing.all() else int(np.argmin(bearing))
    if (count - 1) * STEP_MM < SHORTEST_MM:
        return 0.0, None
    surface = above[:count] - depth[:count, None] * insertion_path
    thickness = bone.rays.first_hit(surface - 0.1 * normals[:count], -normals[:count])[0]
    worth = float(steps[count - 1] - edge + np.minimum(thickness, THICK_ENOUGH_MM).mean())
    flange = Flange(name, along, edge - OVERLAP_MM, edge, float(steps[count - 1]), surface, normals[:count])
    return worth, flange


def flange_extent_lps_mm(flanges: Sequence[Flange], way_out_lps: FloatArray, settings: SiteSettings) -> FloatArray:
    """Return points (N, 3) whose bounding box holds the flanges."""
    half = 0.5 * settings.flange_width_mm
    points = [np.empty((0, 3))]
    for flange in flanges:
        middle = np.concatenate([flange.surface_lps_mm, flange.surface_lps_mm[-1:] + half * flange.along_lps])
        aside, up = half * np.cross(way_out_lps, flange.along_lps), settings.flange_thickness_mm * way_out_lps
        points += [middle + aside, middle - aside, middle + aside + up, middle - aside + up]
    return np.concatenate(points)
