"""The study's table: what is refused, and where."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coxa.cohort.between import compare_groups
from coxa.cohort.default_schema import schema_for
from coxa.cohort.joined import join_measurements
from coxa.cohort.schema import Outcome, StudySchema, schema_from_mapping
from coxa.cohort.study import analyse
from coxa.cohort.summary_table import analyse_summaries
from coxa.cohort.table import check_table
from coxa.errors import InputRefusedError, SchemaError

HARRIS = Outcome("harris", "Harris", "points", after="harris_after", before="harris_before", lowest=0, highest=100)
SCHEMA = StudySchema(patient="patient", outcomes=(HARRIS,), group="group", groups=("3D", "control"))


def frame(**changes):
    columns = {
        "patient": ["a", "b", "c", "d"],
        "group": ["3D", "3D", "control", "control"],
        "harris_before": ["40", "45", "42", "NA"],
        "harris_after": ["80", "85", "70", "75"],
    }
    return pd.DataFrame(columns | changes)


def test_a_good_table_keeps_values_and_missing_ones():
    table = check_table(frame(remark=["", "", "", ""]), SCHEMA)
    assert table.labels == ("3D", "control")
    assert table.of_group("harris", "after", "control").tolist() == [70, 75]
    assert np.isnan(table.values["harris", "before"]).tolist() == [False, False, False, True]
    assert table.ignored == ("remark",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"harris_after": ["80", "101", "70", "75"]}, "row 3, column 'harris_after': 101 lies outside 0 to 100 points"),
        ({"harris_after": ["80", "-1", "70", "75"]}, "row 3, column 'harris_after': -1 lies outside"),
        ({"harris_before": ["40", "45", "4O", "39"]}, "row 4, column 'harris_before': '4O' is not a number"),
        ({"harris_before": ["40,5", "45", "42", "39"]}, "write the decimal with a point"),
        ({"harris_before": ["40", "45", "inf", "39"]}, "row 4, column 'harris_before': 'inf' is not a number"),
        ({"group": ["3D", "3d", "control", "control"]}, "row 3, column 'group': '3d' is not one of '3D', 'control'"),
        ({"patient": ["a", "a", "c", "d"]}, "row 3: the same patient as row 2"),
        ({"patient": ["a", "", "c", "d"]}, "row 3, column 'patient': empty"),
    ],
)
def test_errors_name_row_and_column(changes, message):
    with pytest.raises(InputRefusedError) as refusal:
        check_table(frame(**changes), SCHEMA)
    assert message in str(refusal.value)


def test_a_missing_column_is_named():
    with pytest.raises(InputRefusedError, match="no column 'harris_after'"):
        check_table(frame().drop(columns="harris_after"), SCHEMA)


def test_an_empty_table_is_refused():
    with pytest.raises(InputRefusedError, match="no patients"):
        check_table(frame().iloc[:0], SCHEMA)


def test_all_errors_are_said_at_once():
    with pytest.raises(InputRefusedError, match=r"row 2, .*row 3, "):
        check_table(frame(harris_after=["x", "y", "70", "75"]), SCHEMA)


def test_three_groups_are_refused_without_two_being_named():
    schema = StudySchema(patient="patient", outcomes=(HARRIS,), group="group")
    with pytest.raises(InputRefusedError, match="3 groups"):
        check_table(frame(group=["a", "b", "c", "c"]), schema)


def test_a_row_a_visit_becomes_a_row_a_patient():
    long = pd.DataFrame(
        {
            "patient": ["a", "b", "a"],
            "visit": ["before", "before", "after"],
            "group": ["3D", "control", "3D"],
            "harris": ["40", "50", "80"],
        }
    )
    table = check_table(long, schema_for(list(long.columns)))
    assert table.values["harris", "before"].tolist() == [40, 50]
    assert table.values["harris", "after"][0] == 80 and np.isnan(table.values["harris", "after"][1])


def test_a_patient_cannot_change_group_between_visits():
    long = pd.DataFrame(
        {"patient": ["a", "a"], "visit": ["before", "after"], "group": ["x", "y"], "harris": ["40", "80"]}
    )
    with pytest.raises(InputRefusedError, match="row 3, column 'group': 'y', but 'x' in row 2 of the same patient"):
        check_table(long, schema_for(list(long.columns)))


def test_yes_and_no_are_ones_and_zeros():
    outcome = Outcome("transfusion", "Transfused", "", after="t", kind="binary", lowest=0, highest=1)
    schema = StudySchema(patient="patient", outcomes=(outcome,))
    table = check_table(pd.DataFrame({"patient": ["a", "b", "c"], "t": ["yes", "0", "True"]}), schema)
    assert table.values["transfusion", "after"].tolist() == [1, 0, 1]
    with pytest.raises(InputRefusedError, match="row 2, column 't': '2' is neither 0 nor 1"):
        check_table(pd.DataFrame({"patient": ["a"], "t": ["2"]}), schema)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "patient"),
        ({"patient": "p"}, "no outcome"),
        ({"patient": "p", "outcomes": [{"label": "x"}]}, "no name"),
        ({"patient": "p", "outcomes": [{"name": "x", "rnage": [0, 1]}]}, "'rnage'"),
        ({"patient": "p", "outcomes": [{"name": "x", "range": [0]}]}, "two numbers"),
        ({"patient": "p", "outcomes": [{"name": "x", "range": [5, 1]}]}, "from high to low"),
        ({"patient": "p", "outcomes": [{"name": "x", "test_between": "anova"}]}, "'anova'"),
        ({"patient": "p", "outcomes": [{"name": "x", "test_between": "fisher"}]}, "'fisher'"),
        ({"patient": "p", "outcomes": [{"name": "x", "kind": "binary", "test_between": "welch"}]}, "'welch'"),
        ({"patient": "p", "outcomes": [{"name": "x", "relevant": -1}]}, "positive"),
        ({"patient": "p", "outcomes": [{"name": "x"}, {"name": "x"}]}, "twice"),
        ({"patient": "p", "outcomes": [{"name": "x"}], "family_between": ["y"]}, "'y'"),
        ({"patient": "p", "outcomes": [{"name": "x"}], "groups": ["a"]}, "2 texts"),
        ({"patient": 3, "outcomes": [{"name": "x"}]}, "'patient' must be a text"),
    ],
)
def test_a_wrong_schema_is_refused(content, message):
    with pytest.raises(SchemaError, match=message):
        schema_from_mapping(content)


def test_the_default_schema_refuses_a_table_of_something_else():
    with pytest.raises(InputRefusedError, match="--schema"):
        schema_for(["id", "apples"])


def test_one_group_alone_is_compared_before_and_after_only():
    table = frame().drop(columns="group")
    schema = StudySchema(patient="patient", outcomes=(HARRIS,))
    study = analyse(check_table(table, schema), schema)
    assert study.between == () and study.adjusted == ()
    assert [c.first.n for c in study.within] == [3]
    assert study.within[0].remarks == ("1 of 4 patients lack one of the two values",)


def test_an_outcome_that_one_group_leaves_uncompared_is_named():
    once = replace(HARRIS, name="once", label="Measured once", after="harris_before", before=None)
    schema = StudySchema(patient="patient", outcomes=(HARRIS, once))
    study = analyse(check_table(frame(), schema), schema)
    assert [c.outcome for c in study.within] == ["harris"]
    assert [remark.split(":")[0] for remark in study.remarks] == ["Measured once"]


def test_equal_values_have_no_spread_to_the_last_bit():
    """The mean of three times 0.1 is not 0.1: the SD made of that noise gave a P value of 0."""
    found = compare_groups(HARRIS, ("3D", "control"), np.full(3, 0.1), np.full(3, 0.3))
    assert found.first.sd == 0 and "no spread in either group" in [test.reason for test in found.others]


def test_constant_values_give_a_reason_and_no_number():
    study = analyse(check_table(frame(harris_after=["80"] * 4), SCHEMA), SCHEMA)
    (comparison,) = study.between
    assert comparison.primary.p is None or comparison.primary.name.startswith("Mann")
    assert comparison.effect.interval is None or comparison.effect.name.startswith("probability")
    assert {t.reason for t in comparison.others if t.p is None} == {"no spread in either group"}


MEASUREMENTS = pd.DataFrame(
    [
        ["s1", "left", "rotation_centre_height", "40.5", "app", "ok"],
        ["s1", "right", "rotation_centre_height", "11", "app", "ok"],
        ["s1", "left", "rotation_centre_height", "99", "functional", "ok"],
        ["s2", "left", "rotation_centre_height", "25.5", "app", "warn"],
        ["s3", "right", "rotation_centre_height", "", "app", "not_measurable"],
    ],
    columns=["case_id", "side", "metric", "value", "frame", "status"],
)
HEIGHT = Outcome("height", "Height", "mm", after="height", metric="rotation_centre_height", frame="app")
JOINED = StudySchema(
    patient="patient", outcomes=(HEIGHT,), side="side", case_before="scan_before", case_after="scan_after"
)
PATIENTS = pd.DataFrame(
    {"patient": ["a", "b"], "side": ["left", "right"], "scan_before": ["s1", "s1"], "scan_after": ["s2", "s3"]}
)


def test_rotation_centres_are_joined_by_case_side_and_frame():
    table, schema, remarks = join_measurements(PATIENTS, JOINED, MEASUREMENTS)
    values = check_table(table, schema).values
    assert values["height", "before"].tolist() == [40.5, 11]
    assert values["height", "after"][0] == 25.5 and np.isnan(values["height", "after"][1])
    assert remarks == ("Height, after: 1 × not measurable",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scan_after": ["s2", "s9"]}, "row 3, column 'scan_after': no measurements of case 's9'"),
        ({"side": ["left", "both"]}, "row 3, column 'side': 'both' is neither left nor right"),
    ],
)
def test_a_join_that_fails_names_row_and_column(changes, message):
    with pytest.raises(InputRefusedError) as refusal:
        join_measurements(PATIENTS.assign(**changes), JOINED, MEASUREMENTS)
    assert message in str(refusal.value)


def test_measured_outcomes_without_measurements_are_refused():
    with pytest.raises(InputRefusedError, match="--measurements"):
        check_table(PATIENTS, JOINED)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"n": "1.5"}, "column 'n'"),
        ({"sd": "-1"}, "an SD of 0 or more"),
        ({"visit": "during"}, "neither before nor after"),
        ({"correlation": "1.2"}, "outside -1 to 1"),
        ({"mean": "x"}, "column 'mean': 'x' is not a number"),
    ],
)
def test_a_wrong_summary_names_row_and_column(row, message):
    good = {"outcome": "x", "group": "a", "visit": "after", "n": "10", "mean": "1", "sd": "1", "correlation": ""}
    with pytest.raises(InputRefusedError, match=r"row 3, .*") as refusal:
        analyse_summaries(pd.DataFrame([good, good | {"group": "b"} | row]))
    assert message in str(refusal.value)


def test_a_printed_count_is_described_and_baseline_counts_are_no_outcome():
    rows = [
        {"outcome": "t", "group": g, "visit": v, "n": "19", "mean": "", "sd": "", "events": e}
        for g, v, e in (("a", "before", "3"), ("b", "before", "5"), ("a", "after", "7"), ("b", "after", "13"))
    ]
    study = analyse_summaries(pd.DataFrame(rows))
    assert [round(d.mean * d.n) for d in (study.between[0].first, study.between[0].second)] == [7, 13]
    assert (study.between[0].design, study.baseline[0].design) == ("between", "baseline")


def test_a_summary_does_not_call_the_t_test_the_only_one_possible():
    rows = [{"outcome": "x", "group": g, "visit": "after", "n": "9", "mean": m, "sd": "1"} for g, m in ("a1", "b2")]
    (found,) = analyse_summaries(pd.DataFrame(rows)).between
    assert found.primary.name.startswith("Student") and "unless Welch's is declared" in found.chosen


def test_counts_alone_are_compared_exactly():
    rows = [
        {"outcome": "t", "group": g, "visit": "after", "n": "4", "mean": "", "sd": "", "events": e}
        for g, e in (("milk", "3"), ("tea", "1"))
    ]
    (found,) = analyse_summaries(pd.DataFrame(rows)).between
    assert found.primary.p == pytest.approx(0.4857, abs=5e-5)
