"""A failed bone gives no landmark and says why; a doubtful place reaches what lies near it, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Landmark, Status, landmark_name
from coxa.case import HipFindings, Landmarks
from coxa.geometry.frames import RigidTransform
from coxa.labels import Finding, StructureQuality, failure_text
from coxa.landmarks.bone_warnings import with_bone_warnings

HOLLOW = "hollow: 41 % of its interior is missing"
PLACE = (100.0, 0.0, 0.0)


def quality(name, status, *findings):
    return StructureQuality(name, 300.0, False, 300.0, 0.0, status, "why", findings=findings)


def failed(name):
    return quality(name, Status.FAILED, Finding("interior", Status.FAILED, 0.41, reason=HOLLOW))


def warned(name, place=PLACE, reach_mm=9.0):
    return quality(
        name, Status.WARN, Finding("x", Status.WARN, 1.0, reason="odd", place_lps_mm=place, reach_mm=reach_mm)
    )


def landmarks(missing=()):
    """ASIS_L lies at the place, its right partner 200 mm away, everything else 300 mm up."""
    names = [landmark_name(stem, side) for stem in PAIRED_LANDMARKS for side in SIDES] + list(SINGLE_LANDMARKS)
    places = {"ASIS_L": PLACE, "ASIS_R": (-100.0, 0.0, 0.0)}
    points = {
        name: Landmark.missing(name, "no surface")
        if name in missing
        else Landmark(name, np.array(places.get(name, (0.0, 0.0, 300.0))), 1.0, Status.OK, "found")
        for name in names
    }
    frame = None if missing else RigidTransform.from_axes(np.eye(3), np.zeros(3))
    status = Status.NOT_MEASURABLE if missing else Status.OK
    hips = {str(side): HipFindings(False, None, None) for side in SIDES}
    return Landmarks(points, frame, status, "no frame" if missing else None, hips)


def test_the_reason_says_which_bone_failed_why_and_what_to_do():
    text = failure_text(failed("hip_left"))
    assert text == f"the left hip bone's segmentation failed: {HOLLOW}; correct it and pass it with --labels"


def test_landmarks_that_need_a_failed_hip_bone_say_so_and_so_does_the_frame():
    found = with_bone_warnings(landmarks(("ASIS_L", "ASIS_R", "PSY", "GT_L")), [failed("hip_left")])
    for name in ("ASIS_L", "ASIS_R", "PSY"):
        assert found.points[name].status is Status.NOT_MEASURABLE
        assert HOLLOW in found.points[name].reason
    assert HOLLOW in found.app_reason
    assert found.points["GT_L"].reason == "no surface"  # a trochanter needs no hip bone


@pytest.mark.parametrize(("bone", "touched"), [("hip_left", "HRC_L"), ("femur_right", "HRC_R")])
def test_a_centre_beside_a_failed_bone_is_no_longer_known_to_tenths_of_a_millimetre(bone, touched):
    found = with_bone_warnings(landmarks(), [failed(bone)]).points
    other = {"HRC_L": "HRC_R", "HRC_R": "HRC_L"}[touched]
    assert found[touched].status is Status.WARN
    assert found[touched].uncertainty_mm >= 2.0  # such centres were 2.0 mm off
    assert HOLLOW in found[touched].reason
    assert (found[other].status, found[other].uncertainty_mm) == (Status.OK, 1.0)


def test_a_doubtful_place_reaches_landmarks_of_its_bone_near_it_and_the_frame_that_rests_on_them():
    found = with_bone_warnings(landmarks(), [warned("hip_left")])
    assert found.points["ASIS_L"].status is Status.WARN
    assert found.points["ASIS_L"].uncertainty_mm == 9.0
    assert found.points["ASIS_L"].reason == "left hip bone: odd"
    assert {n for n, mark in found.points.items() if mark.status is Status.WARN} == {"ASIS_L"}
    assert found.app_status is Status.WARN
    assert "ASIS_L" in found.app_reason


def test_a_doubt_without_a_place_reaches_all_of_its_bone():
    found = with_bone_warnings(landmarks(), [warned("sacrum", None, None)]).points
    assert {n for n, mark in found.items() if mark.status is Status.WARN} == {"SP"}
    assert found["SP"].uncertainty_mm == 2.0


def test_other_doubts_of_a_segmentation_change_no_landmark():
    made = landmarks()
    assert with_bone_warnings(made, [quality("hip_left", Status.WARN)]) is made


def test_several_findings_of_one_bone_widen_a_landmark_once():
    finding = Finding("x", Status.WARN, 1.0, reason="odd")
    once = with_bone_warnings(landmarks(), [quality("hip_left", Status.WARN, finding)]).points["ASIS_L"]
    often = with_bone_warnings(landmarks(), [quality("hip_left", Status.WARN, *[finding] * 4)]).points["ASIS_L"]
    assert often.uncertainty_mm == once.uncertainty_mm > 1.0


def test_a_prosthetic_centre_rests_on_no_mask():
    found = landmarks()
    hips = {side: replace(hip, implant_present=side == "left") for side, hip in found.hips.items()}
    warned_of = with_bone_warnings(replace(found, hips=hips), [failed("femur_left"), failed("femur_right")])
    assert warned_of.points["HRC_L"].status is Status.OK and warned_of.points["HRC_L"].uncertainty_mm == 1.0
    assert warned_of.points["HRC_R"].status is Status.WARN
