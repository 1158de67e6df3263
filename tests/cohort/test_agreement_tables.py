"""Two measurement tables compared by case, metric, frame and side."""

import pandas as pd
import pytest

from coxa.cohort.agreement_tables import compare_tables
from coxa.errors import InputRefusedError

COLUMNS = ["case_id", "side", "metric", "value", "unit", "frame"]


def table(values, side="left", metric="rotation_centre_height"):
    return pd.DataFrame([[f"c{i}", side, metric, v, "mm", "app"] for i, v in enumerate(values)], columns=COLUMNS)


def test_pairs_are_found_by_case_whatever_the_order():
    a, b = table(["10", "20", "30", "41"]), table(["9", "19", "29", "39"])
    (found,) = compare_tables(a, b.iloc[::-1])
    assert found.pairs == 4
    assert found.agreement.bias.estimate == pytest.approx(1.25)
    assert found.agreement.differences.tolist() == [1, 1, 1, 2]


def test_sides_and_frames_are_never_pooled():
    a = pd.concat([table(["1", "2", "4"]), table(["5", "6", "9"], side="right")])
    found = compare_tables(a, a)
    assert [(m.side, m.pairs) for m in found] == [("left", 3), ("right", 3)]
    assert all(m.agreement.icc_agreement.estimate == 1 for m in found)


def test_what_could_not_be_measured_is_counted():
    (found,) = compare_tables(table(["1", "", "3", "", "6"]), table(["1", "2", "", "", "5"]))
    assert (found.pairs, found.only_first, found.only_second, found.neither) == (2, 1, 1, 1)
    assert found.agreement is None and "3 cases" in found.reason


def test_tables_without_common_cases_are_refused():
    other = table(["1", "2", "3"])
    other["case_id"] = ["x", "y", "z"]
    with pytest.raises(InputRefusedError, match="no case id"):
        compare_tables(table(["1", "2", "3"]), other)


def test_a_case_that_stands_twice_is_refused():
    with pytest.raises(InputRefusedError, match="table B, row 5"):
        compare_tables(table(["1", "2", "3"]), pd.concat([table(["1", "2", "3"]), table(["1"])]))


def test_a_value_that_is_no_number_is_named():
    with pytest.raises(InputRefusedError, match="table A, row 3, column 'value': 'x'"):
        compare_tables(table(["1", "x", "3"]), table(["1", "2", "3"]))


def test_two_units_are_refused():
    with pytest.raises(InputRefusedError, match="cm and mm"):
        compare_tables(table(["1", "2", "3"]), table(["1", "2", "3"]).assign(unit="cm"))


def test_a_table_without_values_is_refused():
    with pytest.raises(InputRefusedError, match="no column 'value'"):
        compare_tables(table(["1"]).drop(columns="value"), table(["1"]))
