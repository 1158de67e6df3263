"""Landmarks that a person placed: they stand, what depends on them follows, the automatic ones stay beside."""

import numpy as np
import pytest

from coxa.anatomy import Status
from coxa.errors import InputRefusedError
from coxa.geometry import app_frame
from coxa.io.records.landmark_markups import landmarks_to_markups
from coxa.landmarks import find_corrected_landmarks
from coxa.landmarks.placed import HAND_UNCERTAINTY_MM, PLACEABLE, moved_landmarks
from coxa.measure import measure


@pytest.fixture(scope="module")
def corrected(native_phantom, native_surfaces, native_landmarks):
    """The left tubercle moved 6 mm backward, an ischial spine 40 mm off the bone."""
    given = {
        "PT_L": native_landmarks.points["PT_L"].point + 6.0 * native_landmarks.lps_from_app.axes[1],
        "IS_R": native_landmarks.points["IS_R"].point + 40.0 * np.eye(3)[1],
        "ASIS_R": native_landmarks.points["ASIS_R"].point,
    }
    return given, find_corrected_landmarks(native_surfaces, native_phantom.volume.grid, None, given)


def test_a_moved_point_stands_where_it_was_put_with_the_automatic_one_beside(corrected, native_landmarks):
    given, found = corrected
    mark = found.points["PT_L"]
    np.testing.assert_allclose(mark.point, given["PT_L"])
    assert (mark.method, mark.status) == ("placed by hand", Status.OK)
    np.testing.assert_allclose(mark.automatic_lps_mm, native_landmarks.points["PT_L"].point)
    assert mark.moved_mm == pytest.approx(6.0)
    assert mark.uncertainty_mm == HAND_UNCERTAINTY_MM["PT"]


def test_a_point_left_where_it_was_stays_automatic(corrected, native_landmarks):
    mark = corrected[1].points["ASIS_R"]
    assert mark.method == native_landmarks.points["ASIS_R"].method
    assert mark.automatic_lps_mm is None


def test_a_point_off_the_bone_is_in_doubt(corrected):
    mark = corrected[1].points["IS_R"]
    assert mark.status is Status.WARN
    assert "off hip_right" in mark.reason


def test_the_frame_stands_on_the_placed_point(corrected):
    _, found = corrected
    corners = [found.points[name].point for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R")]
    np.testing.assert_allclose(found.lps_from_app.matrix, app_frame(*corners).matrix, atol=1e-6)


def test_the_measurements_follow(corrected, native_landmarks, native_surfaces):
    def tilt(landmarks):
        return next(m for m in measure(landmarks, native_surfaces) if m.metric == "pelvic_tilt")

    before, after = tilt(native_landmarks), tilt(corrected[1])
    # The middle of the tubercles goes back by 3 mm: the pelvis counts as tilted forward by that much more.
    corners = {name: native_landmarks.points[name].point for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R")}
    spines, tubercles = (0.5 * (corners[f"{stem}_L"] + corners[f"{stem}_R"]) for stem in ("ASIS", "PT"))
    expected = -np.degrees(np.arctan(3.0 / np.linalg.norm(spines - tubercles)))
    assert after.value - before.value == pytest.approx(expected, abs=0.1)
    assert after.uncertainty > before.uncertainty


def test_the_file_that_coxa_writes_changes_nothing(native_phantom, native_surfaces, native_landmarks):
    points = landmarks_to_markups(native_landmarks)["markups"][0]["controlPoints"]
    given = {p["label"]: np.array(p["position"]) for p in points if p["label"] in PLACEABLE}
    assert len(given) > 20
    found = find_corrected_landmarks(native_surfaces, native_phantom.volume.grid, None, given)
    assert not any(mark.method == "placed by hand" for mark in found.points.values())


def test_an_unknown_name_is_refused(native_landmarks):
    with pytest.raises(InputRefusedError, match="ASIS_LEFT"):
        moved_landmarks({"ASIS_LEFT": np.zeros(3)}, native_landmarks.points)


def test_a_trochanter_that_was_not_found_can_be_placed(native_surfaces):
    bones = {name: mesh for name, mesh in native_surfaces.items() if name != "femur_left"}
    place = native_surfaces["femur_left"].vertices_lps_mm.mean(0)
    mark = find_corrected_landmarks(bones, None, None, {"LT_L": place}).points["LT_L"]
    np.testing.assert_allclose(mark.point, place)
    assert mark.automatic_lps_mm is None
    assert mark.status is Status.WARN
    assert "no surface of femur_left" in mark.reason
