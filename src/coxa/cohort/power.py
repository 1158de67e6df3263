"""What a comparison of a given size can find, by the noncentral t distribution (statsmodels)."""

from __future__ import annotations

import math

from coxa.cohort.results import ALPHA, Power

WANTED_POWER = 0.8
"""The usual convention."""


def power_between(sd: float, n_first: int, n_second: int, relevant: float | None = None) -> Power | None:
    """Power of a two-sided t test of two independent groups with a common SD; None when it cannot be computed."""
    from statsmodels.stats.power import TTestIndPower

    if min(n_first, n_second) < 2 or sd <= 0:
        return None
    solver, ratio = TTestIndPower(), n_second / n_first
    smallest = solver.solve_power(nobs1=n_first, ratio=ratio, alpha=ALPHA, power=WANTED_POWER)
    if relevant is None:
        return Power(float(smallest) * sd, WANTED_POWER)
    effect = abs(relevant) / sd
    found = solver.power(effect, n_first, ALPHA, ratio=ratio)
    needed = solver.solve_power(effect_size=effect, ratio=1.0, alpha=ALPHA, power=WANTED_POWER)
    return Power(float(smallest) * sd, WANTED_POWER, relevant, float(found), math.ceil(float(needed)))


def power_within(sd_change: float, n: int, relevant: float | None = None) -> Power | None:
    """Power of a two-sided paired t test from the SD of the changes; None when it cannot be computed."""
    from statsmodels.stats.power import TTestPower

    if n < 2 or sd_change <= 0:
        return None
    solver = TTestPower()
    smallest = solver.solve_power(nobs=n, alpha=ALPHA, power=WANTED_POWER)
    if relevant is None:
        return Power(float(smallest) * sd_change, WANTED_POWER)
    effect = abs(relevant) / sd_change
    found = solver.power(effect, n, ALPHA)
    needed = solver.solve_power(effect_size=effect, alpha=ALPHA, power=WANTED_POWER)
    return Power(float(smallest) * sd_change, WANTED_POWER, relevant, float(found), math.ceil(float(needed)))
