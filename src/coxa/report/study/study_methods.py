"""The paragraph that a methods section needs: it says only what was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from coxa.cohort.between import MANN_WHITNEY, STUDENT, WELCH
from coxa.cohort.proportions import CHI_SQUARED, FISHER
from coxa.cohort.ranks import APPROXIMATE, EXACT, EXACT_WITH_TIES
from coxa.cohort.results import LEVEL, Comparison
from coxa.cohort.study import Study
from coxa.cohort.within import PAIRED, WILCOXON

IN_WORDS = {
    STUDENT: "Student's t test with pooled variance",
    WELCH: "Welch's t test",
    MANN_WHITNEY: "the Mann–Whitney U test",
    PAIRED: "the paired t test",
    WILCOXON: "the Wilcoxon signed-rank test",
    FISHER: "Fisher's exact test",
    CHI_SQUARED: "the χ² test without continuity correction",
}
EFFECTS = {
    "Hedges g": "Hedges' g (standardised by the pooled SD)",
    "Hedges g of the change": "Hedges' g of the change (standardised by the SD of the changes)",
    "odds ratio (conditional)": "conditional odds ratios with exact intervals",
    "rank-biserial correlation of the changes": "rank-biserial correlations of the changes (intervals by Fisher's z)",
    "probability of a higher value in the first group": "the probability of a higher value in the first group, "
    "with Brunner and Munzel's interval",
}


def methods_paragraph(study: Study, version: str) -> str:
    """Return the paragraph, with the study's note (such as that its data are synthetic) at its end."""
    parts = (
        _described(study),
        _tests(study),
        _rules(study),
        _sensitivity(study),
        _ranks(study),
        _families(study),
        _ancova(study),
        _intervals(study),
        _effects(study),
        _power(study),
        f"All tests were two-sided with α = {LEVEL}.",
        _missing(study),
        f"Analyses used Coxa {version} with SciPy and statsmodels.",
        study.schema.note,
    )
    return " ".join(part for part in parts if part)


def family_sentence(study: Study, design: str) -> str:
    """Say over which tests Holm's method went, and whether they were declared; empty when over fewer than two."""
    comparisons, declared, where = {
        "between": (study.between, study.schema.family_between, "between groups"),
        "within": (study.within, study.schema.family_within, "within groups"),
    }[design]
    adjusted = [c for c in comparisons if c.holm_p is not None]
    if len(adjusted) < 2:
        return ""
    family = "all" if declared is None else "the declared family of"
    none = ", as no family was declared" if declared is None else ""
    names = ", ".join(_labels(study, adjusted))
    names += "; in each group" if design == "within" and len(study.labels) > 1 else ""
    return f"P values {where} were adjusted by Holm's method over {family} {len(adjusted)} tests ({names}){none}."


def _families(study: Study) -> str:
    families = [text for text in (family_sentence(study, "between"), family_sentence(study, "within")) if text]
    return " ".join([*families, f"{'Other ' if families else ''}P values were not adjusted for multiple testing."])


def _all(study: Study) -> tuple[Comparison, ...]:
    return (*study.between, *study.baseline, *study.within)


def _labels(study: Study, comparisons: Iterable[Comparison]) -> list[str]:
    """Return each outcome once, as the schema writes it: only it knows which words are names."""
    return list(dict.fromkeys(study.schema.outcome(c.outcome).label for c in comparisons))


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _described(study: Study) -> str:
    groups = "; ".join(f"{label}, n = {n}" for label, n in zip(study.labels, study.sizes, strict=True))
    what = "mean ± SD" if study.table is None else "mean ± SD and median [quartiles]"
    kinds = {study.schema.outcome(c.outcome).kind for c in _all(study)}
    parts = [f"continuous outcomes are given as {what}"] if "continuous" in kinds else []
    parts += ["yes/no outcomes as counts and percentages"] if "binary" in kinds else []
    text = _listed(parts) if parts else "no outcome could be compared"
    return f"{text[0].upper()}{text[1:]} ({groups})."


def _tests(study: Study) -> str:
    sentences = []
    for name, comparisons in (("Groups were", study.between), ("Values before and after were", study.within)):
        tests: dict[str, list[Comparison]] = {}
        for c in comparisons:
            if c.primary.p is not None:
                tests.setdefault(IN_WORDS[c.primary.name], []).append(c)
        parts = [f"{test} ({', '.join(_labels(study, found))})" for test, found in tests.items()]
        sentences += [f"{name} compared by {_listed(parts)}."] if parts else []
    if study.baseline:
        sentences.append("Groups were compared before treatment in the same way, outside any family of tests.")
    return " ".join(sentences)


def _rules(study: Study) -> str:
    """Say how a test was chosen where none was declared."""
    t_tests = {WELCH: MANN_WHITNEY, PAIRED: WILCOXON}
    chosen = {c.primary.name for c in (*study.between, *study.within) if c.chosen.startswith("normality")}
    rules = [
        f"{IN_WORDS[usual]} was used where the Shapiro–Wilk test did not reject normality (P ≥ {LEVEL}), "
        f"else {IN_WORDS[ranks]}"
        for usual, ranks in t_tests.items()
        if {usual, ranks} & chosen
    ]
    if any(c.chosen.startswith("smallest expected") for c in study.between):
        rules.append(f"{IN_WORDS[CHI_SQUARED]} was used where every expected count reached 5, else {IN_WORDS[FISHER]}")
    return f"Where no test was declared, {_listed(rules)}." if rules else ""


def _sensitivity(study: Study) -> str:
    others = [IN_WORDS[t.name] for c in (*study.between, *study.within) for t in c.others if t.p is not None]
    return f"Sensitivity analyses used {_listed(list(dict.fromkeys(others)))}." if others else ""


def _ranks(study: Study) -> str:
    """Say how the P values of rank tests were computed, and what their differences are."""
    tests = [t for c in _all(study) if c.ranks is not None for t in (c.primary, *c.others) if t.method]
    if not tests:
        return ""
    ways = {EXACT: "exact", EXACT_WITH_TIES: "exact (permutation distribution of the ranks, ties included)"}
    ways[APPROXIMATE] = "from the normal approximation with corrections for ties and continuity"
    used = [words for way, words in ways.items() if any(t.method.partition(";")[0] == way for t in tests)]
    return (
        f"P values of rank tests are {_listed(used)}; the differences that belong to them are Hodges and "
        "Lehmann's shifts with distribution-free intervals, and rank-biserial correlations."
    )


def _ancova(study: Study) -> str:
    if not any(a.difference is not None for a in study.adjusted):
        return ""
    return (
        "Final values were also compared at equal baseline by analysis of covariance with group and baseline value as "
        "terms; equality of slopes was tested by their interaction."
    )


def _intervals(study: Study) -> str:
    kinds = {study.schema.outcome(c.outcome).kind for c in _all(study) if c.difference is not None}
    parts = ["those of differences of means are from the t distribution"] if "continuous" in kinds else []
    parts += ["those of differences of proportions are Newcombe's"] if "binary" in kinds else []
    return f"Of the 95 % confidence intervals, {_listed(parts)}." if parts else ""


def _effects(study: Study) -> str:
    names = {c.effect.name for c in _all(study) if c.effect.interval is not None}
    parts = [text for name, text in EFFECTS.items() if name in names]
    exact = "; intervals of g are from the noncentral t distribution" if any("Hedges" in name for name in names) else ""
    return f"Effect sizes are {_listed(parts)}{exact}." if parts else ""


def _power(study: Study) -> str:
    if not any(c.power is not None for c in (*study.between, *study.within)):
        return ""
    return (
        f"The smallest difference that a t test would find with 80 % power (two-sided α = {LEVEL}, not adjusted for "
        "multiple testing) was computed from sample size and observed SD; power for the observed difference was not "
        "computed."
    )


def _missing(study: Study) -> str:
    if study.table is None:
        return "Only published means, SDs and counts were analysed."
    if any(np.isnan(values).any() for values in study.table.values.values()):
        return "Missing values were left out of the comparison concerned; none was imputed."
    return "No value was missing."
