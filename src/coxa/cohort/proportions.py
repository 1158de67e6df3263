"""Two groups compared on a yes/no outcome."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from coxa.cohort.describe import describe
from coxa.cohort.results import CONFIDENCE, Comparison, Description, Effect, Interval, Test
from coxa.cohort.schema import Outcome
from coxa.geometry.arrays import FloatArray

FISHER, CHI_SQUARED = "Fisher exact test", "χ² test (no continuity correction)"
LEAST_EXPECTED = 5.0
"""Cochran's rule: chi-squared when every expected count reaches this, else Fisher's exact test (``auto``)."""


def compare_proportions(
    outcome: Outcome, labels: tuple[str, str], first: FloatArray, second: FloatArray, design: str = "between"
) -> Comparison:
    """Compare shares of ones among values (N,) and (M,) of 0 and 1, NaN where missing."""
    samples = tuple(describe(label, values) for label, values in zip(labels, (first, second), strict=True))
    yes = tuple(int(np.nansum(values)) for values in (first, second))
    return compare_counts(outcome, (samples[0], samples[1]), (yes[0], yes[1]), design)


def compare_counts(
    outcome: Outcome, samples: tuple[Description, Description], yes: tuple[int, int], design: str = "between"
) -> Comparison:
    """Compare ``yes`` of ``n`` in two groups: a test, the risk difference (Newcombe), the odds ratio (exact).

    References
    ----------
    Cochran WG (1954) Biometrics 10:417-451. Newcombe RG (1998) Stat Med 17:873-890.
    """
    a, b = (replace(d, mean=count / d.n if d.n else None) for d, count in zip(samples, yes, strict=True))
    table = np.array([[yes[0], a.n - yes[0]], [yes[1], b.n - yes[1]]])
    tests, name, why = _tests(table)
    declared = {"fisher": FISHER, "chi_squared": CHI_SQUARED}.get(outcome.test_between)
    if declared is not None:
        name, why = declared, "declared in the schema"
    return Comparison(
        outcome=outcome.name,
        design=design,
        group=None,
        first=a,
        second=b,
        primary=tests[name],
        chosen=why,
        others=tuple(test for key, test in tests.items() if key != name),
        assumptions=(),
        difference=_risk_difference(table),
        effect=_odds_ratio(table),
        remarks=tuple(f"{d.label}: {d.missing} of {d.n + d.missing} values missing" for d in samples if d.missing),
    )


def _tests(table: np.ndarray) -> tuple[dict[str, Test], str, str]:
    from scipy.stats import chi2_contingency, fisher_exact

    if (table.sum(axis=1) == 0).any():
        empty = {name: Test(name, None, reason="a group has no values") for name in (FISHER, CHI_SQUARED)}
        return empty, FISHER, "a group has no values"
    fisher = Test(FISHER, float(fisher_exact(table).pvalue))
    if (table.sum(axis=0) == 0).any():
        chi = Test(CHI_SQUARED, None, reason="all answers are the same")
        return {FISHER: fisher, CHI_SQUARED: chi}, FISHER, "all answers are the same"
    found = chi2_contingency(table, correction=False)
    chi = Test(CHI_SQUARED, float(found.pvalue), float(found.statistic), "χ²", float(found.dof))
    least = float(found.expected_freq.min())
    name = CHI_SQUARED if least >= LEAST_EXPECTED else FISHER
    return {FISHER: fisher, CHI_SQUARED: chi}, name, f"smallest expected count {least:.1f} (Cochran's rule: 5)"


def _risk_difference(table: np.ndarray) -> Interval | None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    (a, b), (c, d) = table.tolist()
    if a + b == 0 or c + d == 0:
        return None
    low, high = confint_proportions_2indep(a, a + b, c, c + d, method="newcomb", alpha=1 - CONFIDENCE)
    return Interval(a / (a + b) - c / (c + d), float(low), float(high))


def _odds_ratio(table: np.ndarray) -> Effect:
    from scipy.stats.contingency import odds_ratio

    name = "odds ratio (conditional)"
    if (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
        return Effect(name, None, "a row or a column of the table is empty")
    found = odds_ratio(table)
    low, high = found.confidence_interval(CONFIDENCE)
    if not all(map(math.isfinite, (found.statistic, high))):
        return Effect(name, None, f"a cell is zero: the ratio has no upper limit (lower limit {low:.2f})")
    return Effect(name, Interval(float(found.statistic), float(low), float(high)))
