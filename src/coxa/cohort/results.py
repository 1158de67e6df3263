"""Frozen results of a study: what was described, tested and estimated, or why it could not be."""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.95
"""Level of every confidence interval."""
ALPHA = 0.05
"""Two-sided level of significance."""
LEVEL = f"{ALPHA:g}".removeprefix("0")
"""As P values are printed."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval, in the unit of what it estimates."""

    estimate: float
    low: float
    high: float
    level: float = CONFIDENCE


@dataclass(frozen=True)
class Description:
    """One sample in numbers.

    Attributes
    ----------
    label : str
        Group or visit.
    n, missing : int
        Values used, and values that are not there.
    mean, sd : float or None
        ``sd`` with n - 1; None with fewer than two values.
    median, lower_quartile, upper_quartile, minimum, maximum : float or None
        None when only mean and SD were given.
    """

    label: str
    n: int
    missing: int
    mean: float | None
    sd: float | None
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Test:
    """One significance test, or why it has no result.

    Attributes
    ----------
    name : str
        As written in a methods section.
    p : float or None
        Two-sided; None exactly when ``reason`` is given.
    statistic : float or None
    symbol : str
        Of the statistic: ``t``, ``U``, ``W``, ``F``.
    df : float or None
    reason : str or None
    method : str
        How P was computed, where there is more than one way: exact, or by which approximation.
    """

    name: str
    p: float | None
    statistic: float | None = None
    symbol: str = ""
    df: float | None = None
    reason: str | None = None
    method: str = ""

    def __post_init__(self) -> None:
        if (self.p is None) != (self.reason is not None):
            raise ValueError(f"{self.name}: a test has either a P value or a reason why not")


@dataclass(frozen=True)
class Effect:
    """A size of effect that has no unit, or why there is none."""

    name: str
    interval: Interval | None
    reason: str | None = None


@dataclass(frozen=True)
class Power:
    """What a comparison of this size could find.

    Attributes
    ----------
    detectable : float
        Smallest true difference, in the unit of the outcome, found with `power` at this n and this SD.
    power : float
        Chance of finding ``detectable``.
    relevant : float or None
        Difference declared clinically important.
    power_for_relevant : float or None
    n_for_relevant : int or None
        Patients (paired) or patients a group that find ``relevant`` with ``power``.
    """

    detectable: float
    power: float
    relevant: float | None = None
    power_for_relevant: float | None = None
    n_for_relevant: int | None = None


@dataclass(frozen=True)
class RankShift:
    """What belongs to a rank test as means and Hedges' g belong to a t test.

    Attributes
    ----------
    shift : Interval
        Hodges and Lehmann's shift, in the unit of the outcome; its sign as that of the comparison's difference.
    rank_biserial : float
        From -1 to 1.
    """

    shift: Interval
    rank_biserial: float


@dataclass(frozen=True)
class Comparison:
    """One outcome compared between two groups, or before and after in one group.

    Attributes
    ----------
    outcome : str
        Name of the outcome in the schema.
    design : str
        ``between``, ``baseline`` (between groups, before treatment) or ``within`` (before and after).
    group : str or None
        The group, of a ``within`` comparison.
    first, second : Description
        Differences are first minus second (``between``) or second minus first (``within``: after minus before).
    primary : Test
        The one that counts.
    chosen : str
        Why that test.
    others : tuple of Test
        Sensitivity analyses.
    assumptions : tuple of Test
        Normality and equal spread.
    difference : Interval or None
        Of means, or of proportions.
    effect : Effect
    correlation : float or None
        Before with after.
    power : Power or None
    holm_p : float or None
        The primary P adjusted over the declared family; None outside it.
    remarks : tuple of str
    ranks : RankShift or None
        None without the patients' own values.
    """

    outcome: str
    design: str
    group: str | None
    first: Description
    second: Description
    primary: Test
    chosen: str
    others: tuple[Test, ...]
    assumptions: tuple[Test, ...]
    difference: Interval | None
    effect: Effect
    correlation: float | None = None
    power: Power | None = None
    holm_p: float | None = None
    remarks: tuple[str, ...] = ()
    ranks: RankShift | None = None


@dataclass(frozen=True)
class Adjusted:
    """A comparison of groups after treatment that allows for where each patient began (ANCOVA).

    Attributes
    ----------
    outcome : str
    n : int
        Patients with both values.
    difference : Interval or None
        First group minus second, at equal baseline.
    test : Test
        Of that difference.
    slope : float or None
        Change of the outcome with one unit of baseline.
    parallel : Test
        Whether the slope differs between the groups; if it does, one adjusted difference is not enough.
    """

    outcome: str
    n: int
    difference: Interval | None
    test: Test
    slope: float | None
    parallel: Test
