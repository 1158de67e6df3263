"""Standardised differences with exact confidence intervals."""

from __future__ import annotations

import math

from coxa.cohort.results import CONFIDENCE, Effect, Interval


def hedges_g(t: float, n_first: int, n_second: int) -> Effect:
    """Hedges' g of two independent groups from the pooled t statistic.

    Standardised by the pooled SD; interval by inversion of the noncentral t distribution; point and limits with
    the exact small-sample factor J.

    References
    ----------
    Hedges LV (1981) J Educ Stat 6:107-128. Steiger JH, Fouladi RT (1997) in: What if there were no significance
    tests?, 221-257.
    """
    return _standardised("Hedges g", t, n_first + n_second - 2, math.sqrt(1 / n_first + 1 / n_second))


def hedges_g_paired(t: float, n: int) -> Effect:
    """Mean change over the SD of the changes (g_z) from the paired t statistic; interval as in :func:`hedges_g`."""
    return _standardised("Hedges g of the change", t, n - 1, math.sqrt(1 / n))


def small_sample_factor(df: float) -> float:
    """Return Hedges' J: what takes the bias out of a standardised difference with ``df`` degrees of freedom."""
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def _standardised(name: str, t: float, df: int, scale: float) -> Effect:
    if df < 2:
        return Effect(name, None, "needs three values or more")
    factor = small_sample_factor(df) * scale
    tail = (1 - CONFIDENCE) / 2
    low, high = noncentrality(t, df, 1 - tail), noncentrality(t, df, tail)
    return Effect(name, Interval(t * factor, low * factor, high * factor))


def noncentrality(t: float, df: float, probability: float) -> float:
    """Return the noncentrality at which a noncentral t lies below ``t`` with this probability."""
    from scipy.special import nctdtrinc

    if t < 0:  # scipy's inverse loses the far tail of negative t; the distribution is its own mirror image
        return -noncentrality(-t, df, 1 - probability)
    return float(nctdtrinc(df, probability, t))
