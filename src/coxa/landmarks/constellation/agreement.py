"""Which of a pelvis's points agree with each other, judged by the constellation of adult pelves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray
from coxa.landmarks.constellation.model import Constellation, Expected, FittedConstellation, fit_constellation

POINT_NOISE_MM, HEAD_NOISE_MM, PLACED_NOISE_MM = 1.5, 0.6, 1.0
"""Standard deviation a coordinate of a landmark found by its rule, of a native head's centre, of one placed by hand."""
MISFIT = 22.0
"""Squared Mahalanobis distance beyond which a point is taken for another place: one right point in 15 000 in a normal
scatter, the heavier tail of real pelves for [E]."""
UNUSUAL = 8.0
"""Beyond this a point gets a warning: one right point in twenty-two in a normal scatter."""
USUAL_DISAGREEMENT, MAX_WIDENING = 2.2, 2.5
"""Mean squared distance of the points of a pelvis up to which their usual uncertainty holds: 1.0 to 1.4 in pelves that
took part in the figures, 2.3 in left-out ones, 3 and more where the surface is wrong by 1.5 mm; and the bound."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """The points that agree, and where they put those that do not.

    Attributes
    ----------
    fitted : FittedConstellation or None
        On the points that agree; None when too few are there to compare.
    expected : Mapping[str, Expected]
        Of every point that was given: where the others that agree put it.
    misfits : tuple of str
        Points that were left out, the worst first.
    """

    fitted: FittedConstellation | None
    expected: Mapping[str, Expected]
    misfits: tuple[str, ...]

    @property
    def widening(self) -> float:
        """How much wider than usual the points of this pelvis scatter: 1 where they agree as they commonly do.

        Where a mask is poor every point is a little off, and all together agree less, though none is contradicted.
        """
        agreeing = [e.distance_squared for name, e in self.expected.items() if name not in self.misfits]
        if not agreeing:
            return 1.0
        return float(np.clip(np.sqrt(np.mean(agreeing) / USUAL_DISAGREEMENT), 1.0, MAX_WIDENING))


def agreeing_points(
    model: Constellation,
    points_lps_mm: Mapping[str, FloatArray],
    noise_mm: Mapping[str, float],
    trusted: Collection[str] = (),
) -> Agreement:
    """Leave out the point that the others contradict most, again and again, until none is contradicted.

    Each point is compared with where all the others put it, so its own side, the other side and the distances between
    them speak together. ``trusted`` points, placed by a person, are never left out.
    """
    kept = {name: place for name, place in points_lps_mm.items() if name in model.names}
    misfits: list[str] = []
    while True:
        try:
            fitted = fit_constellation(model, kept, noise_mm)
        except FitError:
            return Agreement(None, {}, ())
        left_out = {name: fitted.left_out(name) for name in kept}
        doubted = [name for name in kept if name not in trusted]
        worst = max(doubted, key=lambda name: left_out[name].distance_squared, default=None)
        if worst is None or left_out[worst].distance_squared <= MISFIT:
            break
        misfits.append(worst)
        del kept[worst]
    others = {name: fitted.expected(name, noise_mm[name], points_lps_mm[name]) for name in misfits}
    return Agreement(fitted, {**left_out, **others}, tuple(misfits))
