"""What is kept and what is done again: only whole folders made from the same input, versions and parameters."""

from dataclasses import replace

import pytest

from coxa.batch.record import FAILED, MEASURED, read_record
from coxa.batch.run import is_done
from tests.batch.conftest import SOFTWARE


@pytest.fixture
def finished(batch_of, run_here):
    """One measured case and its settings."""
    (case,), settings = batch_of("ok 7")
    run_here(case, settings)
    assert read_record(case.target).state == MEASURED
    return case, settings


def test_a_finished_case_is_kept(finished):
    assert is_done(*finished, SOFTWARE)


def test_a_case_without_folder_is_not_done(batch_of):
    (case,), settings = batch_of("ok 7")
    assert not is_done(case, settings, SOFTWARE)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": "coxa.batch_case/1"}', '{"schema": "other"}'])
def test_a_damaged_record_is_not_trusted(finished, text):
    (finished[0].target / "case.json").write_text(text, encoding="utf-8")
    assert not is_done(*finished, SOFTWARE)


def test_a_missing_file_is_not_trusted(finished):
    (finished[0].target / "measurements.csv").unlink()
    assert not is_done(*finished, SOFTWARE)


def test_a_half_written_file_is_not_trusted(finished):
    table = finished[0].target / "measurements.csv"
    table.write_text(table.read_text(encoding="utf-8")[:-10], encoding="utf-8")
    assert not is_done(*finished, SOFTWARE)


def test_a_table_of_the_same_length_with_other_numbers_is_not_trusted(finished):
    table = finished[0].target / "measurements.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("7.0", "8.0"), encoding="utf-8")
    assert not is_done(*finished, SOFTWARE)


def test_a_new_version_does_it_again(finished):
    assert not is_done(*finished, {"coxa": "2"})


def test_another_parameter_does_it_again(finished):
    case, settings = finished
    assert not is_done(case, replace(settings, parameters={"shift": 1.0}), SOFTWARE)


def test_another_stage_does_it_again(finished):
    case, settings = finished
    assert not is_done(case, replace(settings, stage="tests.batch.stages:nothing"), SOFTWARE)


def test_a_changed_input_is_measured_again(finished, later):
    case, _ = finished
    case.paths[0].write_text("ok 9", encoding="utf-8")
    later(case.paths[0])
    assert not is_done(*finished, SOFTWARE)


def test_a_copied_input_is_recognised_by_its_content(finished, later):
    later(finished[0].paths[0])
    assert is_done(*finished, SOFTWARE)


def test_other_limits_do_not_touch_a_measured_case(finished):
    case, settings = finished
    assert is_done(case, replace(settings, time_limit_s=5, memory_limit_mb=100), SOFTWARE)


def test_a_refusal_is_kept_until_asked_to_retry(batch_of, run_here):
    (case,), settings = batch_of("refuse")
    run_here(case, settings)
    record = read_record(case.target)
    assert (record.state, record.kind, record.reason) == (FAILED, "refused", "no pelvis in the field of view")
    assert is_done(case, settings, SOFTWARE)
    assert not is_done(case, replace(settings, retry="failed"), SOFTWARE)


def test_a_failure_leaves_no_results_of_an_earlier_run(batch_of, run_here, later):
    (case,), settings = batch_of("ok 7")
    run_here(case, settings)
    case.paths[0].write_text("refuse", encoding="utf-8")
    later(case.paths[0])
    run_here(case, settings)
    assert [p.name for p in case.target.iterdir()] == ["case.json"]


def test_a_defect_is_named_without_its_text(batch_of, run_here):
    (case,), settings = batch_of("defect")
    run_here(case, settings)
    record = read_record(case.target)
    assert record.kind == "defect" and "ValueError" in record.reason and "/some/path" not in record.reason


def test_a_changed_label_file_measures_its_case_again(batch_of, run_here, tmp_path):
    (plain,), settings = batch_of("ok 7")
    labels = tmp_path / "labels.nii"
    labels.write_text("one", encoding="utf-8")
    case = replace(plain, beside={"labels": labels})
    run_here(case, settings)
    assert is_done(case, settings, SOFTWARE)
    assert not is_done(plain, settings, SOFTWARE)
    labels.write_text("other", encoding="utf-8")
    assert not is_done(case, settings, SOFTWARE)
