"""``coxa landmarks``, and ``--landmarks`` on the commands that take corrected points."""

import json
from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import Landmark, Status
from coxa.errors import UsageError
from coxa.io.outputs import write_json
from coxa.io.records.case_files import case_to_json
from tests.cli.tiny_case import case_with


def markups(path, label="ASIS_L", system="RAS"):
    point = {"label": label, "position": [-100.0, 50.0, 20.0]}
    content = {"markups": [{"type": "Fiducial", "coordinateSystem": system, "controlPoints": [point]}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def case_folder(tmp_path):
    """One landmark moved by hand, one in doubt, one as it should be, the others missing."""
    case = case_with()
    place = np.array([100.0, -50.0, 20.0])
    points = {
        **case.landmarks.points,
        "PT_L": Landmark("PT_L", place, 2.1, Status.OK, "cap"),
        "IS_L": Landmark("IS_L", place, 9.0, Status.WARN, "cap", "the other landmarks put it elsewhere"),
        "ASIS_L": Landmark(
            "ASIS_L", place, 7.3, Status.OK, "placed by hand", automatic_lps_mm=place + np.array([0.0, 3.0, 4.0])
        ),
    }
    folder = tmp_path / "result"
    folder.mkdir()
    moved = replace(case, landmarks=replace(case.landmarks, points=points))
    write_json(folder / "measurements.json", case_to_json(moved))
    return folder


def test_landmarks_are_listed_the_doubtful_ones_first(coxa, case_folder):
    done = coxa("landmarks", case_folder, "--json")
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)["landmarks"]
    answered = [name for name, mark in listed.items() if mark["status"] in ("warn", "ok")]
    assert answered == ["IS_L", "ASIS_L", "PT_L"]
    assert list(listed)[-3:] == answered
    assert listed["ASIS_L"]["automatic_position_lps_mm"] == [100.0, -47.0, 24.0]


def test_the_table_says_what_was_moved_and_by_how_much(coxa, case_folder):
    said = coxa("landmarks", case_folder).stdout
    assert "placed by hand" in " ".join(said.split())
    assert "5.0" in said


def test_no_case_is_refused(coxa, tmp_path):
    assert coxa("landmarks", tmp_path).exit_code == 3


@pytest.mark.parametrize("command", [["measure"], ["plan", "--side", "left"]])
def test_measure_and_plan_take_corrected_points(coxa, faked_stages, tmp_path, monkeypatch, command):
    used = []

    def measure(scan, *, placed, **_):
        used.append(placed)
        raise UsageError("seen enough")

    monkeypatch.setattr("coxa.pipeline.measure_scan", measure)
    coxa(*command, "scan.nii", "-o", tmp_path / "out", "--landmarks", markups(tmp_path / "moved.mrk.json"))
    coxa(*command, "scan.nii", "-o", tmp_path / "out")
    np.testing.assert_allclose(used[0]["ASIS_L"], [100.0, -50.0, 20.0])
    assert used[1] is None


def test_wrong_points_are_refused_before_the_scan_is_read(coxa, tmp_path, monkeypatch):
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: pytest.fail("the scan was read"))
    strange = markups(tmp_path / "moved.mrk.json", label="ASIS_LEFT")
    result = coxa("measure", "scan.nii", "-o", tmp_path / "out", "--landmarks", strange)
    assert result.exit_code == 3
    assert "ASIS_LEFT" in result.stderr
    # The projected teardrops are drawn from the bone.
    drawn = markups(tmp_path / "drawn.mrk.json", label="TD_DRR_APP_L")
    assert coxa("measure", "scan.nii", "-o", tmp_path / "out", "--landmarks", drawn).exit_code == 3
