"""How the numbers of a study are printed, and the paragraph for a methods section."""

from __future__ import annotations

from coxa.cohort.results import ALPHA, Comparison, Description, Effect, Interval, Test
from coxa.cohort.schema import Outcome
from coxa.cohort.study import Study

MINUS = "−"
NO_BAND = "–"


def p_text(p: float | None) -> str:
    """Return ``.049`` as journals print it; below .001 ``< .001``."""
    if p is None:
        return NO_BAND
    if p < 0.001:
        return "< .001"
    return f"{p:.3f}".removeprefix("0") if p < 0.9995 else "1.00"


def figure(value: float | None, decimals: int = 2) -> str:
    """Return a number with a true minus sign."""
    if value is None:
        return NO_BAND
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if float(text) != 0 else text.lstrip("-")


def interval_text(interval: Interval | None, decimals: int = 2) -> str:
    """Return ``3.21 (0.09 to 6.33)``."""
    if interval is None:
        return NO_BAND
    estimate, low, high = (figure(x, decimals) for x in (interval.estimate, interval.low, interval.high))
    return f"{estimate} ({low} to {high})"


def mean_text(description: Description) -> str:
    """Return ``26.92 ± 4.29``."""
    return f"{figure(description.mean)} ± {figure(description.sd)}"


def median_text(description: Description) -> str:
    """Return ``27.1 [24.0, 30.2]``."""
    if description.median is None:
        return NO_BAND
    low, high = figure(description.lower_quartile, 1), figure(description.upper_quartile, 1)
    return f"{figure(description.median, 1)} [{low}, {high}]"


def count_text(description: Description) -> str:
    """Return ``7 of 19 (37 %)`` of a yes/no outcome."""
    if description.mean is None:
        return f"of {description.n}"
    yes = round(description.mean * description.n)
    return f"{yes} of {description.n} ({100 * description.mean:.0f} %)"


def test_text(test: Test) -> str:
    """Return the test's statistic and P, or why there is none."""
    if test.reason is not None:
        return f"not computed: {test.reason}"
    statistic = "" if test.statistic is None else f"{test.symbol} = {figure(test.statistic)}, "
    sign = "" if test.p is not None and test.p < 0.001 else "= "
    return f"{statistic}P {sign}{p_text(test.p)}"


def effect_text(effect: Effect) -> str:
    """Return the effect with its interval, or why there is none."""
    return interval_text(effect.interval) if effect.interval is not None else f"not computed: {effect.reason}"


def power_text(comparison: Comparison, outcome: Outcome) -> str:
    """Return what this comparison could have found."""
    power = comparison.power
    if power is None:
        return NO_BAND
    unit = f" {outcome.unit}".rstrip()
    text = f"{100 * power.power:.0f} % power for a difference of {power.detectable:.2f}{unit}"
    if power.relevant is None or power.power_for_relevant is None:
        return text
    whom = "a group" if comparison.design != "within" else "in all"
    return (
        f"{text}; {100 * power.power_for_relevant:.0f} % for the {power.relevant:g}{unit} that matter "
        f"({power.n_for_relevant} patients {whom} would give {100 * power.power:.0f} %)"
    )


def outcome_name(outcome: Outcome) -> str:
    """Return ``Blood loss (ml)``."""
    return f"{outcome.label} ({outcome.unit})" if outcome.unit else outcome.label


def methods_paragraph(study: Study, version: str) -> str:
    """Return the paragraph that a methods section needs, saying only what was done."""
    sentences = [_described(study), _tests(study)]
    families = [
        f for f in (_family(study.between, study, "between groups"), _family(study.within, study, "within groups")) if f
    ]
    sentences += families
    if any(a.difference is not None for a in study.adjusted):
        sentences.append(
            "Final values were also compared at equal baseline by analysis of covariance with group and baseline value "
            "as terms; equality of slopes was tested by their interaction."
        )
    sentences.append(
        "Effect sizes are Hedges' g with exact 95 % confidence intervals from the noncentral t distribution (for "
        "changes, standardised by the SD of the changes), odds ratios with exact conditional intervals, or, beside "
        "rank tests, the probability of a higher value in the first group."
    )
    sentences.append(
        f"All tests were two-sided with α = {ALPHA:g}. Missing values were left out of the comparison concerned, none "
        f"was imputed. Analyses used Coxa {version} with SciPy and statsmodels."
    )
    return " ".join(sentences)


def _described(study: Study) -> str:
    groups = " and ".join(f"{n} {label}" for label, n in zip(study.labels, study.sizes, strict=True))
    what = "mean ± SD" if study.table is None else "mean ± SD and median [interquartile range]"
    return f"Continuous outcomes are given as {what}, yes/no outcomes as counts ({groups})."


def _tests(study: Study) -> str:
    kinds = []
    for name, comparisons in (
        ("Groups were compared", study.between),
        ("Before and after were compared", study.within),
    ):
        tests: dict[str, list[str]] = {}
        for c in comparisons:
            tests.setdefault(c.primary.name, []).append(study.schema.outcome(c.outcome).label.lower())
        if tests:
            parts = (f"the {test} ({', '.join(dict.fromkeys(labels))})" for test, labels in tests.items())
            kinds.append(f"{name} by {'; '.join(parts)}.")
    chosen = {c.chosen for c in (*study.between, *study.within)}
    if any(why.startswith("normality") for why in chosen):
        kinds.append(
            "Where no test was declared beforehand, it was chosen by the Shapiro–Wilk test: Welch's or the paired t "
            f"test unless normality was rejected (P < {ALPHA:g}), else Mann–Whitney's or Wilcoxon's."
        )
    return " ".join(kinds)


def _family(comparisons: tuple[Comparison, ...], study: Study, where: str) -> str:
    names = [study.schema.outcome(c.outcome).label.lower() for c in comparisons if c.holm_p is not None]
    count, names = len(names), list(dict.fromkeys(names))
    if count < 2:
        return ""
    return f"P values {where} were adjusted by Holm's method over {count} tests ({', '.join(names)})."
