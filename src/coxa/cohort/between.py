"""Two independent groups compared: Student, Welch, Mann-Whitney; Fisher or chi-squared for proportions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from coxa.cohort.describe import describe, looks_normal, normality
from coxa.cohort.effect_size import hedges_g
from coxa.cohort.power import power_between
from coxa.cohort.ranks import RankTest, means_against_ranks, rank_sum
from coxa.cohort.results import ALPHA, CONFIDENCE, LEVEL, Comparison, Description, Effect, Interval, RankShift, Test
from coxa.cohort.schema import Outcome
from coxa.geometry.arrays import FloatArray

STUDENT, WELCH, MANN_WHITNEY = "Student t test (pooled variance)", "Welch t test", "Mann–Whitney U test"
FEW = "fewer than two values in a group"
NEEDS_PATIENTS = "needs the patients' own values"
NOT_DECLARED = "from means and SDs alone, Student's test unless Welch's is declared"


def compare_groups(
    outcome: Outcome, labels: tuple[str, str], first: FloatArray, second: FloatArray, design: str = "between"
) -> Comparison:
    """Compare a continuous outcome of two groups, from values (N,) and (M,) with NaN where missing."""
    from scipy.stats import levene

    samples = tuple(describe(label, values) for label, values in zip(labels, (first, second), strict=True))
    base = compare_summaries(outcome, samples[0], samples[1], design)
    known = first[~np.isnan(first)], second[~np.isnan(second)]
    shapes = tuple(normality(label, values) for label, values in zip(labels, known, strict=True))
    ranks = None if min(len(known[0]), len(known[1])) < 2 else rank_sum(*known)
    tests = {"student": base.primary, "welch": base.others[0], "mann_whitney": _mann_whitney(ranks)}
    name, why = _choose(outcome, shapes)
    spread = Test("Brown–Forsythe, equal spread", None, reason=FEW)
    if min(len(known[0]), len(known[1])) > 1 and base.primary.p is not None:
        f, p = levene(*known, center="median")
        spread = Test(spread.name, float(p), float(f), "F")
    return replace(
        base,
        primary=tests[name],
        chosen=why,
        others=tuple(test for key, test in tests.items() if key != name),
        assumptions=(*shapes, spread),
        difference=_mean_difference(samples[0], samples[1], name),
        effect=_superiority(*known) if name == "mann_whitney" else base.effect,
        remarks=(*base.remarks, *means_against_ranks(base.difference, ranks, tests[name].name == MANN_WHITNEY)),
        ranks=None if ranks is None else RankShift(ranks.shift, ranks.rank_biserial),
    )


def compare_summaries(outcome: Outcome, first: Description, second: Description, design: str = "between") -> Comparison:
    """Compare two groups of which only n, mean and SD are known; the declared test is Student's unless Welch's is."""
    student, welch = _t_test(first, second, STUDENT), _t_test(first, second, WELCH)
    effect = Effect("Hedges g", None, student.reason)
    power = None
    if student.statistic is not None:
        effect = hedges_g(student.statistic, first.n, second.n)
        power = power_between(_pooled_sd(first, second), first.n, second.n, outcome.relevant)
    is_welch = outcome.test_between == "welch"
    why = "declared in the schema" if outcome.test_between in ("welch", "student") else NOT_DECLARED
    return Comparison(
        outcome=outcome.name,
        design=design,
        group=None,
        first=first,
        second=second,
        primary=welch if is_welch else student,
        chosen=why,
        others=(student if is_welch else welch, Test(MANN_WHITNEY, None, reason=NEEDS_PATIENTS)),
        assumptions=(),
        difference=_mean_difference(first, second, "welch" if is_welch else "student"),
        effect=effect,
        power=power,
        remarks=_missing_remarks(first, second),
    )


def _choose(outcome: Outcome, shapes: tuple[Test, ...]) -> tuple[str, str]:
    if outcome.test_between != "auto":
        return outcome.test_between, "declared in the schema"
    if looks_normal(shapes, ALPHA):
        return "welch", f"normality not rejected in either group (P ≥ {LEVEL}); Welch needs no equal variances"
    return "mann_whitney", f"normality rejected (P < {LEVEL}) or not testable in a group"


def _t_test(first: Description, second: Description, name: str) -> Test:
    from scipy.stats import ttest_ind_from_stats

    if first.mean is None or second.mean is None or first.sd is None or second.sd is None:
        return Test(name, None, reason=FEW)
    if first.sd == 0 and second.sd == 0:
        return Test(name, None, reason="no spread in either group")
    pooled = name == STUDENT
    t, p = ttest_ind_from_stats(first.mean, first.sd, first.n, second.mean, second.sd, second.n, equal_var=pooled)
    return Test(name, float(p), float(t), "t", _degrees_of_freedom(first, second, name))


def _degrees_of_freedom(first: Description, second: Description, name: str) -> float:
    """Return n1 + n2 - 2, or Welch and Satterthwaite's (Biometrika 1947;34:28-35)."""
    if name == STUDENT or first.sd is None or second.sd is None:
        return float(first.n + second.n - 2)
    a, b = first.sd**2 / first.n, second.sd**2 / second.n
    return (a + b) ** 2 / (a**2 / (first.n - 1) + b**2 / (second.n - 1))


def _mean_difference(first: Description, second: Description, test: str) -> Interval | None:
    """Return the difference of means with the interval that belongs to the pooled or (else) to Welch's test."""
    from scipy.stats import t as student_t

    result = _t_test(first, second, STUDENT if test == "student" else WELCH)
    if result.df is None or first.mean is None or second.mean is None or first.sd is None or second.sd is None:
        return None
    if test == "student":
        error = _pooled_sd(first, second) * math.sqrt(1 / first.n + 1 / second.n)
    else:
        error = math.sqrt(first.sd**2 / first.n + second.sd**2 / second.n)
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, result.df)) * error
    middle = first.mean - second.mean
    return Interval(middle, middle - half, middle + half)


def _pooled_sd(first: Description, second: Description) -> float:
    a, b = (first.n - 1) * (first.sd or 0.0) ** 2, (second.n - 1) * (second.sd or 0.0) ** 2
    return math.sqrt((a + b) / (first.n + second.n - 2))


def _mann_whitney(ranks: RankTest | None) -> Test:
    if ranks is None:
        return Test(MANN_WHITNEY, None, reason=FEW)
    return Test(MANN_WHITNEY, ranks.p, ranks.statistic, "U", method=ranks.method)


def _superiority(first: FloatArray, second: FloatArray) -> Effect:
    """Chance that a patient of the first group has the higher value, ties half (Brunner-Munzel interval)."""
    from statsmodels.stats.nonparametric import rank_compare_2indep

    name = "probability of a higher value in the first group"
    if min(len(first), len(second)) < 2:
        return Effect(name, None, FEW)
    if min(np.ptp(first), np.ptp(second)) == 0:
        return Effect(name, None, "all values of a group are equal")
    found = rank_compare_2indep(first, second)
    low, high = found.conf_int(alpha=1 - CONFIDENCE)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Effect(name, None, "the groups do not overlap, so no interval can be given")
    return Effect(name, Interval(float(found.prob1), max(0.0, float(low)), min(1.0, float(high))))


def _missing_remarks(first: Description, second: Description) -> tuple[str, ...]:
    return tuple(f"{d.label}: {d.missing} of {d.n + d.missing} values missing" for d in (first, second) if d.missing)
