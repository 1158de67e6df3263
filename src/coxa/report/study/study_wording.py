"""How the numbers of a study are printed, and the paragraph for a methods section."""

from __future__ import annotations

from coxa.cohort.results import ALPHA, Comparison, Description, Effect, Interval, Test
from coxa.cohort.schema import Outcome

MINUS = "−"
NO_BAND = "–"


def p_text(p: float | None) -> str:
    """Return ``.049`` as journals print it, ``< .001`` below, and ``.0497`` where three digits would read as α."""
    if p is None:
        return NO_BAND
    if p < 0.001:
        return "< .001"
    if p > 0.99:
        return "> .99"
    decimals = 4 if f"{p:.3f}" == f"{ALPHA:.3f}" and p != ALPHA else 3
    return f"{p:.{decimals}f}".removeprefix("0")


def p_phrase(p: float | None) -> str:
    """Return ``P = .049`` or ``P < .001``; a dash when there is none."""
    text = p_text(p)
    return text if p is None else f"P {text}" if text[0] in "<>" else f"P = {text}"


def figure(value: float | None, decimals: int = 2) -> str:
    """Return a number with a true minus sign."""
    if value is None:
        return NO_BAND
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if float(text) != 0 else text.lstrip("-")


def interval_text(interval: Interval | None, decimals: int = 2) -> str:
    """Return ``3.21 (0.09 to 6.33)``, with one or two more decimals where a limit would read as 0 and is not."""
    if interval is None:
        return NO_BAND
    limits = [x for x in (interval.low, interval.high) if x != 0]
    shown = (d for d in range(decimals, decimals + 3) if all(float(f"{x:.{d}f}") != 0 for x in limits))
    decimals = next(shown, decimals)
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
    return f"{statistic_text(test)}, {p_phrase(test.p)}".removeprefix(", ")


def statistic_text(test: Test) -> str:
    """Return ``t(33.5) = −2.04`` with its degrees of freedom, ``U = 118``; empty when there is none."""
    if test.statistic is None:
        return ""
    df = f"({test.df:.1f})".replace(".0)", ")") if test.df is not None and test.symbol in ("t", "χ²") else ""
    ranks = test.symbol == "U" or test.name.startswith("Wilcoxon")
    value = f"{test.statistic:g}" if ranks else figure(test.statistic)
    return f"{test.symbol}{df} = {value}" + (f", {test.method}" if test.method else "")


def shift_text(comparison: Comparison) -> str:
    """Return Hodges and Lehmann's shift with its interval and the rank-biserial correlation; a dash without ranks."""
    if comparison.ranks is None:
        return NO_BAND
    return f"{interval_text(comparison.ranks.shift)}, r = {figure(comparison.ranks.rank_biserial)}"


def effect_text(effect: Effect) -> str:
    """Return the effect with its interval, or why there is none."""
    return interval_text(effect.interval) if effect.interval is not None else f"not computed: {effect.reason}"


def power_text(comparison: Comparison, outcome: Outcome) -> str:
    """Return what this comparison could have found."""
    power = comparison.power
    if power is None:
        return NO_BAND
    unit = outcome.unit if outcome.unit == "°" else f" {outcome.unit}".rstrip()
    text = f"{100 * power.power:.0f} % power for a difference of {power.detectable:.2f}{unit}"
    if power.relevant is None or power.power_for_relevant is None:
        return text
    whom = "a group" if comparison.design != "within" else "in all"
    if power.n_for_relevant is None:
        return f"{text}; for the smallest relevant one, {power.relevant:g}{unit}, it cannot be computed"
    chance = "over 99" if power.power_for_relevant > 0.99 else f"{100 * power.power_for_relevant:.0f}"
    return (
        f"{text}; {chance} % for the smallest relevant one, {power.relevant:g}{unit} "
        f"({power.n_for_relevant} patients {whom} would give {100 * power.power:.0f} %)"
    )


def outcome_name(outcome: Outcome) -> str:
    """Return ``Blood loss, ml``."""
    return f"{outcome.label}, {outcome.unit}" if outcome.unit else outcome.label
