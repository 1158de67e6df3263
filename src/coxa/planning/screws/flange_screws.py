"""Screws through the holes of flanges."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import FloatArray, perpendiculars, unit
from coxa.planning.screws.choose import clear_of_each_other, keeps_clear_of_vessels, screw_worth, thread_ends_mm
from coxa.planning.screws.metrics import ScrewSite, bone_stretches, measured_screw
from coxa.planning.screws.paths import ScrewPaths
from coxa.planning.screws.quadrants import CAUTION_LENGTH_MM, CAUTION_QUADRANT, PROPOSED_QUADRANTS, quadrant
from coxa.planning.screws.values import Screw
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.screw_settings import SCREW_LENGTHS_MM
from coxa.planning.settings.site_settings import SiteSettings
from coxa.planning.site.flange import STEP_MM, Flange

FLANGE = "flange"

FIRST_HOLE_MM, LAST_HOLE_MM = 9.0, 10.0
"""From the augment to the first hole's middle, and from the last one's to the flange's end [E]."""

BETWEEN_HOLES_MM = 12.0
"""Least distance between the middles of two holes; where there is no room the flange has fewer [E]."""

LEANS_DEG = (0.0, 12.0, 24.0)
"""A screw may lean this far from upright on its plate [E]."""

LEAN_TURNS = 8
"""Directions around the upright in which a screw may lean."""

_SMOOTH_STEPS = 2
"""Normals are averaged this many steps to both sides."""


def flange_screws(
    flanges: tuple[Flange, ...], site: ScrewSite, others: tuple[Screw, ...], settings: PlanSettings
) -> tuple[Screw, ...]:
    """Return the screws of the flanges' holes, each leaning to where its bone is best, clear of others and of vessels.

    As through the cup, only in the quadrants that screws are proposed in, and short in the one of caution.

    The whole thread stays in the bone, as that of any screw, where the bone is thick enough for the shortest screw of
    the catalogue; else that one is taken and protrudes behind. A hole without a screw that keeps clear of the others is
    left out.
    """
    chosen: list[Screw] = []
    for flange in flanges:
        for entry, upright in _holes(flange, settings.site):
            candidates = _candidates(entry, upright, site, settings)
            for screw in sorted(candidates, key=_preference, reverse=True):
                if clear_of_each_other([*others, *chosen, screw], settings.screws)[-1, :-1].all():
                    chosen.append(screw)
                    break
    return tuple(chosen)


def _holes(flange: Flange, settings: SiteSettings) -> list[tuple[FloatArray, FloatArray]]:
    """Return entry on the plate's outer face and upright direction out of the bone, of each hole."""
    room = flange.end_mm - flange.edge_mm - FIRST_HOLE_MM - LAST_HOLE_MM
    count = min(settings.flange_screw_count, 1 + int(max(room, 0.0) // BETWEEN_HOLES_MM))
    along = FIRST_HOLE_MM + np.linspace(0.0, max(room, 0.0), count)
    holes = []
    for at in np.rint(along / STEP_MM).astype(int):
        upright = unit(flange.normals_lps[max(at - _SMOOTH_STEPS, 0) : at + _SMOOTH_STEPS + 1].mean(axis=0))
        raised = settings.seat_offset_mm + settings.flange_thickness_mm
        holes.append((flange.surface_lps_mm[at] + raised * upright, upright))
    return holes


def _candidates(entry: FloatArray, upright: FloatArray, site: ScrewSite, settings: PlanSettings) -> list[Screw]:
    first, second = perpendiculars(upright)
    directions = []
    for lean in np.tan(np.radians(LEANS_DEG)):
        for turn in 2.0 * np.pi * np.arange(LEAN_TURNS if lean else 1) / LEAN_TURNS:
            directions.append(unit(-upright + lean * (np.cos(turn) * first + np.sin(turn) * second)))
    paths = ScrewPaths(np.tile(entry, (len(directions), 1)), np.array(directions), FLANGE)
    stretches = bone_stretches(site, paths.entries_lps_mm, paths.directions_lps)
    reaching = np.array([bool(found) for found in stretches])
    stretches, paths = [found for found in stretches if found], paths.where(reaching)
    ends = thread_ends_mm(site, paths, stretches, settings.screws)
    screws = []
    for direction, found, end in zip(paths.directions_lps, stretches, ends, strict=True):
        begin = found[0][0]
        limit = min(end, begin + settings.screws.screw_longest_mm)
        where = quadrant(entry + begin * direction, site.cup.centre_lps_mm, site.landmarks, site.side)
        if where == CAUTION_QUADRANT:
            limit = min(limit, begin + CAUTION_LENGTH_MM)
        within = [length for length in SCREW_LENGTHS_MM if begin < length <= limit]
        length = within[-1] if within else SCREW_LENGTHS_MM[0]
        screws.append(measured_screw(site, entry, direction, settings.screws.screw_diameter_mm, length, FLANGE, found))
    return [
        screw
        for screw in screws
        if screw.bone_length_mm > 0
        and screw.quadrant in PROPOSED_QUADRANTS
        and keeps_clear_of_vessels(screw, settings.screws)
    ]


def _preference(screw: Screw) -> tuple[bool, float]:
    """Prefer any screw that stays in the bone to any that protrudes; among equals the one of most worth."""
    return screw.protrusion_mm == 0.0, screw_worth(screw)
