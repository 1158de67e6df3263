"""A bone with a lump or a hole where a landmark is: found again, or said to be missing, never silently elsewhere."""

import numpy as np
import pytest

from coxa.anatomy import SIDES, Status
from coxa.geometry import Mesh
from coxa.geometry.surface_points import points_of_mesh
from coxa.landmarks.constellation.choose import choose_together
from coxa.landmarks.pelvis import find_pelvic_points


def chosen(surfaces, landmarks):
    hips = {side: points_of_mesh(surfaces[f"hip_{side}"]) for side in SIDES}
    sacrum = points_of_mesh(surfaces["sacrum"])
    heads = {name: landmarks.points[name].point for name in ("HRC_L", "HRC_R")}
    return choose_together(hips, sacrum, find_pelvic_points(hips, sacrum), heads, {})


def with_lump(mesh, place, way, height_mm):
    """Push the surface out along a direction, 8 mm wide."""
    points = mesh.vertices_lps_mm
    near = np.exp(-((np.linalg.norm(points - place, axis=1) / 8.0) ** 2))
    return Mesh(points + height_mm * near[:, None] * way, mesh.faces)


def without_ball(mesh, place, radius_mm):
    far = np.linalg.norm(mesh.vertices_lps_mm - place, axis=1) > radius_mm
    return Mesh(mesh.vertices_lps_mm, mesh.faces[far[mesh.faces].all(axis=1)])


def test_a_whole_pelvis_has_nothing_to_look_for_again(native_surfaces, native_landmarks):
    found = chosen(native_surfaces, native_landmarks)
    assert found.first == {}
    assert found.refused == ()


@pytest.fixture(scope="module")
def lumpy(native_surfaces, native_landmarks):
    """A lump 30 mm over the left AIIS, on the iliac margin, that sticks out 25 mm to the front."""
    axes = native_landmarks.lps_from_app.axes
    hip = native_surfaces["hip_left"]
    margin = native_landmarks.points["AIIS_L"].point + 20.0 * axes[2] + 8.0 * axes[0]
    on_bone = hip.vertices_lps_mm[np.argmin(np.linalg.norm(hip.vertices_lps_mm - margin, axis=1))]
    surfaces = {**native_surfaces, "hip_left": with_lump(hip, on_bone, -axes[1], 25.0)}
    return chosen(surfaces, native_landmarks)


def test_a_lump_on_the_iliac_margin_is_not_taken_for_the_spine(lumpy, native_landmarks):
    truth = native_landmarks.points["AIIS_L"].point
    assert np.linalg.norm(lumpy.first["AIIS_L"] - truth) > 15.0  # the rule alone is misled
    assert np.linalg.norm(lumpy.pelvis.points_lps_mm["AIIS_L"] - truth) < 6.0


@pytest.mark.parametrize("name", ["PT_L", "IS_R"])
def test_a_landmark_that_is_not_there_is_contradicted_and_the_others_stay(native_surfaces, native_landmarks, name):
    bone = "hip_left" if name.endswith("L") else "hip_right"
    truth = native_landmarks.points[name].point
    holed = {**native_surfaces, bone: without_ball(native_surfaces[bone], truth, 28.0)}
    found = chosen(holed, native_landmarks)
    assert name in found.first
    for other in ("ASIS_L", "ASIS_R", "PSIS_L", "PSIS_R"):
        assert np.linalg.norm(found.pelvis.points_lps_mm[other] - native_landmarks.points[other].point) < 4.0


def test_the_landmark_says_both_places(native_surfaces, native_landmarks):
    from coxa.landmarks import find_landmarks

    hole = without_ball(native_surfaces["hip_left"], native_landmarks.points["PT_L"].point, 28.0)
    found = find_landmarks({**native_surfaces, "hip_left": hole})
    mark = found.points["PT_L"]
    assert mark.status is not Status.OK
    assert mark.reason.count("LPS") >= 1
    assert found.app_status is not Status.OK
