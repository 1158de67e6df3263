"""The choice among several answers for the same point, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coxa.anatomy import Landmark, Rung, Status

CHECKS_ONLY = ("regression",)
"""Rungs that are reported but never chosen, and whose disagreement casts no doubt."""
INTACT = ("own_head",)
"""Rungs that see the point itself: while nothing else speaks against them, coarser ones cast no doubt on them."""


def landmark_of_rungs(name: str, rungs: Sequence[Rung]) -> Landmark:
    """Return the landmark of the answer with the smallest stated uncertainty; the earlier one on a tie.

    An answer that comes with a reason, or that a coarser method contradicts beyond both their uncertainties, is in
    doubt.
    """
    answered = [rung for rung in rungs if rung.position_lps_mm is not None and rung.name not in CHECKS_ONLY]
    if not answered:
        reasons = "; ".join(f"{rung.name.replace('_', ' ')}: {rung.reason}" for rung in rungs)
        return replace(Landmark.missing(name, reasons), rungs=tuple(rungs))
    best = min(answered, key=_radius_mm)
    doubts = [best.reason] if best.reason else []
    if best.name not in INTACT or best.reason:
        doubts += [doubt for rung in answered if rung is not best and (doubt := _contradiction(best, rung))]
    return Landmark(
        name,
        best.position_lps_mm,
        best.uncertainty_mm,
        Status.WARN if doubts else Status.OK,
        best.method,
        "; ".join(doubts) or None,
        tuple(replace(rung, chosen=rung is best) for rung in rungs),
    )


def _radius_mm(rung: Rung) -> float:
    return float("inf") if rung.uncertainty_mm is None else rung.uncertainty_mm


def _contradiction(best: Rung, other: Rung) -> str | None:
    if best.position_lps_mm is None:
        return None
    apart = other.apart_mm(best.position_lps_mm)
    if apart is None or apart <= _radius_mm(best) + _radius_mm(other):
        return None
    return f"{other.name.replace('_', ' ')} says {apart:.0f} mm elsewhere, more than both their uncertainties"
