"""Every P value that the founding study prints, from its means and SDs; and the synthetic table that stands for it."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coxa.cohort.between import compare_summaries
from coxa.cohort.results import Description
from coxa.cohort.schema import Outcome, schema_from_mapping
from coxa.cohort.study import analyse
from coxa.cohort.summary_table import analyse_summaries
from coxa.cohort.table import check_table
from coxa.cohort.within import compare_visit_summaries
from tests.cohort.published import BETWEEN, WITHIN, N

STUDY = Path(__file__).parents[2] / "sample_ct" / "study"
HALF_DIGIT = 0.005
"""Means and SDs are printed to two decimals."""


def describe(label, mean_sd):
    return Description(label, N, 0, *mean_sd)


def outcome(name):
    return Outcome(name, name, "", after=name, test_between="student")


def rounded_range(p_of, numbers):
    """Smallest and largest P over the numbers that round to what is printed."""
    corners = itertools.product(*[(x - HALF_DIGIT, x + HALF_DIGIT) for x in numbers])
    found = [p_of(*corner) for corner in corners]
    return min(found), max(found)


@pytest.mark.parametrize("name", BETWEEN)
def test_between_groups_gives_the_printed_p(name):
    first, second, recomputed, printed = BETWEEN[name]

    def p_of(*x):
        return compare_summaries(outcome(name), describe("3D", x[:2]), describe("control", x[2:])).primary.p

    assert p_of(*first, *second) == pytest.approx(recomputed, abs=5e-5)
    low, high = rounded_range(p_of, (*first, *second))
    assert low <= float(printed) + 0.0005 and high >= float(printed) - 0.0005


@pytest.mark.parametrize("name", WITHIN)
def test_before_after_gives_the_printed_p(name):
    before, after, correlation, printed = WITHIN[name]
    # Where P is 0.000 no correlation is implied: any may have been there, and every one must give 0.000.
    for r in (-1.0 + 1e-9, 0.0, 0.9) if correlation is None else (correlation,):
        found = compare_visit_summaries(outcome(name), "3D", describe("before", before), describe("after", after), r)
        assert found.primary.p == pytest.approx(float(printed), abs=0.0005)


def test_without_the_correlation_p_is_bounded_and_not_invented():
    before, after, _, _ = WITHIN["harris"]
    found = compare_visit_summaries(outcome("harris"), "3D", describe("before", before), describe("after", after), None)
    assert found.primary.p is None
    assert "correlation" in found.primary.reason


def test_holm_over_the_five_outcomes():
    """Operation time and height lose significance: .089 each (computed from the printed means and SDs)."""
    rows = [
        {"outcome": name, "group": group, "visit": "after", "n": N, "mean": mean, "sd": sd}
        for name, (first, second, _, _) in BETWEEN.items()
        for group, (mean, sd) in (("3D", first), ("control", second))
    ]
    adjusted = {c.outcome: c.holm_p for c in analyse_summaries(pd.DataFrame(rows)).between}
    assert adjusted["operation_time"] == pytest.approx(0.089, abs=0.0005)
    assert adjusted["rotation_centre_height"] == pytest.approx(0.089, abs=0.0005)
    assert adjusted["harris"] == pytest.approx(3 * 0.0059, abs=0.0002)


@pytest.fixture(scope="module")
def synthetic():
    schema = schema_from_mapping(tomllib.loads((STUDY / "study.toml").read_text(encoding="utf-8")))
    frame = pd.read_csv(STUDY / "patients.csv", dtype=str, keep_default_na=False)
    return analyse(check_table(frame, schema), schema)


def test_synthetic_table_is_labelled_and_has_38_patients(synthetic):
    assert "Synthetic" in synthetic.schema.note
    assert synthetic.labels == ("3D", "control") and synthetic.sizes == (19, 19)
    assert pd.read_csv(STUDY / "patients.csv")["patient"].str.startswith("synthetic-").all()


@pytest.mark.parametrize("name", BETWEEN)
def test_synthetic_groups_have_the_printed_statistics(synthetic, name):
    found = next(c for c in synthetic.between if c.outcome == name)
    first, second, _, printed = BETWEEN[name]
    assert tuple(round(x, 2) for x in (found.first.mean, found.first.sd)) == first
    assert tuple(round(x, 2) for x in (found.second.mean, found.second.sd)) == second
    assert f"{found.primary.p:.3f}" == printed


@pytest.mark.parametrize("name", WITHIN)
def test_synthetic_changes_have_the_printed_statistics(synthetic, name):
    found = next(c for c in synthetic.within if c.outcome == name and c.group == "3D")
    before, after, correlation, printed = WITHIN[name]
    assert tuple(round(x, 2) for x in (found.first.mean, found.first.sd)) == before
    assert tuple(round(x, 2) for x in (found.second.mean, found.second.sd)) == after
    assert f"{found.primary.p:.3f}" == printed
    if correlation is not None:
        assert round(found.correlation, 3) == correlation


def test_synthetic_values_are_possible(synthetic):
    values = synthetic.table.values
    for visit in ("before", "after"):
        assert np.isin(values["vas", visit], np.arange(11)).all()
        assert (values["harris", visit] % 1 == 0).all()
    assert (values["rotation_centre_height", "after"] > 0).all()
