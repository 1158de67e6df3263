"""Two plans of one hip beside each other, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coxa.errors import InputRefusedError
from coxa.geometry.frames import Frame, RigidTransform
from coxa.planning.plan import Plan

SAME = {"mm": 0.01, "deg": 0.01, "%": 0.05, "ml": 0.01, "1": 1e-3}
"""Figures that differ by no more are the same: mesh files keep single precision."""


@dataclass(frozen=True)
class FigureRow:
    """One figure of two plans; None where a plan does not have it."""

    name: str
    unit: str
    first: float | None
    second: float | None

    @property
    def difference(self) -> float | None:
        """Second less first; None when either is missing."""
        return None if self.first is None or self.second is None else self.second - self.first

    @property
    def is_same(self) -> bool:
        """Whether both plans say the same, within what files keep."""
        if self.difference is None:
            return self.first is None and self.second is None
        return abs(self.difference) <= SAME[self.unit]


def compare_plans(first: Plan, second: Plan) -> tuple[FigureRow, ...]:
    """Return every figure of two plans of the same hip on the same scan.

    Raises
    ------
    InputRefusedError
        When they are of two scans or of two sides: their figures have nothing to do with each other.
    """
    if first.input_sha256 != second.input_sha256:
        raise InputRefusedError("the plans are of two different scans: give two plans of the same one")
    if first.side is not second.side:
        raise InputRefusedError(f"one plan is of the {first.side}, one of the {second.side} hip: give two of one hip")
    mine, theirs = dict(_figures(first)), dict(_figures(second))
    names = [*mine, *(name for name in theirs if name not in mine)]
    return tuple(FigureRow(*name, mine.get(name), theirs.get(name)) for name in names)


def _figures(plan: Plan) -> Iterator[tuple[tuple[str, str], float | None]]:
    """Yield ((name, unit), value) of one plan."""
    cup = plan.cup
    yield ("cup outer diameter", "mm"), cup.outer_diameter_mm
    yield ("inclination, radiographic", "deg"), cup.inclination_radiographic_deg
    yield ("anteversion, radiographic", "deg"), cup.anteversion_radiographic_deg
    frame = RigidTransform(np.asarray(plan.lps_from_app), Frame.LPS, Frame.APP)
    signs = np.array([plan.side.lateral_sign, 1.0, 1.0])
    for name, point in (("target centre", plan.target.position_lps_mm), ("cup centre", cup.centre_lps_mm)):
        place = signs * frame.inverse().points(point[None])[0]
        for axis, value in zip(("lateral", "posterior", "superior"), place, strict=True):
            yield (f"{name}, {axis}", "mm"), float(value)
    yield ("cup centre from target", "mm"), float(np.linalg.norm(cup.centre_lps_mm - plan.target.position_lps_mm))
    for c in plan.coverage:
        for name, share in (
            ("host bone", c.host_fraction),
            ("augment", c.augment_fraction),
            ("nothing", c.unsupported_fraction),
        ):
            yield (f"{name} within {c.tolerance_mm:g} mm", "%"), 100.0 * share
    yield from _cup_metrics(plan)
    yield ("bone lost", "ml"), None if plan.defect is None else plan.defect.lost_ml
    yield ("augment", "ml"), plan.augment.volume_ml
    yield ("augment, porous", "ml"), plan.augment.porous_volume_ml
    yield ("screws", "1"), float(len(plan.screws))
    yield ("screws, length in bone", "mm"), float(sum(screw.bone_length_mm for screw in plan.screws))
    yield ("screws, furthest protrusion", "mm"), max((screw.protrusion_mm for screw in plan.screws), default=None)
    clearances = [screw.clearance_mm for screw in plan.screws if screw.clearance_mm is not None]
    yield ("screws, least clearance", "mm"), min(clearances, default=None)
    for m in plan.motion:
        yield (m.metric.replace("_", " "), m.unit), m.value


def _cup_metrics(plan: Plan) -> Iterator[tuple[tuple[str, str], float | None]]:
    if plan.cup_choice is None:
        return
    figures = plan.cup_choice.proposal.figures
    yield ("medial wall", "mm"), figures.medial_wall_mm
    yield ("through the inner table", "mm"), figures.protrusion_mm
    yield ("host bone removed", "ml"), figures.bone_removed_ml
    yield ("cost of the cup", "1"), figures.cost
