"""One sample in numbers, and whether it is near normal."""

from __future__ import annotations

import numpy as np

from coxa.cohort.results import Description, Test
from coxa.geometry.arrays import FloatArray

LEAST_FOR_NORMALITY = 3
"""Fewer values cannot be tested for normality."""


def describe(label: str, values: FloatArray) -> Description:
    """Describe values (N,), of which NaN are missing.

    Quartiles are those of R's default (type 7: linear between order statistics).
    """
    known = values[~np.isnan(values)]
    missing = len(values) - len(known)
    if len(known) == 0:
        return Description(label, 0, missing, None, None)
    sd = _spread(known) if len(known) > 1 else None
    lower, median, upper = (float(q) for q in np.percentile(known, (25, 50, 75)))
    ends = float(known.min()), float(known.max())
    return Description(label, len(known), missing, float(known.mean()), sd, median, lower, upper, *ends)


def _spread(values: FloatArray) -> float:
    """Return the SD with n - 1; exactly 0 of equal values, whose mean may differ from them in the last bit."""
    return float(values.std(ddof=1)) if np.ptp(values) > 0 else 0.0


def normality(label: str, values: FloatArray) -> Test:
    """Shapiro-Wilk test of known values (N,); Royston's approximation."""
    from scipy.stats import shapiro

    name = f"Shapiro–Wilk, {label}"
    if len(values) < LEAST_FOR_NORMALITY:
        return Test(name, None, reason=f"needs {LEAST_FOR_NORMALITY} values, there are {len(values)}")
    if np.ptp(values) == 0:
        return Test(name, None, reason="all values are equal")
    w, p = shapiro(values)
    return Test(name, float(p), float(w), "W")


def looks_normal(tests: tuple[Test, ...], alpha: float) -> bool:
    """Tell whether normality was testable everywhere and nowhere rejected."""
    return all(test.p is not None and test.p >= alpha for test in tests)
