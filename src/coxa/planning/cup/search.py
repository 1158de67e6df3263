"""The search for a cup: every centre near the target, size and orientation weighed by the same terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import Side
from coxa.case import Landmarks
from coxa.errors import InputRefusedError, UsageError
from coxa.geometry.arrays import BoolArray, FloatArray, read_only
from coxa.planning.cup.choice import CupChoice, CupOption
from coxa.planning.cup.metrics import Wanted, cup_metrics, excesses
from coxa.planning.cup.radial_bone import radial_bone
from coxa.planning.cup.shell import cup_axis_lps
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.cup_settings import CupSettings
from coxa.planning.settings.cup_terms import CupTerms

COARSE_STEP_MM = 2.0
"""Pitch of the grid of centres that the search begins with, mm."""
FINE_STEPS_MM = (1.0, 0.5)
"""Centres are searched on this grid, then about the best with these steps."""

ANGLE_STEP_DEG = 2.0
"""Pitch of the angles that are searched, degrees."""
ANGLE_REACH_DEG = 10.0
"""Angles are searched this far to either side of the target [E]."""

SPHERE_SAMPLES = 660
"""Rays over the whole sphere; the search's coverage is good to about a point, the figures given are exact."""

CONTACT_MM = 1.0
"""Bone this close to the cup is in contact with it, mm [E]."""
CONTACT_BLUR_MM = 0.25
"""Contact fades over this distance about its limit, so that the search sees a slope instead of steps."""

PRIORITIES: Mapping[str, Mapping[str, float]] = {
    "proposal": {},
    "centre first": {"centre": 20.0},
    "host bone first": {"centre": 0.1, "size": 0.3, "bone_removed": 0.3},
    "bone sparing": {"bone_removed": 5.0, "size": 2.0},
}
"""The alternatives are the same search with some weights multiplied [E]."""

HAND_REACH_MM = 50.0
"""A centre set by hand that lies farther from the bone is in other coordinates, or of the other hip."""

ALTERNATIVES_MAX = 4
"""Beside the proposal, so many others at most."""
SAME_CENTRE_MM, SAME_ANGLE_DEG = 1.0, 4.0
"""Two cups of one size that differ by less are the same choice."""


@dataclass(frozen=True, eq=False)
class _Freedom:
    """What the search may choose from."""

    middle_lps_mm: FloatArray
    reach_mm: float
    diameters_mm: tuple[float, ...]
    angles_deg: FloatArray


@dataclass(frozen=True, eq=False)
class _Weighed:
    """What was tried, and its costs by term and host coverage, to be spread over [centre, diameter, angles]."""

    centres_lps_mm: FloatArray
    costs: Mapping[str, FloatArray]
    host_fraction: FloatArray

    def best(self, priority: Mapping[str, float], allowed: BoolArray) -> tuple[int, int, int]:
        """Return the indices of the least cost; ``allowed`` [diameter]."""
        total = sum(priority.get(name, 1.0) * cost for name, cost in self.costs.items())
        masked = np.where(allowed[None, :, None], np.round(np.asarray(total), 9), np.inf)
        centre, size, angle = np.unravel_index(int(masked.argmin()), masked.shape)
        return int(centre), int(size), int(angle)


def choose_cup(site: CupSite, landmarks: Landmarks, settings: PlanSettings) -> CupChoice:
    """Search centre, size and orientation together; what was set by hand stays, the rest follows.

    Parameters
    ----------
    site : CupSite
    landmarks : Landmarks
        For the native head.
    settings : PlanSettings

    Raises
    ------
    InputRefusedError
        Without a native head or an old cup to size by, when no diameter is set by hand.
    UsageError
        When the centre set by hand lies nowhere near the bone.
    """
    wanted_mm, wanted_from = _wanted_diameter(landmarks, site.side, settings.cup)
    wanted = Wanted(wanted_mm, settings.cup.target_inclination_deg, settings.cup.target_anteversion_deg)
    axis = cup_axis_lps(site.functional, site.side, wanted.inclination_deg, wanted.anteversion_deg)
    pelvis_mm = site.antero_posterior_mm(axis)
    freedom = _freedom(site, wanted, pelvis_mm, settings.cup)
    coarse = _weigh(site, _coarse_centres(site, freedom), freedom, wanted, settings.cup_terms)
    options: list[CupOption] = []
    for name, cup in _candidates(site, coarse, freedom, wanted, settings):
        if len(options) <= ALTERNATIVES_MAX and not any(_same(cup, option.cup) for option in options):
            options.append(CupOption(name, cup, cup_metrics(cup, site, wanted, settings.cup_terms)))
    return CupChoice(
        tuple(options), wanted_mm, wanted_from, pelvis_mm, wanted.inclination_deg, wanted.anteversion_deg,
        settings.cup.cup_catalogue.name, settings.cup_terms, _host_by_distance(site, coarse, freedom, options[0].cup),
    )  # fmt: skip


def _wanted_diameter(landmarks: Landmarks, side: Side, settings: CupSettings) -> tuple[float, str]:
    """Return the outer diameter that fits the patient, and where it comes from."""
    hips = [(which, landmarks.hips[which]) for which in (side.opposite, side) if which in landmarks.hips]
    for which, hip in hips:
        if not hip.implant_present and hip.head is not None:
            return 2.0 * hip.head.radius_mm + settings.cup_over_head_mm, f"{which} native head"
    for which, hip in hips:
        if hip.cup is not None:
            return hip.cup.outer_diameter_mm, f"{which} cup of today"
    if settings.cup_diameter_mm is not None:
        return settings.cup_diameter_mm, "set by hand"
    raise InputRefusedError(
        "neither a native femoral head nor an old cup was found to size the cup by: give its diameter with "
        "--cup-diameter"
    )


def _freedom(site: CupSite, wanted: Wanted, pelvis_mm: float | None, settings: CupSettings) -> _Freedom:
    diameters: tuple[float, ...]
    if settings.cup_diameter_mm is not None:
        diameters = (settings.cup_diameter_mm,)
    else:
        largest = wanted.diameter_mm + settings.cup_upsize_mm
        if pelvis_mm is not None:
            largest = min(largest, pelvis_mm - 2.0 * settings.cup_column_mm)
        diameters = settings.cup_catalogue.between(wanted.diameter_mm - settings.cup_downsize_mm, largest)
    steps = np.arange(-ANGLE_REACH_DEG, ANGLE_REACH_DEG + 0.5 * ANGLE_STEP_DEG, ANGLE_STEP_DEG)
    chosen = (
        target + steps if by_hand is None else np.array([by_hand])
        for target, by_hand in (
            (wanted.inclination_deg, settings.inclination_deg),
            (wanted.anteversion_deg, settings.anteversion_deg),
        )
    )
    angles = np.stack(np.meshgrid(*chosen, indexing="ij"), axis=-1).reshape(-1, 2)
    if settings.cup_centre_lps_mm is not None:
        return _Freedom(_centre_by_hand(site, settings.cup_centre_lps_mm), 0.0, diameters, angles)
    return _Freedom(site.target_lps_mm, settings.cup_search_mm, diameters, angles)


def _centre_by_hand(site: CupSite, centre_lps_mm: tuple[float, float, float]) -> FloatArray:
    centre = np.asarray(centre_lps_mm, dtype=np.float64)
    near = (
        np.isfinite(centre).all()
        and np.isfinite(
            radial_bone(site.host, centre[None], site.directions(SPHERE_SAMPLES), HAND_REACH_MM).enter_mm
        ).any()
    )
    if not near:
        raise UsageError(
            f"the cup's centre given lies more than {HAND_REACH_MM:g} mm from the {site.side} hip bone: give x,y,z in "
            "LPS mm (x to the patient's left, y to the back, z to the head), as plan.json does"
        )
    return centre


def _coarse_centres(site: CupSite, freedom: _Freedom) -> FloatArray:
    return np.asarray(freedom.middle_lps_mm + _ball(freedom.reach_mm, COARSE_STEP_MM) @ site.axes_lps)


def _host_by_distance(
    site: CupSite, coarse: _Weighed, freedom: _Freedom, cup: PlannedCup
) -> tuple[tuple[float, float], ...]:
    """Return the best coverage of cups like the proposed one by how far from the target they may lie."""
    if freedom.reach_mm == 0:
        return ()
    size = freedom.diameters_mm.index(cup.outer_diameter_mm)
    angles = (cup.inclination_radiographic_deg, cup.anteversion_radiographic_deg)
    angle = int(np.abs(freedom.angles_deg - angles).sum(axis=1).argmin())
    distance = np.linalg.norm(site.offset_mm(coarse.centres_lps_mm), axis=1)
    share, through = coarse.host_fraction[:, size, angle], coarse.costs["protrusion"][:, size, 0]
    limit = through[distance.argmin()]
    steps = np.arange(0.0, freedom.reach_mm + 1e-6, COARSE_STEP_MM)
    kept = [share[(distance <= step + 1e-6) & (through <= limit + 1e-9)] for step in steps]
    return tuple((float(step), round(float(found.max()), 4)) for step, found in zip(steps, kept, strict=True))


def _candidates(
    site: CupSite, coarse: _Weighed, freedom: _Freedom, wanted: Wanted, settings: PlanSettings
) -> Iterator[tuple[str, PlannedCup]]:
    """Yield the best cup of each priority, then the best of the next smaller and the next larger size."""
    sizes = np.array(freedom.diameters_mm)
    any_size = np.ones(len(sizes), dtype=bool)
    proposed = 0.0
    for name, priority in PRIORITIES.items():
        cup = _refined(site, coarse, freedom, wanted, settings, priority, any_size)
        proposed = proposed or cup.outer_diameter_mm
        yield name, cup
    for name, allowed in (("larger", sizes > proposed), ("smaller", sizes < proposed)):
        if allowed.any():
            nearest = np.abs(np.where(allowed, sizes, np.inf) - proposed)
            yield name, _refined(site, coarse, freedom, wanted, settings, {}, nearest == nearest.min())


def _refined(
    site: CupSite,
    coarse: _Weighed,
    freedom: _Freedom,
    wanted: Wanted,
    settings: PlanSettings,
    priority: Mapping[str, float],
    allowed: BoolArray,
) -> PlannedCup:
    """Go from the best of the grid to the best with finer steps."""
    weighed = coarse
    centre, size, angle = weighed.best(priority, allowed)
    for step in FINE_STEPS_MM if freedom.reach_mm > 0 else ():
        around = weighed.centres_lps_mm[centre] + _ball(1.8 * step, step) @ site.axes_lps
        near = np.linalg.norm(around - freedom.middle_lps_mm, axis=1) <= freedom.reach_mm + 1e-6
        weighed = _weigh(site, around[near], freedom, wanted, settings.cup_terms)
        centre, size, angle = weighed.best(priority, allowed)
    inclination, anteversion = (float(v) for v in freedom.angles_deg[angle])
    axis = cup_axis_lps(site.functional, site.side, inclination, anteversion)
    position = read_only(weighed.centres_lps_mm[centre], (3,))
    diameter = freedom.diameters_mm[size]
    return PlannedCup(
        diameter, position, read_only(axis, (3,)), inclination, anteversion, "functional",
        settings.cup.cup_catalogue.nearest(diameter).shell_mm,
    )  # fmt: skip


def _weigh(site: CupSite, centres_lps_mm: FloatArray, freedom: _Freedom, wanted: Wanted, terms: CupTerms) -> _Weighed:
    """Cost every centre with every size and orientation."""
    axes = np.array([cup_axis_lps(site.functional, site.side, *angles) for angles in freedom.angles_deg])
    radii = [0.5 * diameter for diameter in freedom.diameters_mm]
    rays = site.directions(SPHERE_SAMPLES)
    edge = np.sqrt(4.0 * np.pi / SPHERE_SAMPLES)
    # The share of each ray's patch that lies behind the cup's face plane.
    behind = np.clip(0.5 - rays @ axes.T / edge, 0.0, 1.0)
    rays, behind = rays[behind.any(axis=1)], behind[behind.any(axis=1)]
    bone = radial_bone(site.host, centres_lps_mm, rays, max(radii) + CONTACT_MM + 1.0)
    wall = site.medial_wall(centres_lps_mm)
    contact = [np.clip(0.5 + (CONTACT_MM - bone.gap_mm(r)) / (2.0 * CONTACT_BLUR_MM), 0.0, 1.0) for r in radii]
    removed = [bone.removed_mm3(r) * (4.0 * np.pi / SPHERE_SAMPLES / 1000.0) for r in radii]
    host_fraction = np.stack([c @ (behind / behind.sum(axis=0)) for c in contact], axis=1)
    off_target = freedom.angles_deg - (wanted.inclination_deg, wanted.anteversion_deg)
    excess = excesses(
        np.linalg.norm(site.offset_mm(centres_lps_mm), axis=1)[:, None, None],
        np.hypot(*off_target.T)[None, None, :],
        host_fraction,
        np.stack([wall.thickness_mm(r) for r in radii], axis=1)[:, :, None],
        np.stack([wall.protrusion_mm(r) for r in radii], axis=1)[:, :, None],
        (np.array(freedom.diameters_mm) - wanted.diameter_mm)[None, :, None],
        np.stack([r @ behind for r in removed], axis=1),
    )
    return _Weighed(centres_lps_mm, terms.costs(excess), host_fraction)


def _ball(radius_mm: float, step_mm: float) -> FloatArray:
    """Return grid points (N, 3) within a ball, its middle among them."""
    count = int(np.floor(radius_mm / step_mm))
    line = step_mm * np.arange(-count, count + 1)
    points = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(points[np.linalg.norm(points, axis=1) <= radius_mm + 1e-9])


def _same(a: PlannedCup, b: PlannedCup) -> bool:
    if a.outer_diameter_mm != b.outer_diameter_mm:
        return False
    turned = np.degrees(np.arccos(np.clip(a.axis_lps @ b.axis_lps, -1.0, 1.0)))
    apart = np.linalg.norm(a.centre_lps_mm - b.centre_lps_mm)
    return bool(apart < SAME_CENTRE_MM and turned < SAME_ANGLE_DEG)
