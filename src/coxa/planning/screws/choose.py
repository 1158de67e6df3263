"""Screws through cup and augment, chosen as a set by the bone along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.screws.best_set import best_set, segment_distances_mm
from coxa.planning.screws.metrics import FOLLOWED_MM, ScrewSite, Stretches, bone_stretches, measured_screw
from coxa.planning.screws.paths import (
    AUGMENT,
    AUGMENT_WALL_MM,
    CUP,
    CUP_AND_AUGMENT,
    DRILLED_MM,
    ScrewPaths,
    augment_paths,
    cup_paths,
)
from coxa.planning.screws.quadrants import CAUTION_LENGTH_MM, CAUTION_QUADRANT, PROPOSED_QUADRANTS, quadrant
from coxa.planning.screws.values import Screw
from coxa.planning.screws.walls import cuts_slot
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.screw_settings import SCREW_LENGTHS_MM, ScrewSettings

FULL_HU = 300.0
"""Bone at or above this counts in full; trabecular bone has 150 to 300 HU."""

ASSUMED_HU = 150.0
"""What bone counts as where metal hides its HU: weak trabecular bone [E]."""

FULL_DIAMETER_MM = 6.5
"""A thinner thread holds less, in proportion (force ~ diameter x length [Chapman 1996])."""

LARGEST_FREE_MM = 8.0
"""Way through neither augment nor bone that a screw may have before it reaches the bone [E]."""


KEPT_PER_HOLE, AUGMENT_KEPT_PER_ENTRY, AUGMENT_KEPT = 3, 2, 40
"""Candidates that sets are made of: all of them would take minutes and gain nothing a surgeon could place."""


def propose_screws(site: ScrewSite, settings: PlanSettings) -> tuple[Screw, ...]:
    """Return the set of screws with the most, and densest, bone along them.

    Candidates leave the holes of the cup's dome, or an augment's free face. Each is as long as the catalogue, the far
    cortex (the tip stays ``screw_tip_margin_mm`` inside the bone) and the vessels allow. Of all sets of the best
    candidates of every entry that keep their clearance, with at most ``screw_count_max`` screws through the cup and
    ``augment_screw_count_max`` through the augment, the one of the greatest summed worth is taken.
    """
    candidates = best_by_entry([s for s in candidate_screws(site, settings) if _acceptable(s, settings.screws)])
    if not candidates:
        return ()
    worth = np.array([screw_worth(screw) for screw in candidates])
    group = np.array([int(screw.through == AUGMENT) for screw in candidates])
    most = (settings.screws.screw_count_max, settings.screws.augment_screw_count_max)
    chosen = best_set(worth, clear_of_each_other(candidates, settings.screws), group, most)
    return with_clearances([candidates[n] for n in chosen])


def candidate_screws(site: ScrewSite, settings: PlanSettings) -> list[Screw]:
    """Return every candidate with some bone along it, with its figures."""
    found = (
        _measured(site, cup_paths(site.cup, site.side, settings), settings) if settings.screws.screw_count_max else []
    )
    if site.augment is not None and not site.augment.is_empty and settings.screws.augment_screw_count_max:
        paths = augment_paths(site.augment, site.host, site.cup, site.side, settings)
        found += _measured(site, paths, settings)
    return found


def best_by_entry(screws: Sequence[Screw]) -> list[Screw]:
    """Return the best few screws of every hole in the cup, and of the best places in the augment."""
    kept: dict[tuple[float, ...], list[Screw]] = {}
    for screw in sorted(screws, key=screw_worth, reverse=True):
        same = kept.setdefault(tuple(screw.entry_lps_mm), [])
        if len(same) < (AUGMENT_KEPT_PER_ENTRY if screw.through == AUGMENT else KEPT_PER_HOLE):
            same.append(screw)
    best = sorted((screw for same in kept.values() for screw in same), key=screw_worth, reverse=True)
    through_augment = [screw for screw in best if screw.through == AUGMENT]
    return [screw for screw in best if screw.through != AUGMENT] + through_augment[:AUGMENT_KEPT]


def screw_worth(screw: Screw) -> float:
    """Return the bone length in mm, discounted where bone is weak or not seen, and for a thin thread."""
    trusted = screw.hu_trusted_fraction
    seen = ASSUMED_HU if screw.mean_hu is None else trusted * screw.mean_hu + (1.0 - trusted) * ASSUMED_HU
    density = float(np.clip(seen / FULL_HU, 0.0, 1.0))
    return screw.bone_length_mm * (0.25 + 0.75 * density) * screw.diameter_mm / FULL_DIAMETER_MM


def clear_of_each_other(screws: Sequence[Screw], settings: ScrewSettings) -> BoolArray:
    """Tell (N, N) which two screws keep ``screw_clearance_mm`` between their surfaces, and a wall between their holes.

    Two that pass the augment leave ``AUGMENT_WALL_MM`` of it between their channels.
    """
    drilled = np.array([screw.through in (CUP_AND_AUGMENT, AUGMENT) for screw in screws], dtype=bool)
    wall = AUGMENT_WALL_MM + 2.0 * settings.screw_channel_mm + DRILLED_MM
    needed = np.where(
        drilled[:, None] & drilled[None], max(wall, settings.screw_clearance_mm), settings.screw_clearance_mm
    )
    return np.asarray(_clearances_mm(screws) >= needed)


def keeps_clear_of_vessels(screw: Screw, settings: ScrewSettings) -> bool:
    """Tell whether a screw keeps ``screw_vessel_distance_mm`` from the vessels, where they are known."""
    return screw.vessel_distance_mm is None or screw.vessel_distance_mm >= settings.screw_vessel_distance_mm


def with_clearances(screws: Sequence[Screw]) -> tuple[Screw, ...]:
    """Return the screws, each with its clearance from the nearest other."""
    if len(screws) < 2:
        return tuple(replace(screw, clearance_mm=None) for screw in screws)
    apart = _clearances_mm(screws)
    np.fill_diagonal(apart, np.inf)
    return tuple(replace(s, clearance_mm=float(nearest)) for s, nearest in zip(screws, apart.min(axis=1), strict=True))


def _clearances_mm(screws: Sequence[Screw]) -> FloatArray:
    radius = np.array([0.5 * screw.diameter_mm for screw in screws])
    starts, ends = np.array([s.entry_lps_mm for s in screws]), np.array([s.tip_lps_mm for s in screws])
    return np.asarray(segment_distances_mm(starts, ends) - radius[:, None] - radius[None])


def _acceptable(screw: Screw, settings: ScrewSettings) -> bool:
    return screw.quadrant in PROPOSED_QUADRANTS and screw.bone_length_mm >= settings.screw_minimum_bone_mm


def _measured(site: ScrewSite, paths: ScrewPaths, settings: PlanSettings) -> list[Screw]:
    """Return the longest screw on each path that reaches bone soon enough."""
    stretches = bone_stretches(site, paths.entries_lps_mm, paths.directions_lps)
    in_augment = _augment_mm(site.augment_rays, paths)
    begin = np.array([found[0][0] if found else np.inf for found in stretches])
    reaching = begin - in_augment <= LARGEST_FREE_MM
    if site.augment_rays is not None:
        reaching &= ~cuts_slot(site.augment_rays, site.bone_rays, site.cup, paths, begin, settings)
    stretches = [found for found, good in zip(stretches, reaching, strict=True) if good]
    in_augment, paths = in_augment[reaching], paths.where(reaching)
    ends = thread_ends_mm(site, paths, stretches, settings.screws)
    screws = []
    for n, found in enumerate(stretches):
        entry, direction = paths.entries_lps_mm[n], paths.directions_lps[n]
        furthest = min(ends[n], in_augment[n] + settings.screws.screw_longest_mm)
        length = _longest_mm(site, entry, direction, found[0][0], furthest)
        if length is not None:
            through = CUP_AND_AUGMENT if paths.through == CUP and in_augment[n] > 0 else paths.through
            screws.append(
                measured_screw(site, entry, direction, settings.screws.screw_diameter_mm, length, through, found)
            )
    return screws


def _augment_mm(augment: RayCaster | None, paths: ScrewPaths) -> FloatArray:
    """Return the way (N,) through the augment, first stretch only; 0 where there is none."""
    way = np.zeros(len(paths.entries_lps_mm))
    if augment is None:
        return way
    crossings = augment.crossings(paths.entries_lps_mm + 1e-3 * paths.directions_lps, paths.directions_lps, FOLLOWED_MM)
    for n, found in enumerate(crossings):
        outs = [distance for distance, enters in found if not enters]
        ins = [0.0] if found and not found[0][1] else [distance for distance, enters in found if enters]
        if outs and ins:
            way[n] = outs[0] - ins[0]
    return way


def thread_ends_mm(
    site: ScrewSite, paths: ScrewPaths, stretches: list[Stretches], settings: ScrewSettings
) -> FloatArray:
    """Return, per path, where the whole thread leaves the first stretch of bone, or comes too near to a vessel."""
    from scipy.spatial import cKDTree

    if not stretches:
        return np.empty(0)
    radius = 0.5 * settings.screw_diameter_mm
    along = np.arange(0.0, SCREW_LENGTHS_MM[-1] + settings.screw_tip_margin_mm + 1.0)
    points = paths.entries_lps_mm[:, None] + along[None, :, None] * paths.directions_lps[:, None]
    begin = np.array([found[0][0] for found in stretches])
    bare = cKDTree(site.host.vertices_lps_mm).query(points, workers=2)[0] < radius
    bare &= along > begin[:, None] + 2.0 * radius
    end = np.minimum([found[0][1] for found in stretches], _first_mm(bare, along)) - settings.screw_tip_margin_mm
    if site.vessels is not None:
        near = site.vessels.distance_mm(points) < radius + settings.screw_vessel_distance_mm + 0.5
        end = np.minimum(end, _first_mm(near, along) - 1.0)
    return np.asarray(end)


def _first_mm(where: BoolArray, along_mm: FloatArray) -> FloatArray:
    """Return the first place (N,) along each row (N, M) that is true; infinite where none is."""
    return np.where(where.any(axis=1), along_mm[where.argmax(axis=1)], np.inf)


def _longest_mm(
    site: ScrewSite, entry: FloatArray, direction: FloatArray, begin_mm: float, limit_mm: float
) -> float | None:
    where = quadrant(entry + begin_mm * direction, site.cup.centre_lps_mm, site.landmarks, site.side)
    if where == CAUTION_QUADRANT:
        limit_mm = min(limit_mm, begin_mm + CAUTION_LENGTH_MM)
    lengths = [length for length in SCREW_LENGTHS_MM if begin_mm < length <= limit_mm]
    return lengths[-1] if lengths else None
