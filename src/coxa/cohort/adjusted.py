"""Groups compared after treatment, allowing for where each patient began (analysis of covariance)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coxa.cohort.results import CONFIDENCE, Adjusted, Interval, Test
from coxa.geometry.arrays import FloatArray

if TYPE_CHECKING:
    import pandas as pd

ANCOVA = "analysis of covariance"
PARALLEL = "equal slopes (group × baseline)"
LEAST_A_GROUP = 3
"""Fewer patients in a group are not compared with adjustment for the baseline [E]."""


def adjusted_difference(
    outcome: str, before: FloatArray, after: FloatArray, groups: Sequence[str], labels: tuple[str, str]
) -> Adjusted:
    """Return the difference of two groups after treatment at equal baseline.

    Least squares of ``after ~ group + before`` (statsmodels), over the patients with both values. All groups among
    ``groups`` enter the common slope and residual; ``labels`` are the two compared.

    References
    ----------
    Vickers AJ, Altman DG (2001) BMJ 323:1123-1124.
    """
    import pandas as pd
    from statsmodels.formula.api import ols

    known = ~(np.isnan(before) | np.isnan(after))
    table = pd.DataFrame({"before": before[known], "after": after[known], "group": np.asarray(groups)[known]})
    reason = _why_not(table, labels)
    if reason is not None:
        none = Test(ANCOVA, None, reason=reason)
        return Adjusted(outcome, len(table), None, none, None, Test(PARALLEL, None, reason=reason))
    names = [labels[1], *(g for g in dict.fromkeys(table["group"]) if g != labels[1])]
    table["group"] = pd.Categorical(table["group"], names)
    fit = ols("after ~ group + before", table).fit()
    term = f"group[T.{labels[0]}]"
    low, high = fit.conf_int(alpha=1 - CONFIDENCE).loc[term]
    difference = Interval(float(fit.params[term]), float(low), float(high))
    test = Test(ANCOVA, float(fit.pvalues[term]), float(fit.tvalues[term]), "t", float(fit.df_resid))
    return Adjusted(outcome, len(table), difference, test, float(fit.params["before"]), _parallel(fit, table))


def _parallel(fit: Any, table: pd.DataFrame) -> Test:
    """Test whether the slope on the baseline differs between the groups; each needs a slope of its own."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    flat = [str(name) for name, group in table.groupby("group", observed=True) if group["before"].nunique() < 2]
    if flat:
        return Test(PARALLEL, None, reason=f"all patients of {', '.join(flat)} began with the same value")
    compared = anova_lm(fit, ols("after ~ group * before", table).fit())
    f, p = float(compared["F"].iloc[1]), float(compared["Pr(>F)"].iloc[1])
    if not np.isfinite([f, p]).all():
        return Test(PARALLEL, None, reason="the patients are too few, or lie exactly on lines")
    return Test(PARALLEL, p, f, "F", float(compared["df_diff"].iloc[1]))


def _why_not(table: object, labels: tuple[str, str]) -> str | None:
    import pandas as pd

    frame = pd.DataFrame(table)
    counts = [int((frame["group"] == label).sum()) for label in labels]
    if min(counts) < LEAST_A_GROUP:
        return f"needs {LEAST_A_GROUP} patients with both values in each group, there are {counts[0]} and {counts[1]}"
    if frame["before"].nunique() < 2:
        return "all patients began with the same value"
    return None
