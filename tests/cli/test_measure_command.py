"""``coxa segment`` and ``coxa measure`` as a shell sees them, on faked stages."""

import json

import pytest

from coxa.errors import NoPelvisError
from coxa.pipeline import MeasuredScan
from tests.cli.tiny_case import SHA256, case_with, height, horizontal

pytestmark = pytest.mark.usefixtures("faked_stages")

MEASURED_FILES = {
    "segmentation.nii.gz",
    "segmentation.seg.nrrd",
    "segmentation.json",
    "measurements.json",
    "measurements.csv",
    "landmarks.mrk.json",
    "qc.png",
    "drr.png",
}


def names_in(folder):
    return {p.name for p in folder.iterdir()}


def test_measure_writes_the_contracts_files(coxa, tmp_path):
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert names_in(tmp_path / "out") == MEASURED_FILES


def test_segment_writes_the_contracts_files(coxa, tmp_path):
    assert coxa("segment", "scan.nii", "-o", tmp_path / "out").exit_code == 0
    assert names_in(tmp_path / "out") == {"segmentation.nii.gz", "segmentation.seg.nrrd", "segmentation.json"}


def test_paths_with_spaces_and_chinese_characters(coxa, tmp_path):
    out = tmp_path / "髋关节 翻修" / ("长" * 60) / "結果 一"
    assert coxa("measure", "扫描 一.nii", "-o", out).exit_code == 0
    assert names_in(out) == MEASURED_FILES


def test_the_summary_names_both_sides_and_the_warnings(coxa, tmp_path):
    out = coxa("measure", "scan.nii", "-o", tmp_path / "out").stdout
    assert "13.0" in out
    assert "thick slices" in out


def test_json_is_pure(coxa, tmp_path):
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out", "--json")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["warnings"] == ["thick slices"]
    assert set(document["files"]) == MEASURED_FILES
    assert document["incomplete"] == []


def test_a_height_that_is_not_measurable_exits_1_with_everything_written(coxa, tmp_path, monkeypatch, tiny_measured):
    case = case_with(height("left"), horizontal("left"), height("right", 13.0), horizontal("right"))
    measured = MeasuredScan(tiny_measured.segmentation, {}, case)
    monkeypatch.setattr("coxa.pipeline.measure_scan", lambda scan, **_: measured)
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["incomplete"] == ["rotation_centre_height left: teardrop cut off"]
    assert names_in(tmp_path / "out") == MEASURED_FILES


@pytest.mark.parametrize(
    ("stage", "error", "code"),
    [
        ("coxa.io.load_scan", NoPelvisError("no pelvis in view: choose another series"), 3),
        ("coxa.pipeline.measure_scan", NoPelvisError("no pelvis in view"), 3),
        ("coxa.pipeline.measure_scan", IndexError("bug"), 70),
        ("coxa.report.write_qc_picture", OSError("disk full"), 3),
    ],
)
def test_nothing_is_left_behind_when_a_stage_fails(coxa, tmp_path, monkeypatch, stage, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(stage, fail)
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out")
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_failing_rerun_leaves_the_earlier_results(coxa, tmp_path, monkeypatch):
    coxa("measure", "scan.nii", "-o", tmp_path / "out")
    (tmp_path / "out" / "qc.png").write_bytes(b"earlier")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("coxa.report.write_qc_picture", fail)
    assert coxa("measure", "scan.nii", "-o", tmp_path / "out").exit_code == 3
    assert (tmp_path / "out" / "qc.png").read_bytes() == b"earlier"
    assert names_in(tmp_path / "out") == MEASURED_FILES


def test_results_of_another_scan_are_not_overwritten(coxa, tmp_path):
    (tmp_path / "segmentation.json").write_text(json.dumps({"input_sha256": "cd" * 32}), encoding="utf-8")
    result = coxa("measure", "scan.nii", "-o", tmp_path)
    assert result.exit_code == 2
    assert names_in(tmp_path) == {"segmentation.json"}


def test_results_carry_the_hash_and_no_file_name(coxa, tmp_path):
    coxa("measure", "/ct/Mustermann_Erika.nii", "-o", tmp_path / "out", "--case-id", "A17")
    for path in (tmp_path / "out").iterdir():
        assert b"Mustermann" not in path.read_bytes()
    assert json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))["input"]["sha256"] == SHA256
