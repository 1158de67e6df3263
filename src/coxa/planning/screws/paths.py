"""Where screws can start and in which direction: holes in the cup's dome, and the free face of an augment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.cup.coverage import hemisphere_directions
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings import PlanSettings
from coxa.planning.site.operation_site import site_axes

CUP, CUP_AND_AUGMENT, AUGMENT = "cup", "cup and augment", "augment"

HOLE_POLAR_DEG = (15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 72.0)
"""Rings of screw holes, measured from the cup's pole, as revision cups have them up to the rim [E]."""

HOLES_PER_RING = 24
"""Candidates on each ring, evenly spaced."""

SWIVEL_DEG = 12.0
"""A screw may lean this far from the hole's radius [E]."""

LEAN_TURNS = 8
"""Ways that it is tried to lean."""

ENTRY_PITCH_MM = 3.0
"""Places tried on the augment's free face, seen along the cup's axis."""

AUGMENT_LEAN_DEG = 40.0
"""A screw may lean this far from the augment's own normal [E]."""

AUGMENT_DIRECTIONS = 300
"""Directions tried over the half space into the wound."""

LEAST_AUGMENT_MM = 3.0
"""Augment that a screw's head must have under it [E]."""

AUGMENT_WALL_MM = 2.0
"""Augment left around a screw's channel [E]."""

DRILLED_MM = 0.5
"""What drawing the augment on its grid may take of the wall about a hole."""

DRIVER_MM, DRIVER_RADIUS_MM = 90.0, 5.0
"""Length and radius of the screwdriver that has to pass the bone on its way to an augment's screw [E]."""


@dataclass(frozen=True, eq=False)
class ScrewPaths:
    """Possible screws without a length.

    Attributes
    ----------
    entries_lps_mm, directions_lps : ndarray (N, 3)
    through : str
        ``cup`` or ``augment``.
    """

    entries_lps_mm: FloatArray
    directions_lps: FloatArray
    through: str

    def where(self, chosen: BoolArray) -> ScrewPaths:
        """Return the chosen ones."""
        return ScrewPaths(self.entries_lps_mm[chosen], self.directions_lps[chosen], self.through)


def cup_paths(cup: PlannedCup, side: Side, settings: PlanSettings) -> ScrewPaths:
    """Return the paths out of the holes of the cup's dome: along the radius and leaning four ways.

    A catalogue cup with holes has screws in those that are wide enough; one without is taken as full of holes.
    """
    axis = cup.axis_lps
    entries, directions = [np.empty((0, 3))], [np.empty((0, 3))]
    lean = np.tan(np.radians(SWIVEL_DEG))
    for polar, across in _holes(cup, side, settings):
        along = np.cross(axis, across)
        radius = -np.cos(polar) * axis + np.sin(polar) * across
        down = -np.sin(polar) * axis - np.cos(polar) * across
        turns = 2.0 * np.pi * np.arange(LEAN_TURNS)[:, None] / LEAN_TURNS
        leans = np.vstack([0.0 * down, lean * (np.cos(turns) * down + np.sin(turns) * along)])
        directions.append((radius + leans) / np.linalg.norm(radius + leans, axis=1)[:, None])
        entries.append(np.tile(cup.centre_lps_mm + 0.5 * cup.outer_diameter_mm * radius, (len(leans), 1)))
    return ScrewPaths(np.concatenate(entries), np.concatenate(directions), CUP)


def _holes(cup: PlannedCup, side: Side, settings: PlanSettings) -> list[tuple[float, FloatArray]]:
    """Return each hole's angle from the pole, in radians, and its direction across the axis.

    A catalogue hole's clock runs as seen into the cup, from its superior point: the same cup on both sides.
    """
    across, up, axis = site_axes(cup.axis_lps, side).T
    known = settings.cup.cup_catalogue.nearest(cup.outer_diameter_mm)
    if known.holes is not None and known.outer_diameter_mm == cup.outer_diameter_mm:
        right_hand = np.cross(up, axis)
        return [
            (float(np.radians(hole.from_pole_deg)), np.cos(clock) * up + np.sin(clock) * right_hand)
            for hole in known.holes
            if hole.diameter_mm >= settings.screws.screw_diameter_mm
            for clock in [np.radians(hole.clock_deg)]
        ]
    turns = 2.0 * np.pi * np.arange(HOLES_PER_RING) / HOLES_PER_RING
    return [
        (polar, np.cos(turn) * up + np.sin(turn) * across)
        for polar in np.radians(HOLE_POLAR_DEG).tolist()
        for turn in turns
    ]


def augment_paths(augment: Mesh, host: Mesh, cup: PlannedCup, side: Side, settings: PlanSettings) -> ScrewPaths:
    """Return the paths through an augment's free face into the bone behind it.

    The free face is what is seen along the cup's axis out of the wound; the path leads through at least
    ``LEAST_AUGMENT_MM`` of augment with a wall all around it, keeps clear of the cup, and the screwdriver passes the
    bone.

    Parameters
    ----------
    augment, host : Mesh
        Closed, LPS mm.
    cup : PlannedCup
    side : Side
    settings : PlanSettings
    """
    axes, radius = site_axes(cup.axis_lps, side), 0.5 * settings.screws.screw_diameter_mm
    places, outward = _free_face(augment, cup, axes)
    into = hemisphere_directions(np.array([0.0, 0.0, 1.0]), AUGMENT_DIRECTIONS) @ axes.T
    entry, direction = np.nonzero(-outward @ into.T >= np.cos(np.radians(AUGMENT_LEAN_DEG)))
    paths = ScrewPaths(places[entry], into[direction], AUGMENT)
    paths = paths.where(_clear_of_cup(paths, cup, radius + settings.site.cement_gap_mm))
    paths = paths.where(_held_by(augment, paths, radius + AUGMENT_WALL_MM))
    return paths.where(_reached(host, paths))


def _free_face(augment: Mesh, cup: PlannedCup, axes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return places (N, 3) on the augment as seen from out of the wound, and its outward normals there."""
    low, high = (f((augment.vertices_lps_mm - cup.centre_lps_mm) @ axes, axis=0) for f in (np.min, np.max))
    steps = [
        np.arange(np.ceil(a / ENTRY_PITCH_MM), b / ENTRY_PITCH_MM) * ENTRY_PITCH_MM
        for a, b in zip(low, high, strict=True)
    ]
    x, y = (grid.ravel() for grid in np.meshgrid(steps[0], steps[1], indexing="ij"))
    above = cup.centre_lps_mm + np.column_stack([x, y, np.full(len(x), high[2] + 1.0)]) @ axes.T
    down = np.broadcast_to(-cup.axis_lps, above.shape)
    distance, face = RayCaster(augment).first_hit(above, down)
    met = face >= 0
    return above[met] + distance[met, None] * down[met], augment.face_normals()[0][face[met]]


def _clear_of_cup(paths: ScrewPaths, cup: PlannedCup, margin_mm: float) -> BoolArray:
    """Tell which paths never come within a margin of the cup's sphere."""
    to_centre = cup.centre_lps_mm - paths.entries_lps_mm
    ahead = np.maximum(np.einsum("ij,ij->i", to_centre, paths.directions_lps), 0.0)
    nearest = np.linalg.norm(ahead[:, None] * paths.directions_lps - to_centre, axis=1)
    return np.asarray(nearest >= 0.5 * cup.outer_diameter_mm + margin_mm)


def _held_by(augment: Mesh, paths: ScrewPaths, wall_mm: float) -> BoolArray:
    """Tell which paths lead through enough augment and have a ring of it around their middle."""
    caster = RayCaster(augment)
    start = paths.entries_lps_mm + 1e-3 * paths.directions_lps
    depth, face = caster.first_hit(start, paths.directions_lps)
    held = caster.starts_inside(face, paths.directions_lps) & (depth >= LEAST_AUGMENT_MM)
    middle = start + 0.5 * np.where(held, depth, 0.0)[:, None] * paths.directions_lps
    for turn in np.linspace(0.0, 2.0 * np.pi, 8, endpoint=False):
        around = middle + wall_mm * beside(paths.directions_lps, turn)
        _, face = caster.first_hit(around, paths.directions_lps)
        held &= caster.starts_inside(face, paths.directions_lps)
    return held


def _reached(host: Mesh, paths: ScrewPaths) -> BoolArray:
    """Tell which paths a screwdriver reaches without passing through host bone."""
    caster = RayCaster(host)
    reached = np.ones(len(paths.entries_lps_mm), dtype=bool)
    reach = np.full(len(reached), DRIVER_MM)
    for turn in np.linspace(0.0, 2.0 * np.pi, 4, endpoint=False):
        rim = paths.entries_lps_mm + DRIVER_RADIUS_MM * beside(paths.directions_lps, turn)
        # From half the driver's radius out: the augment's own edge may lie against the bone.
        distance, _ = caster.first_hit(rim - DRIVER_RADIUS_MM * paths.directions_lps, -paths.directions_lps, reach)
        reached &= ~np.isfinite(distance)
    return reached


def beside(directions: FloatArray, turn_rad: float) -> FloatArray:
    """Return a unit vector (N, 3) across each direction, turned about it."""
    helper = np.eye(3)[np.argmin(np.abs(directions), axis=1)]
    first = np.cross(directions, helper)
    first /= np.linalg.norm(first, axis=1)[:, None]
    return np.asarray(np.cos(turn_rad) * first + np.sin(turn_rad) * np.cross(directions, first))
