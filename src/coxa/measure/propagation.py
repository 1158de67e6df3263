"""From landmarks to one measurement: the value, its uncertainty, and what is unreliable.

The half-width comes from the landmarks' own 90 % radii by first-order propagation: each coordinate is moved by its
standard deviation, the changes of the value add in quadrature. The anatomical frame is a function of the landmarks
too, so its uncertainty is inside. The landmarks that make it do not scatter evenly: a prominence is sharp the way it
sticks out and blurred across, and both sides' blur goes together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import Landmark, Status
from coxa.case import Measurement
from coxa.geometry.arrays import FloatArray
from coxa.geometry.frames import Frame, RigidTransform, app_frame, functional_frame

RADIUS_90_PER_SIGMA = 2.5003
"""Radius that holds 90 % of a three-dimensional isotropic normal distribution, in standard deviations per axis."""
HALF_WIDTH_90_PER_SIGMA = 1.6449
"""Half-width that holds 90 % of a Gaussian, over its standard deviation."""
UNSTATED_UNCERTAINTY_MM = 5.0
"""Taken for a landmark that states none [E]."""
FRAME_LANDMARKS = ("ASIS_L", "ASIS_R", "PT_L", "PT_R")
FRAME_PAIRS = (("ASIS_L", "ASIS_R"), ("PT_L", "PT_R"))
FRAME_SCATTER = (1.2, 0.5, 1.2)
"""Standard deviations of ASIS and tubercle along left, posterior and superior over those of an even scatter of the same
radius. Ten adults: ASIS 0.5, 0.3, 1.3 mm, tubercle 1.0, 0.5, 0.7 mm."""
SIDES_AGREE = 0.6
"""Correlation of the left and the right one's miss, mirrored: 0.3 to 0.8 in ten adults."""
ANATOMICAL_FRAMES = (Frame.APP, Frame.FUNCTIONAL)

Points = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Quantity:
    """What is being measured: everything of a :class:`Measurement` but its value.

    Attributes
    ----------
    side, metric, unit, frame : str
    definition, method : str
    """

    side: str
    metric: str
    unit: str
    frame: str
    definition: str
    method: str = "from landmarks"

    def missing(self, reason: str) -> Measurement:
        """Return the measurement without a value."""
        return Measurement(
            self.side,
            self.metric,
            None,
            self.unit,
            self.frame,
            self.definition,
            Status.NOT_MEASURABLE,
            None,
            self.method,
            reason,
        )

    def measured(self, value: float, uncertainty: float, warnings: tuple[str, ...] = ()) -> Measurement:
        """Return the measurement with its value; warnings make it a warning."""
        return Measurement(
            self.side,
            self.metric,
            float(value),
            self.unit,
            self.frame,
            self.definition,
            Status.WARN if warnings else Status.OK,
            float(uncertainty),
            self.method,
            "; ".join(warnings) or None,
        )

    def on(self, side: str) -> Quantity:
        """Return the same quantity of another side."""
        return replace(self, side=side)


def frame_of(points: Points, frame: str) -> RigidTransform:
    """Return ``lps_from_app`` or ``lps_from_functional`` built from the ASIS and pubic tubercles among the points."""
    lps_from_app = app_frame(*(points[name] for name in FRAME_LANDMARKS))
    return functional_frame(lps_from_app) if frame == Frame.FUNCTIONAL else lps_from_app


def derive(quantity: Quantity, inputs: Mapping[str, Landmark], value_of: Callable[[Points], float]) -> Measurement:
    """Evaluate a quantity on landmarks and propagate their uncertainty and warnings.

    Parameters
    ----------
    quantity : Quantity
    inputs : Mapping[str, Landmark]
        All landmarks that ``value_of`` reads.
    value_of : callable
        Takes the positions by name (LPS mm), returns the value.
    """
    absent: dict[str, list[str]] = {}
    for name, mark in inputs.items():
        if mark.position_lps_mm is None:
            absent.setdefault(mark.reason or "", []).append(name)
    if absent:
        return quantity.missing("needs " + "; ".join(f"{', '.join(names)}: {why}" for why, names in absent.items()))
    points = {name: mark.point for name, mark in inputs.items()}
    value = value_of(points)
    variance = sum(
        (value_of({**points, **{name: points[name] + shift for name, shift in shifts.items()}}) - value) ** 2
        for shifts in _independent_shifts(inputs, points)
    )
    warnings = tuple(f"{name}: {mark.reason}" for name, mark in inputs.items() if mark.status is Status.WARN)
    return quantity.measured(value, HALF_WIDTH_90_PER_SIGMA * float(np.sqrt(variance)), warnings)


def _independent_shifts(inputs: Mapping[str, Landmark], points: Points) -> list[dict[str, FloatArray]]:
    """Return displacements (3,) by landmark, each of one standard deviation, that happen independently."""
    framed = all(name in inputs for name in FRAME_LANDMARKS)
    lone = [name for name in inputs if not (framed and name in FRAME_LANDMARKS)]
    shifts = [{name: _sigma_mm(inputs[name]) * axis} for name in lone for axis in np.eye(3)]
    if not framed:
        return shifts
    axes = frame_of(points, Frame.APP).axes
    for pair in FRAME_PAIRS:
        for share, axis, mirror in zip(FRAME_SCATTER, axes, (-1.0, 1.0, 1.0), strict=True):
            left, right = (share * _sigma_mm(inputs[name]) * axis for name in pair)
            together, alone = np.sqrt(SIDES_AGREE), np.sqrt(1.0 - SIDES_AGREE)
            shifts.append({pair[0]: together * left, pair[1]: together * mirror * right})
            shifts += [{pair[0]: alone * left}, {pair[1]: alone * right}]
    return shifts


def _sigma_mm(mark: Landmark) -> float:
    radius = UNSTATED_UNCERTAINTY_MM if mark.uncertainty_mm is None else mark.uncertainty_mm
    return max(radius, 1e-6) / RADIUS_90_PER_SIGMA


def chosen(points: Mapping[str, Landmark], *names: str) -> dict[str, Landmark]:
    """Return the named landmarks together with those that build the frame."""
    return {name: points[name] for name in (*FRAME_LANDMARKS, *names)}
