"""The choice among several answers for the same point, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coxa.anatomy import Estimate, Landmark, Status

CHECKS_ONLY = ("regression",)
"""Estimates that are reported but never chosen, and whose disagreement gives no warning."""
INTACT = ("own_head",)
"""Estimates that see the point itself: while nothing else speaks against them, coarser ones give no warning."""


def landmark_from_estimates(name: str, estimates: Sequence[Estimate]) -> Landmark:
    """Return the landmark of the answer with the smallest stated uncertainty; the earlier one on a tie.

    An answer that comes with a reason, or that a coarser method contradicts beyond both their uncertainties, is in
    doubt.
    """
    answered = [
        estimate for estimate in estimates if estimate.position_lps_mm is not None and estimate.name not in CHECKS_ONLY
    ]
    if not answered:
        reasons = "; ".join(f"{estimate.name.replace('_', ' ')}: {estimate.reason}" for estimate in estimates)
        return replace(Landmark.missing(name, reasons), estimates=tuple(estimates))
    best = min(answered, key=_radius_mm)
    warnings = [best.reason] if best.reason else []
    if best.name not in INTACT or best.reason:
        warnings += [
            warning for estimate in answered if estimate is not best and (warning := _contradiction(best, estimate))
        ]
    return Landmark(
        name,
        best.position_lps_mm,
        best.uncertainty_mm,
        Status.WARN if warnings else Status.OK,
        best.method,
        "; ".join(warnings) or None,
        tuple(replace(estimate, chosen=estimate is best) for estimate in estimates),
    )


def _radius_mm(estimate: Estimate) -> float:
    return float("inf") if estimate.uncertainty_mm is None else estimate.uncertainty_mm


def _contradiction(best: Estimate, other: Estimate) -> str | None:
    if best.position_lps_mm is None:
        return None
    apart = other.apart_mm(best.position_lps_mm)
    if apart is None or apart <= _radius_mm(best) + _radius_mm(other):
        return None
    return f"{other.name.replace('_', ' ')} gives a position {apart:.0f} mm away, more than both uncertainties"
