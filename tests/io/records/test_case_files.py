"""measurements.json and its companions say what the case says, and nothing that is not there."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from coxa import __version__
from coxa.anatomy import Estimate, Landmark, Status
from coxa.case import FittedCup, HipFindings, Landmarks, MeasuredCase, Measurement, WeakestCorner
from coxa.errors import SchemaError, UnreadableInputError
from coxa.geometry.fits import FittedSphere
from coxa.geometry.frames import app_frame
from coxa.geometry.grid import Grid
from coxa.io.records.case_files import case_to_json, read_case, write_case
from tests.io.body import OBLIQUE_AXES


def _case(app: bool = True) -> MeasuredCase:
    frame = app_frame([120.0, -30.0, 1000.0], [-118.0, -28.0, 1004.0], [25.0, -40.0, 910.0], [-24.0, -39.0, 911.0])
    points = {
        "ASIS_L": Landmark("ASIS_L", np.array([120.0, -30.0, 1000.0]), 2.5, Status.OK, "most anterior point"),
        "TD_R": Landmark.missing("TD_R", "destroyed by the defect", "3D", Status.NOT_MEASURABLE),
        "PSY": Landmark("PSY", np.array([0.5, -35.0, 905.25]), 4.0, Status.WARN, "midpoint", "wide"),
    }
    hips = {
        "left": HipFindings(
            True,
            FittedSphere(np.array([90.0, 5.0, 930.0]), 16.0, 0.2, 800, 91.0),
            FittedCup(
                np.array([91.0, 5.0, 931.0]), np.array([0.6, -0.3, -(0.55**0.5)]), 54.0, 0.5, 1.0, 0.6, "outer sphere"
            ),
        ),
        "right": HipFindings(False, None, None, "cut by the border"),
    }
    lines = (
        Measurement("left", "rotation_centre_height", 14.25, "mm", "app", 'a, "b"', Status.OK, 0.8, "sphere"),
        Measurement(
            "right", "rotation_centre_height", None, "mm", "app", "d", Status.NOT_MEASURABLE, None, "sphere", "no TD_R"
        ),
    )
    grid = Grid((512, 400, 160), (0.7, 0.8, 1.5), [-276.3671, -12.0, 1055.0], OBLIQUE_AXES)
    landmarks = Landmarks(
        points, frame if app else None, Status.OK if app else Status.FAILED, None if app else "no ASIS_R", hips
    )
    return MeasuredCase("case-1", "cd" * 32, grid, ("thick slices",), landmarks, lines)


def test_reading_back_gives_the_same_file_and_the_same_values(tmp_path):
    for app in (True, False):
        write_case(tmp_path, _case(app))
        read = read_case(tmp_path / "measurements.json")
        again, first = case_to_json(read), case_to_json(_case(app))
        assert {k: v for k, v in again.items() if k != "frames"} == {k: v for k, v in first.items() if k != "frames"}
        if app:
            assert read.landmarks.lps_from_app.matrix == pytest.approx(_case().landmarks.lps_from_app.matrix, abs=1e-9)
        else:
            assert read.landmarks.lps_from_app is None
        assert read.grid.matches(_case().grid, 1e-5)
        assert read.measurements == _case().measurements
        assert read.landmarks.points["ASIS_L"].point == pytest.approx([120.0, -30.0, 1000.0])
        assert read.landmarks.points["TD_R"].reason == "destroyed by the defect"
        assert read.landmarks.hips["left"].cup.outer_diameter_mm == 54.0
        assert read.landmarks.hips["right"].head is None


def test_json_follows_the_contract(tmp_path):
    write_case(tmp_path, _case())
    content = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))
    assert content["schema"] == "coxa.measurements/1"
    assert content["software"] == {"name": "coxa", "version": __version__}
    assert content["input"]["sha256"] == "cd" * 32
    assert content["input"]["grid"]["size"] == [512, 400, 160]
    assert content["input"]["grid"]["origin_lps_mm"] == [-276.3671, -12.0, 1055.0]
    assert len(content["input"]["grid"]["direction"]) == 9
    assert content["input"]["warnings"] == ["thick slices"]
    assert content["landmarks"]["ASIS_L"] == {
        "position_lps_mm": [120.0, -30.0, 1000.0],
        "uncertainty_mm": 2.5,
        "status": "ok",
        "method": "most anterior point",
        "reason": None,
    }
    assert content["landmarks"]["TD_R"]["position_lps_mm"] is None
    assert set(content["measurements"][0]) == {
        *("side", "metric", "value", "unit", "frame", "definition", "status", "uncertainty", "method", "reason")
    }
    assert content["measurements"][1]["value"] is None
    assert content["measurements"][1]["status"] == "not_measurable"


def test_frames_have_left_posterior_superior_as_columns_and_mid_asis_as_origin(tmp_path):
    write_case(tmp_path, _case())
    frames = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))["frames"]
    assert set(frames) == {"app", "functional", "table"}
    app = np.array(frames["app"]["lps_from_app"])
    assert app[:3, 3] == pytest.approx([1.0, -29.0, 1002.0])
    assert app[:3, 0] == pytest.approx(np.array([238.0, -2.0, -4.0]) / np.linalg.norm([238.0, -2.0, -4.0]))
    assert app[1, 1] > 0.9  # posterior
    assert app[2, 2] > 0.9  # superior
    functional = np.array(frames["functional"]["lps_from_functional"])
    assert functional[:3, 0] == pytest.approx(app[:3, 0])
    assert functional[1, 2] == pytest.approx(0.0, abs=1e-3)  # its vertical has no sagittal tilt
    table = np.array(frames["table"]["lps_from_table"])
    assert table[:3, :3] == pytest.approx(np.eye(3))
    assert table[:3, 3] == pytest.approx([1.0, -29.0, 1002.0])
    missing = case_to_json(_case(app=False))["frames"]["app"]
    assert missing == {"lps_from_app": None, "status": "failed", "reason": "no ASIS_R"}


def test_csv_has_the_contracts_columns_and_an_empty_cell_with_a_reason(tmp_path):
    write_case(tmp_path, _case())
    with (tmp_path / "measurements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    columns = "case_id,side,metric,value,unit,frame,definition,status,reason,uncertainty,method,software_version"
    assert rows[0] == columns.split(",")
    assert rows[1] == [
        *("case-1", "left", "rotation_centre_height", "14.25", "mm", "app", 'a, "b"'),
        *("ok", "", "0.8", "sphere", __version__),
    ]
    assert rows[2][3] == ""
    assert rows[2][7:9] == ["not_measurable", "no TD_R"]
    assert len(rows) == 3


def test_markups_hold_the_found_landmarks_in_lps(tmp_path):
    write_case(tmp_path, _case())
    (markups,) = json.loads((tmp_path / "landmarks.mrk.json").read_text(encoding="utf-8"))["markups"]
    assert markups["type"] == "Fiducial"
    assert markups["coordinateSystem"] == "LPS"
    assert markups["coordinateUnits"] == "mm"
    assert [p["label"] for p in markups["controlPoints"]] == ["ASIS_L", "PSY"]
    assert markups["controlPoints"][0]["position"] == [120.0, -30.0, 1000.0]
    assert markups["controlPoints"][0]["description"] == "anterior superior iliac spine"
    assert markups["controlPoints"][1]["description"] == "centre of the pubic symphysis"


def _dropped(*keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def _set(value, *keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("coxa.measurements/2", "schema"),
        _dropped("input", "sha256"),
        _dropped("frames"),
        _set("excellent", "landmarks", "PSY", "status"),
        _set([1, 2], "landmarks", "PSY", "position_lps_mm"),
        _set(None, "landmarks", "PSY", "position_lps_mm"),
        _set(None, "measurements", 0, "value"),
        _dropped("measurements", 0, "unit"),
        _set([[1, 0], [0, 1]], "frames", "app", "lps_from_app"),
        _set([0, 5, 5], "input", "grid", "size"),
        _set([], "landmarks"),
    ],
)
def test_files_that_break_the_schema_are_refused(tmp_path, change):
    content = case_to_json(_case())
    change(content)
    (tmp_path / "measurements.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SchemaError):
        read_case(tmp_path / "measurements.json")


def test_no_json_and_no_file(tmp_path):
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(SchemaError, match="not JSON"):
        read_case(tmp_path / "a.json")
    with pytest.raises(UnreadableInputError):
        read_case(tmp_path / "b.json")


def test_the_answers_of_several_methods_stand_beside_the_choice(tmp_path):
    estimates = (
        Estimate("mirror", np.array([1.0, 2.0, 3.0]), 4.0, "mirrored", None, chosen=True),
        Estimate("proportions", np.array([1.0, 2.0, 8.0]), 9.0, "by ratio"),
        Estimate.missing("shape_model", "fits badly"),
    )
    case = _case()
    mark = Landmark("HRC_NATIVE_L", np.array([1.0, 2.0, 3.0]), 4.0, Status.OK, "mirrored", None, estimates)
    points = {**case.landmarks.points, "HRC_NATIVE_L": mark}
    write_case(tmp_path, replace(case, landmarks=replace(case.landmarks, points=points)))
    written = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))["landmarks"]
    assert "rungs" not in written["ASIS_L"]
    found = written["HRC_NATIVE_L"]["rungs"]
    assert [r["rung"] for r in found] == ["mirror", "proportions", "shape_model"]
    assert [r["chosen"] for r in found] == [True, False, False]
    assert [r["apart_from_chosen_mm"] for r in found] == [0.0, 5.0, None]
    assert found[2]["position_lps_mm"] is None
    assert found[2]["reason"] == "fits badly"
    again = read_case(tmp_path / "measurements.json").landmarks.points["HRC_NATIVE_L"].estimates
    assert [(r.name, r.uncertainty_mm, r.chosen, r.reason) for r in again] == [
        (r.name, r.uncertainty_mm, r.chosen, r.reason) for r in estimates
    ]
    assert again[1].position_lps_mm == pytest.approx([1.0, 2.0, 8.0])


def test_the_automatic_place_of_a_placed_landmark_and_the_weakest_corner_come_back(tmp_path):
    case = _case()
    weak = WeakestCorner("PT_L", 4.4, 1.5, 0.4, 0.1, 0.9, 1.4)
    placed = Landmark(
        "PT_L", np.array([1.0, 2.0, 3.0]), 4.4, Status.OK, "placed by hand", automatic_lps_mm=np.array([1.0, 2.0, 9.0])
    )
    points = {**case.landmarks.points, "PT_L": placed}
    write_case(tmp_path, replace(case, landmarks=replace(case.landmarks, points=points, weakest_corner=weak)))
    written = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))
    assert written["landmarks"]["PT_L"]["automatic_position_lps_mm"] == [1.0, 2.0, 9.0]
    assert "automatic_position_lps_mm" not in written["landmarks"]["ASIS_L"]
    assert written["frames"]["app"]["weakest_corner"]["rotation_deg"] == 1.5
    again = read_case(tmp_path / "measurements.json").landmarks
    assert again.weakest_corner == weak
    assert again.points["PT_L"].moved_mm == pytest.approx(6.0)
