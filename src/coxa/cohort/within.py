"""Before and after in one group: paired t and Wilcoxon's signed-rank test."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from coxa.cohort.describe import describe, looks_normal, normality
from coxa.cohort.effect_size import hedges_g_paired
from coxa.cohort.power import power_within
from coxa.cohort.ranks import RankTest, means_against_ranks, signed_rank
from coxa.cohort.results import ALPHA, CONFIDENCE, LEVEL, Comparison, Description, Effect, Interval, RankShift, Test
from coxa.cohort.schema import Outcome
from coxa.geometry.arrays import FloatArray

PAIRED, WILCOXON = "paired t test", "Wilcoxon signed-rank test"
FEW = "fewer than two patients with both values"
NEEDS_PATIENTS = "needs the patients' own values"
DECIMALS = 9
"""Changes are taken to this many decimals: 5.3 − 5.2 and 0.3 − 0.2 are a tie, though not to the last bit."""
NO_CORRELATION = (
    "the correlation of before with after is not given; whatever it is, P is at most {bound:.2g} (its value at r = −1)"
)


def compare_visits(outcome: Outcome, group: str | None, before: FloatArray, after: FloatArray) -> Comparison:
    """Compare before (N,) with after (N,) of the same patients; only patients with both values count."""
    both = ~(np.isnan(before) | np.isnan(after))
    start, end = before[both], after[both]
    changes = np.round(end - start, DECIMALS)
    samples = describe("before", start), describe("after", end)
    correlation = _correlation(start, end)
    if len(changes) > 1 and np.ptp(changes) > 0:
        base = _from_change(outcome, group, samples, float(changes.std(ddof=1)), correlation)
    else:
        reason = FEW if len(changes) < 2 else "every patient changed by the same amount"
        base = _without_test(outcome, group, samples, reason)
    shape = normality("changes", changes)
    ranks = signed_rank(changes) if len(changes) > 1 and changes.any() else None
    tests = {"paired_t": base.primary, "wilcoxon": _wilcoxon(changes, ranks)}
    name, why = _choose(outcome, shape)
    lost = len(before) - int(both.sum())
    remarks: tuple[str, ...] = (f"{lost} of {len(before)} patients lack one of the two values",) if lost else ()
    remarks += means_against_ranks(base.difference, ranks, name == "wilcoxon")
    return replace(
        base,
        primary=tests[name],
        chosen=why,
        others=tuple(test for key, test in tests.items() if key != name),
        assumptions=(shape,),
        effect=_rank_biserial(ranks) if name == "wilcoxon" and ranks is not None else base.effect,
        remarks=remarks,
        ranks=None if ranks is None else RankShift(ranks.shift, ranks.rank_biserial),
    )


def compare_visit_summaries(
    outcome: Outcome, group: str | None, before: Description, after: Description, correlation: float | None
) -> Comparison:
    """Compare before with after of one group of which only n, means, SDs and (best) their correlation are known.

    Without the correlation the P value is not computed but bounded: the SD of the changes is at most the sum of
    the SDs.
    """
    if before.sd is None or after.sd is None or before.n != after.n or before.n < 2:
        reason = "before and after need the same n of at least 2, and SDs"
        return _without_test(outcome, group, (before, after), reason)
    if correlation is None:
        worst = _from_change(outcome, group, (before, after), before.sd + after.sd, None)
        bound = worst.primary.p if worst.primary.p is not None else 1.0
        return _without_test(outcome, group, (before, after), NO_CORRELATION.format(bound=bound))
    variance = before.sd**2 + after.sd**2 - 2 * correlation * before.sd * after.sd
    if variance <= 0:
        return _without_test(
            outcome, group, (before, after), "these SDs and this correlation leave no spread of changes"
        )
    return _from_change(outcome, group, (before, after), math.sqrt(variance), correlation)


def _from_change(
    outcome: Outcome,
    group: str | None,
    samples: tuple[Description, Description],
    sd_change: float,
    correlation: float | None,
) -> Comparison:
    from scipy.stats import t as student_t

    before, after = samples
    if before.mean is None or after.mean is None:
        return _without_test(outcome, group, samples, FEW)
    n, df = before.n, before.n - 1
    change, error = after.mean - before.mean, sd_change / math.sqrt(before.n)
    t = change / error
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, df)) * error
    return replace(
        _without_test(outcome, group, samples, ""),
        primary=Test(PAIRED, float(2 * student_t.sf(abs(t), df)), t, "t", float(df)),
        difference=Interval(change, change - half, change + half),
        effect=hedges_g_paired(t, n),
        correlation=correlation,
        power=power_within(sd_change, n, outcome.relevant),
    )


def _without_test(
    outcome: Outcome, group: str | None, samples: tuple[Description, Description], reason: str
) -> Comparison:
    before, after = samples
    return Comparison(
        outcome=outcome.name,
        design="within",
        group=group,
        first=before,
        second=after,
        primary=Test(PAIRED, None, reason=reason),
        chosen="means and SDs allow no other",
        others=(Test(WILCOXON, None, reason=NEEDS_PATIENTS),),
        assumptions=(),
        difference=None,
        effect=Effect("Hedges g of the change", None, reason),
    )


def _choose(outcome: Outcome, shape: Test) -> tuple[str, str]:
    if outcome.test_within != "auto":
        return outcome.test_within, "declared in the schema"
    if looks_normal((shape,), ALPHA):
        return "paired_t", f"normality of the changes not rejected (P ≥ {LEVEL})"
    return "wilcoxon", f"normality of the changes rejected (P < {LEVEL}) or not testable"


def _wilcoxon(changes: FloatArray, ranks: RankTest | None) -> Test:
    if ranks is None:
        return Test(WILCOXON, None, reason=FEW if len(changes) < 2 else "nobody changed")
    unchanged = int((changes == 0).sum())
    left_out = f"; {unchanged} without change left out" if unchanged else ""
    return Test(WILCOXON, ranks.p, ranks.statistic, "W", method=ranks.method + left_out)


def _rank_biserial(ranks: RankTest) -> Effect:
    name = "rank-biserial correlation of the changes"
    if ranks.rank_biserial_interval is None:
        return Effect(name, None, "all changes have one direction, so no interval can be given")
    return Effect(name, ranks.rank_biserial_interval)


def _correlation(before: FloatArray, after: FloatArray) -> float | None:
    from scipy.stats import pearsonr

    if len(before) < 3 or np.ptp(before) == 0 or np.ptp(after) == 0:
        return None
    return float(pearsonr(before, after).statistic)
