"""What a comparison of a given size can find, by the noncentral t distribution (statsmodels)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from coxa.cohort.results import ALPHA, Power

WANTED_POWER = 0.8
"""The usual convention."""


def power_between(sd: float, n_first: int, n_second: int, relevant: float | None = None) -> Power | None:
    """Power of a two-sided t test of two independent groups with a common SD; None when it cannot be computed."""
    from statsmodels.stats.power import TTestIndPower

    if min(n_first, n_second) < 2:
        return None
    solver = TTestIndPower()

    def power_of(effect: float) -> float:
        return _two_sided(solver, effect, n_first, ratio=n_second / n_first)

    return _power(sd, power_of, lambda effect, n: _two_sided(solver, effect, n), relevant)


def power_within(sd_change: float, n: int, relevant: float | None = None) -> Power | None:
    """Power of a two-sided paired t test from the SD of the changes; None when it cannot be computed."""
    from statsmodels.stats.power import TTestPower

    if n < 2:
        return None
    solver = TTestPower()

    def power_of(effect: float) -> float:
        return _two_sided(solver, effect, n)

    return _power(sd_change, power_of, lambda effect, number: _two_sided(solver, effect, number), relevant)


def _two_sided(solver: Any, effect: float, n: float, **ratio: float) -> float:
    """Return the power of a two-sided test; where SciPy loses the far tail, which is then nil, that of the near one."""
    both = float(solver.power(effect, n, ALPHA, **ratio))
    if not math.isnan(both):
        return both
    return float(solver.power(effect, n, ALPHA / 2, alternative="larger", **ratio))


def _power(
    sd: float,
    power_of: Callable[[float], float],
    power_with: Callable[[float, float], float],
    relevant: float | None,
) -> Power | None:
    """Solve for the smallest effect, and for the n that finds the relevant one.

    The searches double and then bisect: statsmodels' own ``solve_power`` does not converge for very small samples.
    """
    smallest = _first_with_power(power_of, start=0.01)
    if sd <= 0 or smallest is None:
        return None
    if relevant is None:
        return Power(smallest * sd, WANTED_POWER)
    effect = abs(relevant) / sd
    needed = _first_with_power(lambda n: power_with(effect, n), start=2.0)
    return Power(
        smallest * sd, WANTED_POWER, relevant, power_of(effect), None if needed is None else math.ceil(needed - 1e-6)
    )


def _first_with_power(power: Callable[[float], float], start: float) -> float | None:
    """Return where an increasing power passes the wanted one, not below ``start``; None when it cannot be computed."""
    from scipy.optimize import brentq

    high = start
    while not power(high) >= WANTED_POWER:
        if math.isnan(power(high)) or high > 1e7 * start:
            return None
        high *= 2
    if high == start:
        return start
    return float(brentq(lambda x: power(x) - WANTED_POWER, high / 2, high, xtol=1e-9 * start))
