"""How a study is printed: what a reviewer reads says what was computed, and no more."""

from pathlib import Path

import pandas as pd
import pytest

from coxa.cohort import results
from coxa.cohort.results import Interval
from coxa.cohort.schema import Outcome, StudySchema
from coxa.cohort.study import analyse
from coxa.cohort.summary_table import analyse_summaries
from coxa.cohort.table import check_table
from coxa.io.records.study_files import read_schema, read_table
from coxa.report.study.study_methods import family_sentence, methods_paragraph
from coxa.report.study.study_wording import interval_text, outcome_name, p_phrase, p_text, power_text, statistic_text

SAMPLE = Path(__file__).parents[3] / "sample_ct" / "study"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.04862, ".049"), (0.0009, "< .001"), (0.0497, ".0497"), (0.0502, ".0502"), (0.9991, "> .99"), (None, "–")],
)
def test_p_values_are_printed_so_that_significance_can_be_read(p, text):
    assert p_text(p) == text


def test_a_p_value_in_a_sentence_has_its_sign():
    assert [p_phrase(p) for p in (0.049, 0.0001, None)] == ["P = .049", "P < .001", "–"]


def test_a_limit_beside_zero_keeps_its_side():
    assert interval_text(Interval(-0.6474, -1.2832, -0.003)) == "−0.647 (−1.283 to −0.003)"
    assert interval_text(Interval(0.5, 0.0, 1.0)) == "0.50 (0.00 to 1.00)"
    assert interval_text(Interval(1e-9, -1e-9, 3e-9)) == "0.00 (0.00 to 0.00)"


def test_statistics_have_their_degrees_of_freedom():
    assert statistic_text(results.Test("Welch t test", 0.04, -2.04, "t", 33.46)) == "t(33.5) = −2.04"
    assert statistic_text(results.Test("Student t test", 0.04, 2.04, "t", 36.0)) == "t(36) = 2.04"
    assert statistic_text(results.Test("Mann–Whitney U test", 0.1, 118.0, "U")) == "U = 118"


def test_a_unit_does_not_follow_a_bracket_with_another():
    assert outcome_name(Outcome("vas", "Pain (VAS)", "points", after="vas")) == "Pain (VAS), points"


def sample():
    schema = read_schema(SAMPLE / "study.toml")
    return analyse(check_table(read_table(SAMPLE / "patients.csv"), schema), schema)


def test_the_methods_paragraph_of_the_sample():
    text = methods_paragraph(sample(), "9")
    assert "3D, n = 19; control, n = 19" in text
    assert "Harris hip score, Pain (VAS)" in text, "names keep their capitals"
    assert "Welch's t test (Cup abduction angle) and Fisher's exact test (Transfused)" in text
    assert "over the declared family of 5 tests (Operation time, Blood loss," in text
    assert "over the declared family of 8 tests" in text and "in each group" in text
    assert "power for the observed difference was not computed" in text
    assert "No value was missing." in text
    assert text.endswith("are those of the founding study."), (
        "pasted elsewhere it still says that the data are synthetic"
    )
    assert "probability of a higher value" not in text, "no rank test was primary"


def study(**schema):
    after = ["80", "85", "73", "81", "70", "75", "82", "NA"]
    frame = pd.DataFrame({"p": list("abcdefgh"), "g": ["x"] * 4 + ["y"] * 4, "a": after, "b": after[::-1]})
    outcomes = tuple(Outcome(name, name.upper(), "", after=name, test_between="mann_whitney") for name in ("a", "b"))
    schema = StudySchema(patient="p", group="g", outcomes=outcomes, **schema)
    return analyse(check_table(frame, schema), schema)


def test_an_undeclared_family_is_not_called_declared():
    assert "over all 2 tests (A, B), as no family was declared." in family_sentence(study(), "between")
    assert "declared family of 2 tests" in family_sentence(study(family_between=("a", "b")), "between")
    assert family_sentence(study(family_between=("a",)), "between") == ""


def test_the_methods_paragraph_says_only_what_was_done():
    text = methods_paragraph(study(), "9")
    assert "Missing values were left out of the comparison concerned; none was imputed." in text
    assert "the probability of a higher value in the first group" in text and "Hedges" not in text
    for undone in ("odds ratio", "yes/no", "covariance", "Values before and after", "Newcombe", "Where no test"):
        assert undone not in text


def test_of_a_printed_table_nothing_is_said_about_missing_values():
    rows = [{"outcome": "x", "group": g, "visit": "after", "n": "9", "mean": m, "sd": "1"} for g, m in ("a1", "b2")]
    text = methods_paragraph(analyse_summaries(pd.DataFrame(rows)), "9")
    assert "Only published means, SDs and counts were analysed." in text
    assert " P values were not adjusted for multiple testing." in text, "there is no family, so no other P value"
    assert "issing" not in text and "median" not in text and "Mann" not in text


def test_a_size_that_cannot_be_computed_is_not_called_none() -> None:
    power = results.Power(5.0, 0.8, 1.0, 0.05, None)
    sample = results.Description("a", 3, 0, 1.0, 1.0)
    tested = results.Test("Welch t test", 0.5, 1.0, "t", 3.0)
    none = results.Effect("Hedges g", None, "few")
    found = results.Comparison("x", "between", None, sample, sample, tested, "", (), (), None, none, power=power)
    text = power_text(found, Outcome("x", "X", "mm", after="x"))
    assert "None" not in text and "cannot be computed" in text
