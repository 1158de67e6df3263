"""The figures of one cup in place, exact: what a proposal is shown with and a saved plan is evaluated by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray
from coxa.planning.cup.choice import CupMetrics
from coxa.planning.cup.coverage import cup_coverage, hemisphere_directions
from coxa.planning.cup.radial_bone import radial_bone
from coxa.planning.cup.site import CupSite
from coxa.planning.cup.values import PlannedCup
from coxa.planning.settings.cup_terms import CupTerms

GOOD_HOST_COVERAGE = 0.70
"""Host coverage from which nothing counts as an excess [E]."""

WALL_KEPT_MM = 2.0
"""Medial wall from which nothing counts as an excess [E]."""

NO_COST = 0.01
"""A term that costs less is no worst term."""

REMOVAL_SAMPLES = 4000
"""Rays along which the bone within the cup is summed."""


@dataclass(frozen=True)
class Wanted:
    """What a cup should be like: outer diameter, and radiographic angles in the functional frame."""

    diameter_mm: float
    inclination_deg: float
    anteversion_deg: float


def cup_metrics(cup: PlannedCup, site: CupSite, wanted: Wanted, terms: CupTerms) -> CupMetrics:
    """Return offsets, coverage, medial wall, bone removed and costs of one cup."""
    lateral, posterior, superior = (float(v) for v in site.offset_mm(cup.centre_lps_mm))
    centre, radius = cup.centre_lps_mm[None], 0.5 * cup.outer_diameter_mm
    wall = site.medial_wall(centre)
    thickness, through = (_number(v) for v in (wall.thickness_mm(radius), wall.protrusion_mm(radius)))
    host = [c.host_fraction for c in cup_coverage(cup, site.host, None, 0.0, (1.0, 2.0, 3.0))]
    rays = hemisphere_directions(cup.axis_lps, REMOVAL_SAMPLES)
    removed = float(radial_bone(site.host, centre, rays, radius).removed_mm3(radius).mean()) * 2.0 * np.pi / 1000.0
    distance = float(np.linalg.norm([lateral, posterior, superior]))
    tilt = cup.inclination_radiographic_deg - wanted.inclination_deg
    turn = cup.anteversion_radiographic_deg - wanted.anteversion_deg
    excess = excesses(
        distance,
        float(np.hypot(tilt, turn)),
        host[0],
        np.nan if thickness is None else thickness,
        np.nan if through is None else through,
        cup.outer_diameter_mm - wanted.diameter_mm,
        removed,
    )
    costs = {name: float(cost) for name, cost in terms.costs(excess).items()}
    return CupMetrics(
        lateral, posterior, superior, distance, host[0], host[1], host[2],
        thickness, float(wall.open_fraction()[0]), through, removed, costs, _worst(costs),
    )  # fmt: skip


def excesses(
    distance_mm: float | FloatArray,
    angle_deg: float | FloatArray,
    host_fraction: float | FloatArray,
    wall_mm: float | FloatArray,
    protrusion_mm: float | FloatArray,
    oversize_mm: float | FloatArray,
    removed_ml: float | FloatArray,
) -> dict[str, float | FloatArray]:
    """Return the excess of each term of `CupTerms`; a wall or table that is not there (nan) exceeds nothing."""
    return {
        "centre": distance_mm,
        "angles": angle_deg,
        "host_coverage": GOOD_HOST_COVERAGE - host_fraction,
        "medial_wall": WALL_KEPT_MM - np.nan_to_num(wall_mm, nan=WALL_KEPT_MM),
        "protrusion": np.nan_to_num(protrusion_mm, nan=0.0),
        "size": np.abs(oversize_mm),
        "bone_removed": removed_ml,
    }


def _worst(costs: Mapping[str, float]) -> str:
    name = max(costs, key=lambda term: costs[term])
    return name if costs[name] >= NO_COST else "none"


def _number(values: FloatArray) -> float | None:
    """Return the only value, None for nan."""
    return float(values[0]) if np.isfinite(values[0]) else None
