"""Figures of a study, as SVG: box and points, paired slopes, forest plot, Bland-Altman plot."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coxa.cohort.agreement import LIMIT_SDS
from coxa.cohort.agreement_tables import MetricAgreement
from coxa.cohort.results import Comparison
from coxa.cohort.schema import Outcome
from coxa.cohort.study import Study
from coxa.cohort.table import StudyTable
from coxa.geometry.arrays import FloatArray
from coxa.report.study.study_wording import figure, interval_text, outcome_name, p_phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, QUIET = "#17202a", "#8a94a0"
GROUP_COLOURS = ("#1f5f99", "#d1690e")
"""Blue and orange: told apart by colour-blind readers and in print."""
WIDTH_IN, HEIGHT_IN = 4.2, 3.3
"""Of a figure, inches."""
JITTER_SEED = 3
"""Points are moved sideways only, and the same way each time."""


@dataclass(frozen=True)
class StudyFigure:
    """An SVG picture with what it shows in words."""

    name: str
    title: str
    alt: str
    svg: bytes


def study_figures(study: Study) -> tuple[StudyFigure, ...]:
    """Return every figure that the study's data allow; summaries alone give the forest plot."""
    figures = [forest(study)] if any(c.effect.interval for c in (*study.between, *study.within)) else []
    if study.table is None:
        return tuple(figures)
    for outcome in study.schema.outcomes:
        if outcome.kind == "binary":
            continue
        between = next((c for c in study.between if c.outcome == outcome.name), None)
        if between is not None:
            figures.append(box_and_points(study.table, outcome, between))
        if any(c.outcome == outcome.name for c in study.within):
            figures.append(slopes(study.table, outcome, study.within))
    return tuple(figures)


def box_and_points(table: StudyTable, outcome: Outcome, comparison: Comparison) -> StudyFigure:
    """Draw every patient of both groups over a box of quartiles, with the mean."""

    def draw(axes: Axes) -> None:
        jitter = np.random.default_rng(JITTER_SEED)
        samples = [_known(table.of_group(outcome.name, "after", label)) for label in table.labels]
        axes.boxplot(samples, widths=0.5, showfliers=False, medianprops={"color": INK}, boxprops={"color": QUIET})
        for i, (values, colour) in enumerate(zip(samples, GROUP_COLOURS, strict=False), start=1):
            axes.plot(i + jitter.uniform(-0.16, 0.16, len(values)), values, "o", color=colour, alpha=0.7, ms=5, mew=0)
            axes.plot([i], [values.mean()] if len(values) else [np.nan], "D", color=INK, ms=5, mfc="white")
        axes.set_xticks(
            range(1, len(samples) + 1), [f"{g}\nn = {len(v)}" for g, v in zip(table.labels, samples, strict=True)]
        )
        axes.set_ylabel(outcome_name(outcome))

    title = f"{outcome.label}, by group"
    caption = (
        "Each point is a patient. Box: quartiles; line: median; diamond: mean; whiskers: furthest value within "
        f"1.5 times the interquartile range. {comparison.primary.name}: {p_phrase(comparison.primary.p)}."
    )
    return StudyFigure(f"{outcome.name}_groups", title, caption, _svg(draw))


def slopes(table: StudyTable, outcome: Outcome, within: Sequence[Comparison]) -> StudyFigure:
    """Draw a line from before to after for every patient, group beside group, with the means."""

    def draw(axes: Axes) -> None:
        ticks = []
        for place, (label, colour) in enumerate(zip(table.labels, GROUP_COLOURS, strict=False)):
            before, after = (table.of_group(outcome.name, visit, label) for visit in ("before", "after"))
            both = ~(np.isnan(before) | np.isnan(after))
            x = np.array([0.0, 1.0]) + 1.6 * place
            for pair in np.column_stack([before, after])[both]:
                axes.plot(x, pair, "-", color=colour, alpha=0.4, lw=1)
            if both.any():
                axes.plot(x, [before[both].mean(), after[both].mean()], "D-", color=INK, lw=2, ms=6, mfc="white")
            axes.text(
                x.mean(),
                -0.12,
                f"{label}, n = {both.sum()}",
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
            )
            ticks += [*x]
        axes.set_xticks(ticks, ["before", "after"] * len(table.labels))
        axes.set_ylabel(outcome_name(outcome))

    tests = "; ".join(
        f"{c.group}: {c.primary.name}, {p_phrase(c.primary.p)}" for c in within if c.outcome == outcome.name
    )
    alt = f"Each line is a patient, before and after treatment; diamonds: means. {tests}."
    return StudyFigure(f"{outcome.name}_change", f"{outcome.label}, before and after", alt, _svg(draw))


def forest(study: Study) -> StudyFigure:
    """Draw the standardised effects of all comparisons with their intervals, between groups and within."""
    rows: list[tuple[str, Comparison, str]] = []
    for comparison in (*study.between, *study.within):
        if comparison.effect.interval is not None and comparison.effect.name.startswith("Hedges"):
            outcome = study.schema.outcome(comparison.outcome)
            where = "" if comparison.group is None else f", change in {comparison.group}"
            colour = INK if comparison.group is None else GROUP_COLOURS[study.labels.index(comparison.group)]
            rows.append((f"{outcome.label}{where}", comparison, colour))

    def draw(axes: Axes) -> None:
        for y, (_, comparison, colour) in enumerate(reversed(rows)):
            interval = comparison.effect.interval
            if interval is not None:
                axes.plot([interval.low, interval.high], [y, y], "-", color=colour, lw=1.6)
                axes.plot([interval.estimate], [y], "s", color=colour, ms=6)
        axes.axvline(0.0, color=QUIET, lw=1)
        axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_xlabel("Hedges g, 95 % confidence interval")

    first = f"{study.labels[0]} minus {study.labels[1]}" if len(study.labels) == 2 else ""
    alt = (
        f"Hedges g with 95 % confidence intervals. Black: {first}, after treatment, standardised by the pooled SD; "
        "coloured: after minus before, standardised by the SD of the changes, and so on another scale than black."
    )
    height = 1.1 + 0.34 * len(rows)
    return StudyFigure("forest", "Effects at a glance", alt, _svg(draw, (8.4, height)))


def bland_altman(found: MetricAgreement) -> StudyFigure:
    """Draw differences over means with bias, limits of agreement and their intervals."""
    result = found.agreement
    if result is None:
        raise ValueError(f"{found.metric}: no agreement to draw")

    def draw(axes: Axes) -> None:
        for line, style in ((result.bias, "-"), (result.lower_limit, "--"), (result.upper_limit, "--")):
            axes.axhspan(line.low, line.high, color=QUIET, alpha=0.18, lw=0)
            axes.axhline(line.estimate, color=INK, ls=style, lw=1.2)
        axes.axhline(0.0, color=QUIET, lw=0.8)
        axes.plot(result.means, result.differences, "o", color=GROUP_COLOURS[0], alpha=0.75, ms=5, mew=0)
        unit = f" ({found.unit})" if found.unit not in ("", "1") else ""
        axes.set_xlabel(f"mean of A and B{unit}")
        axes.set_ylabel(f"A − B{unit}")
        for line in (result.bias, result.lower_limit, result.upper_limit):
            place = axes.get_yaxis_transform()
            axes.text(1.01, line.estimate, figure(line.estimate), transform=place, va="center", fontsize=8)

    where = ", ".join(x for x in (found.side, found.frame) if x != "none")
    title = found.metric.replace("_", " ") + (f" ({where})" if where else "")
    alt = (
        f"Bland–Altman plot of {result.n} pairs. Line: bias {interval_text(result.bias)}; dashed: limits of agreement "
        f"(± {LIMIT_SDS} SD); grey bands: 95 % confidence intervals; thin grey line: no difference."
    )
    name = "_".join(x for x in (found.metric, found.frame, found.side) if x != "none")
    return StudyFigure(name, title, alt, _svg(draw))


def _known(values: FloatArray) -> FloatArray:
    return np.asarray(values[~np.isnan(values)])


def _svg(draw: Callable[[Any], None], size_in: tuple[float, float] = (WIDTH_IN, HEIGHT_IN)) -> bytes:
    """Return an SVG that needs no font and is the same bytes every time."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style = {"svg.fonttype": "path", "svg.hashsalt": "coxa", "font.family": "DejaVu Sans", "font.size": 9}
    with mpl.rc_context({**style, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=size_in, layout="constrained", facecolor="white")
        draw(figure.subplots())
        stream = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None})
    return stream.getvalue()
