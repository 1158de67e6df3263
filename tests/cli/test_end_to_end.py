"""The sample scan all the way from DICOM to part files, as a person in a shell runs it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_ct" / "revision_left"


def coxa(*arguments):
    as_a_user = {**os.environ, "PYTHONWARNDEFAULTENCODING": ""}  # what the test run alone asks for
    command = [sys.executable, "-m", "coxa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=as_a_user)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Plan the sample once, from a path with spaces and Chinese characters, whose name must not reach the results."""
    folder = tmp_path_factory.mktemp("术前 规划")
    scan = folder / "Mustermann 张三"
    shutil.copytree(SAMPLE, scan)
    out = folder / "左 髋" / "plan"
    return coxa("plan", scan, "--side", "left", "-o", out, "--json"), out


def test_plan_is_done_without_progress_in_the_pipe(planned):
    done, _ = planned
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


def test_the_contracts_files_are_there_and_nothing_half_written(planned):
    done, out = planned
    names = {p.name for p in out.iterdir()}
    assert names == {
        "segmentation.nii.gz",
        "segmentation.seg.nrrd",
        "segmentation.json",
        "measurements.json",
        "measurements.csv",
        "landmarks.mrk.json",
        "qc.png",
        "drr.png",
        "plan.json",
        "meshes",
        "report.html",
    }
    assert [p.name for p in out.parent.iterdir()] == ["plan"]
    assert {Path(f).parts[0] for f in json.loads(done.stdout)["files"]} == names


def test_no_result_tells_where_the_scan_came_from(planned):
    _, out = planned
    for path in (p for p in out.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert b"Mustermann" not in content, path.name
        assert "张三".encode() not in content, path.name


def test_the_measurements_know_which_hip_failed(planned):
    """The sample's left cup has migrated upward; the right hip is native."""
    _, out = planned
    rows = json.loads((out / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    found = {(m["metric"], m["side"], m["frame"]): m["value"] for m in rows}
    assert found["implant_present", "left", "none"] == 1
    assert found["implant_present", "right", "none"] == 0
    heights = [found["rotation_centre_height", side, "app"] for side in ("left", "right")]
    assert heights[0] > heights[1] + 5
    assert found["defect_volume", "left", "none"] > 0


def test_the_plan_names_its_meshes_by_hash(planned):
    _, out = planned
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert plan["side"] == "left"
    assert plan["approval"]["state"] == "draft"
    for part in plan["parts"]:
        content = (out / part["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == part["sha256"]
        assert b"SPACE=LPS" in content[:80]
        assert not content.startswith(b"solid")


def test_the_report_needs_no_network(planned):
    _, out = planned
    page = (out / "report.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_export_writes_checked_parts(planned, tmp_path):
    _, out = planned
    done = coxa("export", out, "-o", tmp_path / "部件", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    certificate = json.loads((tmp_path / "部件" / "print_certificate.json").read_text(encoding="utf-8"))
    for part in certificate["parts"].values():
        assert part["printable"] is True
        assert hashlib.sha256((tmp_path / "部件" / part["file"]).read_bytes()).hexdigest() == part["sha256"]


def test_export_refuses_a_mesh_that_was_changed_after_planning(planned, tmp_path):
    _, out = planned
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    part = copy / "meshes" / "augment_part.stl"
    part.write_bytes(part.read_bytes()[:-1] + b"\x01")
    done = coxa("export", copy, "-o", tmp_path / "parts")
    assert done.returncode == 3
    assert not (tmp_path / "parts").exists()


def test_a_plan_is_not_overwritten(planned):
    _, out = planned
    before = (out / "plan.json").read_bytes()
    done = coxa("measure", SAMPLE, "-o", out)
    assert done.returncode == 2
    assert (out / "plan.json").read_bytes() == before
