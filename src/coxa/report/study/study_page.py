"""``cohort.html`` and ``agreement.html``: self-contained pages to read, print and hand to a reviewer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coxa import __version__
from coxa.cohort.agreement_tables import MetricAgreement
from coxa.cohort.study import Study
from coxa.report.pages.page import page_template
from coxa.report.study import study_methods, study_wording
from coxa.report.study.study_figures import StudyFigure, bland_altman, study_figures

FIGURE_FOLDER = "figures"


def write_study_report(folder: Path, study: Study) -> None:
    """Write ``cohort.html`` and its figures as SVG files into an existing folder."""
    figures = study_figures(study)
    _write_figures(folder, figures)
    text = _page(
        "cohort.html.j2",
        study=study,
        figures=figures,
        methods=study_methods.methods_paragraph(study, __version__),
        families={design: study_methods.family_sentence(study, design) for design in ("between", "within")},
        outcome=study.schema.outcome,
    )
    (folder / "cohort.html").write_text(text, encoding="utf-8")


def write_agreement_report(folder: Path, found: Sequence[MetricAgreement], names: tuple[str, str]) -> None:
    """Write ``agreement.html`` and its figures; ``names`` are what A and B stand for."""
    figures = tuple(bland_altman(m) for m in found if m.agreement is not None)
    _write_figures(folder, figures)
    text = _page("agreement.html.j2", metrics=found, figures=figures, names=names)
    (folder / "agreement.html").write_text(text, encoding="utf-8")


def _write_figures(folder: Path, figures: Sequence[StudyFigure]) -> None:
    if figures:
        (folder / FIGURE_FOLDER).mkdir()
    for figure in figures:
        (folder / FIGURE_FOLDER / f"{figure.name}.svg").write_bytes(figure.svg)


def _page(template: str, **values: Any) -> str:
    names = (
        *("p_text", "figure", "interval_text", "mean_text", "median_text", "count_text", "test_text", "effect_text"),
        *("power_text", "outcome_name", "statistic_text", "shift_text"),
    )
    filters: dict[str, Any] = {name: getattr(study_wording, name) for name in names}
    filters["data_uri"] = lambda figure: f"data:image/svg+xml;base64,{b64encode(figure.svg).decode('ascii')}"
    return page_template(template, **filters).render(version=__version__, **values)
