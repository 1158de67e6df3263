"""``coxa batch`` from the outside: exit codes and files; what it measures is tested in tests/batch."""

import csv
import json

import pytest

from coxa.batch.settings import BatchState
from coxa.cli.batch import progress_table


@pytest.fixture
def stub_stage(monkeypatch):
    monkeypatch.setattr("coxa.batch.measure_stage.MEASURE_STAGE", "tests.batch.stages:act")


@pytest.fixture
def scans(tmp_path):
    for i, words in enumerate(("ok 1", "ok 2", "refuse")):
        (tmp_path / f"Meier_{i}.nii").write_text(words, encoding="utf-8")
    lines = ["scan,id", *(f"Meier_{i}.nii,p{i}" for i in range(3))]
    (tmp_path / "list.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_a_batch_with_a_refused_scan_exits_1_and_says_why(coxa, scans, stub_stage):
    done = coxa("batch", scans / "list.csv", "-o", scans / "out", "--id-column", "id", "--json")
    assert done.exit_code == 1, done.output
    document = json.loads(done.stdout)
    assert (document["cases"], document["measured"]) == (3, 2)
    assert document["failed"] == [{"case_id": "p2", "kind": "refused", "reason": "no pelvis in the field of view"}]
    with (scans / "out" / "errors.csv").open(newline="", encoding="utf-8") as file:
        assert [row["case_id"] for row in csv.DictReader(file)] == ["p2"]
    assert sorted(p.name for p in (scans / "out" / "cases").iterdir()) == ["p0", "p1", "p2"]


def test_the_key_is_written_apart_and_only_there(coxa, scans, stub_stage):
    done = coxa("batch", scans, "-o", scans / "out", "--key", scans / "key.csv", "--json")
    assert done.exit_code == 1, done.output
    with (scans / "key.csv").open(newline="", encoding="utf-8") as file:
        key = {row["scan"]: row["case_id"] for row in csv.DictReader(file)}
    assert set(key) == {f"Meier_{i}.nii" for i in range(3)}
    assert sorted(key.values()) == sorted(p.name for p in (scans / "out" / "cases").iterdir())
    assert "Meier" not in done.stdout
    inside = coxa("batch", scans, "-o", scans / "out", "--key", scans / "out" / "key.csv")
    assert inside.exit_code == 2


def test_nothing_to_measure_is_refused(coxa, tmp_path):
    (tmp_path / "in").mkdir()
    assert coxa("batch", tmp_path / "in", "-o", tmp_path / "out").exit_code == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_files_that_are_no_scans_cost_a_row_each(coxa, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.nii.gz").write_bytes(b"no gzip")
    (tmp_path / "in" / "b.zip").write_bytes(b"no zip")
    done = coxa("batch", tmp_path / "in", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 1, done.output
    assert {f["kind"] for f in json.loads(done.stdout)["failed"]} == {"refused"}


def test_the_live_table_counts_and_foretells():
    state = BatchState(total=100, kept=10, done=30, failed=2, running=2, seconds=600.0)
    assert state.remaining == 60
    assert state.rate_per_minute == pytest.approx(3.0)
    assert state.remaining_s == pytest.approx(1200)
    columns = [next(iter(column.cells)) for column in progress_table(state).columns]
    assert columns == ["30", "2", "10", "2", "60", "3.0", "0 h 20 min"]


def test_label_files_reach_the_cases_named_as_they_are(coxa, scans, monkeypatch):
    monkeypatch.setattr("coxa.batch.measure_stage.MEASURE_STAGE", "tests.batch.stages:name_labels")
    (scans / "labels").mkdir()
    for i in range(2):
        (scans / "labels" / f"Meier_{i}.nii.gz").write_text(str(i), encoding="utf-8")
    done = coxa("batch", scans / "list.csv", "-o", scans / "out", "--id-column", "id", "--labels", scans / "labels")
    assert done.exit_code == 1, done.output
    said = {
        p.parent.name: json.loads(p.read_text(encoding="utf-8"))["reason"]
        for p in (scans / "out" / "cases").glob("*/case.json")
    }
    assert said == {"p0": "labels 0", "p1": "labels 1", "p2": "no labels"}


@pytest.mark.parametrize(
    "wrong",
    [("--label-names", "totalsegmentator"), ("--labels", "labels", "--backend", "classic"), ("--atlas", "list.csv")],
)
def test_options_that_cannot_be_followed_are_refused_before_any_case(coxa, scans, stub_stage, wrong):
    (scans / "labels").mkdir()
    given = [scans / word if (scans / word).exists() else word for word in wrong]
    assert coxa("batch", scans / "list.csv", "-o", scans / "out", *given).exit_code in (2, 3)
    assert not (scans / "out").exists()
