"""Rank tests with exact distributions, ties included, and the shift and effect that belong to them.

With tied values the exact distribution is that of the midranks as they are (the permutation distribution), which SciPy
has no table of. It is counted by convolution over the ranks, doubled so that midranks are whole.

References
----------
Hollander M, Wolfe DA (1973) Nonparametric Statistical Methods. Streitberg B, Röhmel J (1986) Stat Software Newsletter
12:10-17 (counting permutations by shifts). Hodges JL, Lehmann EL (1963) Ann Math Stat 34:598-611. Kerby DS (2014) Compr
Psychol 3:11.IT.3.1 (rank-biserial correlation by simple difference).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from coxa.cohort.results import CONFIDENCE, Interval
from coxa.geometry.arrays import FloatArray, IntArray

EXACT_UP_TO = 120
"""Values in all up to which the exact distribution is counted: beyond, it takes seconds for no printed digit [E]."""

EXACT = "exact"
EXACT_WITH_TIES = "exact, permutation distribution of the tied ranks"
APPROXIMATE = "normal approximation, corrected for ties and continuity"


@dataclass(frozen=True)
class RankTest:
    """A rank test's outcome.

    Attributes
    ----------
    statistic, p : float
        U of the first group, or the smaller of the two sums of signed ranks; two-sided P.
    method : str
        ``EXACT``, ``EXACT_WITH_TIES`` or ``APPROXIMATE``.
    shift : Interval
        Hodges and Lehmann's estimate: the median of all pairwise differences (first minus second), or of all averages
        of two changes; with the distribution-free interval.
    rank_biserial : float
        From -1 to 1: the share of evidence for less that against the first group, or an increase (Kerby).
    rank_biserial_interval : Interval or None
        Of signed ranks only, by Fisher's z with the standard error of the ranks' sum; None when all point one way.
    """

    statistic: float
    p: float
    method: str
    shift: Interval
    rank_biserial: float
    rank_biserial_interval: Interval | None = None


def rank_sum(first: FloatArray, second: FloatArray) -> RankTest:
    """Compare two independent samples (N,) and (M,) without missing values by the rank sum test (Mann-Whitney)."""
    from scipy.stats import mannwhitneyu, rankdata

    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))
    u = float(ranks[:n].sum() - n * (n + 1) / 2)
    method = _method(n + m, ranks)
    if method == APPROXIMATE:
        p = float(mannwhitneyu(first, second, alternative="two-sided", method="asymptotic").pvalue)
    else:
        doubled = np.rint(2 * ranks).astype(np.int64)
        p = _two_sided(_sums_of_subsets(doubled, n), int(doubled[:n].sum()))
    pairs = np.sort(np.subtract.outer(first, second).ravel())
    return RankTest(u, p, method, _shift(pairs, _rank_sum_quantile(n, m)), 2.0 * u / (n * m) - 1.0)


def signed_rank(changes: FloatArray) -> RankTest:
    """Test changes (N,), at least one of them not 0, by Wilcoxon's signed ranks; changes of 0 are left out."""
    from scipy.stats import rankdata, wilcoxon

    known = changes[changes != 0]
    n, ranks = len(known), rankdata(np.abs(known))
    up, down = float(ranks[known > 0].sum()), float(ranks[known < 0].sum())
    method = _method(n, ranks)
    if method == APPROXIMATE:
        p = float(wilcoxon(known, correction=True, method="asymptotic").pvalue)
    else:
        doubled = np.rint(2 * ranks).astype(np.int64)
        p = _two_sided(_sums_of_any(doubled), round(2 * up))
    one, other = np.triu_indices(n)
    averages = np.sort(0.5 * (known[one] + known[other]))
    shift = _shift(averages, _signed_rank_quantile(n))
    biserial = (up - down) / (up + down)
    return RankTest(min(up, down), p, method, shift, biserial, _biserial_interval(biserial, n))


def means_against_ranks(difference: Interval | None, ranks: RankTest | None, is_primary: bool) -> tuple[str, ...]:
    """Say so when the means differ the other way than the ranks, and the rank test is the one that counts."""
    if difference is None or ranks is None or not is_primary or difference.estimate * ranks.shift.estimate >= 0:
        return ()
    return ("the means differ the other way than most values do: few extreme values carry them; see the median shift",)


def _biserial_interval(biserial: float, n: int) -> Interval | None:
    from scipy.stats import norm

    if abs(biserial) == 1.0:
        return None
    error = math.sqrt((2 * n + 1) / (1.5 * n * (n + 1)))  # of (W+ - W-) / (W+ + W-) without a difference
    half = float(norm.ppf((1.0 + CONFIDENCE) / 2.0)) * error
    middle = math.atanh(biserial)
    return Interval(biserial, math.tanh(middle - half), math.tanh(middle + half))


def _method(count: int, ranks: FloatArray) -> str:
    if count > EXACT_UP_TO:
        return APPROXIMATE
    return EXACT if len(np.unique(ranks)) == len(ranks) else EXACT_WITH_TIES


def _sums_of_subsets(ranks: IntArray, size: int) -> FloatArray:
    """Return, per possible sum, the share of all choices of ``size`` ranks that have it."""
    counts = np.zeros((size + 1, int(ranks.sum()) + 1))
    counts[0, 0] = 1.0
    for rank in ranks:
        counts[1:, rank:] += counts[:-1, : counts.shape[1] - rank].copy()
    return np.asarray(counts[size] / counts[size].sum())


def _sums_of_any(ranks: IntArray) -> FloatArray:
    """Return, per possible sum, the share of all choices of any number of ranks that have it."""
    shares = np.zeros(int(ranks.sum()) + 1)
    shares[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(shares)
        moved[rank:] = shares[: len(shares) - rank]
        shares = 0.5 * (shares + moved)
    return shares


def _two_sided(shares: FloatArray, found: int) -> float:
    """Return the probability of a sum as far from the expected one as that found, or farther."""
    sums = np.arange(len(shares))
    middle = float(shares @ sums)
    far = np.abs(sums - middle) >= abs(found - middle) - 1e-6
    return float(min(shares[far].sum(), 1.0))


def _rank_sum_quantile(n: int, m: int) -> int:
    """Return how many of the sorted pairwise differences lie below the interval, at least 0."""
    if n + m > EXACT_UP_TO:
        return _normal_quantile(n * m / 2, n * m * (n + m + 1) / 12)
    shares = _sums_of_subsets(np.arange(1, n + m + 1), n)[n * (n + 1) // 2 :]
    return _quantile(shares)


def _signed_rank_quantile(n: int) -> int:
    if n > EXACT_UP_TO:
        return _normal_quantile(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24)
    return _quantile(_sums_of_any(np.arange(1, n + 1)))


def _quantile(shares: FloatArray) -> int:
    """Return the least number whose cumulative share reaches half of what the interval leaves out."""
    return int(np.searchsorted(np.cumsum(shares), (1.0 - CONFIDENCE) / 2.0 * (1.0 - 1e-12)))


def _normal_quantile(mean: float, variance: float) -> int:
    from scipy.stats import norm

    return max(round(mean + float(norm.ppf((1.0 - CONFIDENCE) / 2.0)) * math.sqrt(variance)), 0)


def _shift(ordered: FloatArray, below: int) -> Interval:
    """Return the median of sorted estimates (N,) with its distribution-free interval."""
    below = max(below, 1)
    return Interval(float(np.median(ordered)), float(ordered[below - 1]), float(ordered[len(ordered) - below]))
