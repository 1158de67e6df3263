"""Points that a person placed in 3D Slicer, read back."""

import json

import numpy as np
import pytest

from coxa.errors import InputRefusedError, SchemaError, UnreadableInputError
from coxa.io.records.landmark_files import read_landmarks

KNOWN = ("ASIS_L", "PT_R", "HRC_L")


def written(tmp_path, points, system="LPS", **markup):
    path = tmp_path / "moved.mrk.json"
    control = [
        {"label": label, "position": place} | extra for label, place, *rest in points for extra in (rest or [{}])
    ]
    content = {"markups": [{"type": "Fiducial", "coordinateSystem": system, "controlPoints": control} | markup]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_lps_points_stay_as_they_are(tmp_path):
    found = read_landmarks(written(tmp_path, [("ASIS_L", [110.5, -40.0, 20.0])]), KNOWN)
    np.testing.assert_allclose(found["ASIS_L"], [110.5, -40.0, 20.0])


@pytest.mark.parametrize("system", ["RAS", 0, "0"])
def test_ras_points_have_left_and_posterior_turned_round(tmp_path, system):
    found = read_landmarks(written(tmp_path, [("PT_R", [25.0, 50.0, -60.0])], system), KNOWN)
    np.testing.assert_allclose(found["PT_R"], [-25.0, -50.0, -60.0])


def test_a_point_that_nobody_placed_is_passed_over(tmp_path):
    points = [("ASIS_L", [1, 2, 3]), ("PT_R", [0, 0, 0], {"positionStatus": "undefined"})]
    assert set(read_landmarks(written(tmp_path, points), KNOWN)) == {"ASIS_L"}


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    path = written(tmp_path, [("ASIS_L", [1, 2, 3]), ("F-1", [1, 2, 3])])
    with pytest.raises(InputRefusedError, match=r"F-1.*ASIS_L, PT_R, HRC_L"):
        read_landmarks(path, KNOWN)


def test_a_name_given_twice_is_refused(tmp_path):
    with pytest.raises(InputRefusedError, match="ASIS_L twice"):
        read_landmarks(written(tmp_path, [("ASIS_L", [1, 2, 3]), ("ASIS_L", [1, 2, 4])]), KNOWN)


def test_no_coordinate_system_is_never_guessed(tmp_path):
    with pytest.raises(SchemaError, match="LPS or RAS"):
        read_landmarks(written(tmp_path, [("ASIS_L", [1, 2, 3])], None), KNOWN)


def test_another_unit_is_refused(tmp_path):
    with pytest.raises(InputRefusedError, match="mm are needed"):
        read_landmarks(written(tmp_path, [("ASIS_L", [1, 2, 3])], coordinateUnits="m"), KNOWN)


@pytest.mark.parametrize("place", [[1, 2], None, [1, 2, "x"], [1, 2, float("nan")]])
def test_a_broken_position_is_refused(tmp_path, place):
    with pytest.raises(SchemaError, match=r"ASIS_L|position"):
        read_landmarks(written(tmp_path, [("ASIS_L", place)]), KNOWN)


def test_no_points_at_all_are_refused(tmp_path):
    with pytest.raises(InputRefusedError, match="no placed points"):
        read_landmarks(written(tmp_path, []), KNOWN)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(UnreadableInputError):
        read_landmarks(tmp_path / "absent.mrk.json", KNOWN)
    for text in ("not json", "[]", '{"markups": 3}'):
        path = tmp_path / "other.mrk.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SchemaError, match="3D Slicer"):
            read_landmarks(path, KNOWN)


def test_coxas_own_file_comes_back_though_it_holds_teardrops_of_a_projection(tmp_path):
    points = [("ASIS_L", [1, 2, 3]), ("TD_DRR_APP_L", [4, 5, 6]), ("TD_DRR_FUNCTIONAL_R", [7, 8, 9])]
    assert set(read_landmarks(written(tmp_path, points), KNOWN)) == {"ASIS_L"}


@pytest.mark.parametrize("points", [None, 5, ["x"], [[1, 2, 3]]])
def test_control_points_that_are_none_are_refused(tmp_path, points):
    path = tmp_path / "moved.mrk.json"
    markup = {"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": points}
    path.write_text(json.dumps({"markups": [markup]}), encoding="utf-8")
    with pytest.raises(SchemaError, match="control points"):
        read_landmarks(path, KNOWN)
