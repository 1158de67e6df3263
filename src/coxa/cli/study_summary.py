"""A study's results as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coxa.cli.plain_table import plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from coxa.cohort.agreement_tables import MetricAgreement
    from coxa.cohort.results import Comparison
    from coxa.cohort.study import Study


def study_table(study: Study) -> Table:
    """Return the comparisons line by line: both samples, test, P, P after Holm, effect."""
    from coxa.report.study.study_wording import effect_text, p_text

    table = plain_table(study.schema.title, "first", "second", "test", "P", "P, Holm", "Hedges g, or as said (95 % CI)")
    for c in (*study.between, *study.within):
        name = study.schema.outcome(c.outcome).label
        where = "between groups" if c.group is None else f"before, after: {c.group}"
        p = p_text(c.primary.p)
        effect = (
            effect_text(c.effect) if c.effect.name.startswith("Hedges") else f"{c.effect.name} {effect_text(c.effect)}"
        )
        table.add_row(f"{name}, {where}", *_samples(study, c), c.primary.name, p, p_text(c.holm_p), effect)
    table.caption = study.schema.note or None
    return table


def _samples(study: Study, comparison: Comparison) -> tuple[str, str]:
    from coxa.report.study.study_wording import count_text, mean_text

    show = count_text if study.schema.outcome(comparison.outcome).kind == "binary" else mean_text
    return show(comparison.first), show(comparison.second)


def agreement_table(found: Sequence[MetricAgreement]) -> Table:
    """Return bias, limits, ICC and repeatability, metric by metric."""
    from coxa.report.study.study_wording import figure, interval_text

    table = plain_table(
        "metric", "side", "frame", "pairs", "bias (95 % CI)", "limits", "ICC(2,1)", "ICC(3,1)", "repeatability"
    )
    for m in found:
        a = m.agreement
        if a is None:
            table.add_row(m.metric, m.side, m.frame, str(m.pairs), m.reason or "")
            continue
        limits = f"{figure(a.lower_limit.estimate)} to {figure(a.upper_limit.estimate)}"
        icc = (interval_text(i, 3) for i in (a.icc_agreement, a.icc_consistency))
        bias = interval_text(a.bias)
        table.add_row(m.metric, m.side, m.frame, str(m.pairs), bias, limits, *icc, figure(a.repeatability))
    return table


def harris_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Return score and band of each hip."""
    table = plain_table("row", "patient", "Harris", "band", "VAS")
    for row in rows:
        vas = row.get("vas")
        total = row["harris"]
        shown = f"{total:.2f}" if isinstance(total, float) else str(total)
        table.add_row(
            str(row["row"]), str(row.get("patient") or ""), shown, str(row["band"]), "" if vas is None else f"{vas}"
        )
    return table
