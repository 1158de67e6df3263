"""Whether a screw's tip lies in bone all round: judged as the end of a cylinder, not as the end of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coxa.geometry.arrays import FloatArray, perpendiculars
from coxa.geometry.ray_casting import RayCaster
from coxa.planning.screws.values import Screw

EDGE_POINTS = 24
"""Places looked at around the tip's edge: every 15 degrees."""


@dataclass(frozen=True)
class TipEdge:
    """How a screw's tip lies in the bone.

    Attributes
    ----------
    outside_fraction : float
        Share of the tip's edge that lies outside the bone.
    protrusion_mm : float
        How far the thread stands out of the bone there, along the screw, where it does so most.
    """

    outside_fraction: float
    protrusion_mm: float


def tip_edge(
    host: RayCaster,
    entry_lps_mm: FloatArray,
    direction_lps: FloatArray,
    diameter_mm: float,
    length_mm: float,
    begin_mm: float = 0.0,
) -> TipEdge:
    """Look at the edge of a screw's tip.

    Parameters
    ----------
    host : RayCaster
        Against the host bone.
    entry_lps_mm, direction_lps : ndarray (3,)
    diameter_mm, length_mm : float
    begin_mm : float
        Where along the screw its axis first meets bone; what lies before that does not count as protruding.
    """
    first, second = perpendiculars(direction_lps)
    turns = 2.0 * np.pi * np.arange(EDGE_POINTS)[:, None] / EDGE_POINTS
    edge = entry_lps_mm + length_mm * direction_lps
    edge = edge + 0.5 * diameter_mm * (np.cos(turns) * first + np.sin(turns) * second)
    ahead = np.broadcast_to(direction_lps, edge.shape)
    _, face = host.first_hit(edge, ahead)
    outside = ~host.starts_inside(face, ahead)
    if not outside.any():
        return TipEdge(0.0, 0.0)
    back_mm, _ = host.first_hit(edge[outside], -ahead[outside])
    return TipEdge(float(outside.mean()), float(np.minimum(back_mm, length_mm - begin_mm).max()))


def protrusion_warnings(screws: Sequence[Screw]) -> tuple[str, ...]:
    """Warn of each screw whose tip protrudes from the bone; numbered from 1 as in the report."""
    return tuple(
        f"screw {n} ({screw.through}, {screw.length_mm:.0f} mm) protrudes from the bone by up to "
        f"{screw.protrusion_mm:.1f} mm at {100 * screw.tip_outside_fraction:.0f} % of its tip's edge: "
        "choose a shorter one, another direction, or leave it out"
        for n, screw in enumerate(screws, start=1)
        if screw.protrusion_mm > 0.0
    )
