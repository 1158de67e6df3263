"""How well two measurements of the same things agree: intraclass correlation, Bland-Altman, repeatability."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coxa.cohort.results import CONFIDENCE, Interval
from coxa.geometry.arrays import FloatArray

LIMIT_SDS = 1.96
"""Limits of agreement lie this many SDs of the differences from the bias (Bland and Altman 1986)."""
LEAST_PAIRS = 3
"""Fewer pairs say nothing of agreement [E]."""


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance of ``n`` targets by ``k`` raters without replication."""

    n: int
    k: int
    targets: float
    raters: float
    error: float


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of measurement A with measurement B of one quantity.

    Attributes
    ----------
    n : int
        Pairs.
    bias : Interval
        Mean of A minus B.
    sd : float
        Of the differences.
    lower_limit, upper_limit : Interval
        95 % limits of agreement, each with its confidence interval.
    icc_agreement, icc_consistency : Interval or None
        ICC(2,1) and ICC(3,1); None when the values do not vary.
    within_sd : float
        Within-subject SD of a single measurement.
    repeatability : float
        Two measurements of one subject differ by less in 95 % of pairs.
    differences, means : ndarray (n,)
        A minus B, and their mean, for the plot.
    """

    n: int
    bias: Interval
    sd: float
    lower_limit: Interval
    upper_limit: Interval
    icc_agreement: Interval | None
    icc_consistency: Interval | None
    within_sd: float
    repeatability: float
    differences: FloatArray
    means: FloatArray


def agreement(first: FloatArray, second: FloatArray) -> Agreement:
    """Compare two measurements (n,) of the same n >= 3 targets, without missing values.

    Raises
    ------
    ValueError
        When there are fewer than `LEAST_PAIRS` pairs.

    References
    ----------
    Bland JM, Altman DG (1986) Lancet 327:307-310 and (1999) Stat Methods Med Res 8:135-160.
    """
    if len(first) < LEAST_PAIRS or len(first) != len(second):
        raise ValueError(f"agreement needs {LEAST_PAIRS} pairs or more, there are {len(first)}")
    differences = np.asarray(first - second, dtype=np.float64)
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    ratings = np.column_stack([first, second])
    squares = mean_squares(ratings)
    varied = squares.targets + squares.error > 0
    within = math.sqrt(float((differences**2).mean()) / 2)
    lower, upper = limits_of_agreement(bias, sd, len(differences))
    return Agreement(
        n=len(differences),
        bias=_mean_interval(bias, sd, len(differences)),
        sd=sd,
        lower_limit=lower,
        upper_limit=upper,
        icc_agreement=icc_2_1(squares) if varied else None,
        icc_consistency=icc_3_1(squares) if varied else None,
        within_sd=within,
        repeatability=LIMIT_SDS * math.sqrt(2) * within,
        differences=differences,
        means=ratings.mean(axis=1),
    )


def mean_squares(ratings: npt.NDArray[np.float64]) -> MeanSquares:
    """Return the mean squares of a complete table (targets, raters).

    The balanced two-way layout has its closed form (a general linear model would need a column for each target).
    """
    n, k = ratings.shape
    rows, columns, grand = ratings.mean(axis=1), ratings.mean(axis=0), ratings.mean()
    rest = ratings - rows[:, None] - columns[None, :] + grand
    return MeanSquares(
        n,
        k,
        targets=float(k * ((rows - grand) ** 2).sum() / (n - 1)),
        raters=float(n * ((columns - grand) ** 2).sum() / (k - 1)),
        error=float((rest**2).sum() / ((n - 1) * (k - 1))),
    )


def icc_2_1(squares: MeanSquares) -> Interval:
    """Return ICC(2,1), two-way random, absolute agreement, single rating: McGraw and Wong's ICC(A,1).

    References
    ----------
    Shrout PE, Fleiss JL (1979) Psychol Bull 86:420-428; interval after McGraw KO, Wong SP (1996) Psychol Methods
    1:30-46, Table 7.
    """
    from scipy.stats import f as fisher

    n, k, r, c, e = squares.n, squares.k, squares.targets, squares.raters, squares.error
    icc = (r - e) / (r + (k - 1) * e + k * (c - e) / n)
    if e == 0 and c == 0:
        return Interval(1.0, 1.0, 1.0)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    df = (a * c + b * e) ** 2 / ((a * c) ** 2 / (k - 1) + (b * e) ** 2 / ((n - 1) * (k - 1)))
    tail = (1 + CONFIDENCE) / 2
    upper_f, lower_f = fisher.ppf(tail, n - 1, df), fisher.ppf(tail, df, n - 1)
    rest = k * c + (k * n - k - n) * e
    low = n * (r - upper_f * e) / (upper_f * rest + n * r)
    high = n * (lower_f * r - e) / (rest + n * lower_f * r)
    return Interval(float(icc), float(low), float(high))


def icc_3_1(squares: MeanSquares) -> Interval:
    """Return ICC(3,1), two-way mixed, consistency, single rating: McGraw and Wong's ICC(C,1); sources as above."""
    from scipy.stats import f as fisher

    n, k = squares.n, squares.k
    if squares.error == 0:
        return Interval(1.0, 1.0, 1.0)
    ratio = squares.targets / squares.error
    tail, rest = (1 + CONFIDENCE) / 2, (n - 1) * (k - 1)
    low, high = ratio / fisher.ppf(tail, n - 1, rest), ratio * fisher.ppf(tail, rest, n - 1)
    return Interval(*(float((x - 1) / (x + k - 1)) for x in (ratio, low, high)))


def _mean_interval(mean: float, sd: float, n: int) -> Interval:
    from scipy.stats import t

    half = float(t.ppf((1 + CONFIDENCE) / 2, n - 1)) * sd / math.sqrt(n)
    return Interval(mean, mean - half, mean + half)


def limits_of_agreement(bias: float, sd: float, n: int) -> tuple[Interval, Interval]:
    """Return lower and upper 95 % limits, each with its interval.

    The standard error of a limit is ``sd * sqrt(1/n + 1.96**2 / (2 (n - 1)))`` (Bland and Altman 1999, section 2.1).
    """
    from scipy.stats import t

    error = sd * math.sqrt(1 / n + LIMIT_SDS**2 / (2 * (n - 1)))
    half = float(t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
    lower, upper = bias - LIMIT_SDS * sd, bias + LIMIT_SDS * sd
    return Interval(lower, lower - half, lower + half), Interval(upper, upper - half, upper + half)
