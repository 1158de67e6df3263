"""Both trochanters as landmarks: found on their own femur, and judged by its shaft and by the other side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coxa.anatomy import SIDES, Landmark, Side, landmark_name
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.femur import FemurAxes, femur_axes, trochanters
from coxa.landmarks.reliability import Surroundings, doubted

METHOD = "outermost cap in the femur's frame"
GT_FROM_AXIS_MM = (0.0, 25.0)
"""Distance of a greater trochanter's apex from the shaft's axis."""
LT_FROM_AXIS_MM = (17.0, 52.0)
"""The same of a lesser trochanter."""
LT_BEHIND_MM = (8.0, 45.0)
"""How far a lesser trochanter lies behind the neck's plane."""
SPAN_MM = (33.0, 95.0)
"""How far the greater trochanter lies over the lesser one along the shaft.

All four: ten adults and their variations, 43 femora: 1 to 14, 26 to 40, 21 to 33, 45 to 73 mm; a third more
to either side [E]."""
UNEQUAL_MM = 6.0
"""Spans of the two sides that differ by more contradict each other. Nine adults: 2.4 mm at most; twelve variations of
them, whose sides are displaced apart: one of 8.3 mm, else up to 3.5."""


@dataclass(frozen=True, eq=False)
class FemoralLandmarks:
    """``GT`` and ``LT`` of one side, and how far one lies over the other along the shaft, mm, where both are there."""

    marks: Mapping[str, Landmark]
    span_mm: float | None = None


def femoral_landmarks(
    side: Side, femur: SurfacePoints | None, centre: Landmark, surroundings: Surroundings
) -> FemoralLandmarks:
    """Find the trochanters of one femur; what lies where no trochanter can be is not answered.

    Parameters
    ----------
    side : Side
    femur : SurfacePoints or None
    centre : Landmark
        The side's rotation centre: the head's end of the femur.
    surroundings : Surroundings
    """
    names = {stem: landmark_name(stem, side) for stem in ("GT", "LT")}
    reason = None if femur is not None else f"no surface of femur_{side}"
    if reason is None and centre.position_lps_mm is None:
        reason = f"needs the rotation centre: {centre.reason}"
    if femur is None or reason is not None:
        return _none(names, reason or "")
    try:
        axes = femur_axes(femur, centre.point, side)
        greater, lesser = trochanters(femur, centre.point, axes)
    except FitError as refusal:
        return _none(names, str(refusal))
    short = axes.short_shaft_reach_mm
    warning = None if short is None else f"little shaft to orient the femur by: {short:.0f} mm below the head"
    marks = {}
    for stem, place in (("GT", greater), ("LT", lesser)):
        refused = _implausible(stem, place, centre.point, axes)
        if place is None or refused is not None:
            marks[names[stem]] = Landmark.missing(names[stem], refused or "the trochanter is not in view")
        else:
            marks[names[stem]] = surroundings.surface_landmark(names[stem], place, METHOD, warning)
    return _with_span(marks, names, axes)


def compared_sides(found: Mapping[Side, FemoralLandmarks]) -> dict[str, Landmark]:
    """Return the trochanters of both femora, with a warning where the two sides contradict each other."""
    marks = {name: mark for side in SIDES for name, mark in found[side].marks.items()}
    left, right = (found[side].span_mm for side in SIDES)
    if left is None or right is None or abs(left - right) <= UNEQUAL_MM:
        return marks
    why = (
        f"the greater trochanter lies {left:.0f} mm over the lesser one on the left and {right:.0f} mm on the right: "
        "one of them is not found, or a femur was operated on"
    )
    return {name: doubted(mark, why, abs(left - right)) for name, mark in marks.items()}


def _none(names: Mapping[str, str], reason: str) -> FemoralLandmarks:
    return FemoralLandmarks({name: Landmark.missing(name, reason) for name in names.values()})


def _implausible(stem: str, place: FloatArray | None, centre: FloatArray, axes: FemurAxes) -> str | None:
    """Say why a point can be no trochanter; None when it can."""
    if place is None:
        return None
    off = place - centre
    lateral, posterior = float(off @ axes.lateral_lps), float(off @ axes.posterior_lps)
    from_axis = float(np.hypot(lateral - axes.offset_mm, posterior))
    low, high = LT_FROM_AXIS_MM if stem == "LT" else GT_FROM_AXIS_MM
    if not low <= from_axis <= high:
        return f"the point found lies {from_axis:.0f} mm from the shaft's axis, where no trochanter is"
    if stem == "LT" and not LT_BEHIND_MM[0] <= posterior <= LT_BEHIND_MM[1]:
        return f"the point found lies {posterior:.0f} mm behind the neck's plane, where no lesser trochanter is"
    return None


def _with_span(marks: Mapping[str, Landmark], names: Mapping[str, str], axes: FemurAxes) -> FemoralLandmarks:
    greater, lesser = marks[names["GT"]], marks[names["LT"]]
    if not (greater.status.has_value and lesser.status.has_value):
        return FemoralLandmarks(marks)
    span = float((greater.point - lesser.point) @ axes.proximal_lps)
    if SPAN_MM[0] <= span <= SPAN_MM[1]:
        return FemoralLandmarks(marks, span)
    why = f"the points found lie {span:.0f} mm apart along the shaft, not as two trochanters do"
    return FemoralLandmarks({**marks, lesser.name: Landmark.missing(lesser.name, why)})
