"""Each check agrees with true masks and fires on the damage that it is there for, on the bone and at the place."""

import numpy as np
import pytest

from coxa.anatomy import BONES, Status
from coxa.labels import Segmentation
from coxa.segmentation.checks.limits import Limits
from coxa.segmentation.quality import judged
from tests.segmentation.checks.damaged import (
    VALUE,
    above,
    ball,
    depth_mm,
    findings,
    given_to,
    points_of,
    without,
)

FIRED = (Status.WARN, Status.FAILED)


def fired(found):
    return {name: [c for c, f in of_bone.items() if f.status in FIRED] for name, of_bone in found.items()}


def test_true_masks_of_a_native_and_of_an_operated_pelvis_are_ok(native_phantom, revision_phantom):
    for phantom in (native_phantom, revision_phantom):
        assert fired(findings(phantom)) == {bone: [] for bone in BONES}


def test_a_drained_hip_bone_has_failed_as_hollow_where_its_marrow_was(native_phantom):
    drained = depth_mm(native_phantom, "hip_left") > 4.5
    hip = findings(native_phantom, without(native_phantom, drained))["hip_left"]
    assert hip["interior"].status is Status.FAILED
    assert "of its interior is missing" in hip["interior"].reason
    gap = np.linalg.norm(points_of(native_phantom, drained) - hip["interior"].place_lps_mm, axis=1).min()
    assert gap < 4.0  # two coarse voxels: the place lies in what was taken out
    assert hip["interior"].reach_mm > 4.5


def test_tunnels_leave_a_bone_thin(native_phantom):
    hip = native_phantom.segmentation.labels == VALUE["hip_right"]
    k, j, i = np.indices(hip.shape)
    tunnels = hip & ((k // 3 + j // 5 + i // 5) % 2 == 0)
    hip_found = findings(native_phantom, without(native_phantom, tunnels))["hip_right"]
    assert hip_found["depth"].status in FIRED
    assert hip_found["depth"].reason.startswith("thin")


def test_a_leak_differs_from_the_other_side_at_its_place(native_phantom):
    front = points_of(native_phantom, above(native_phantom, "hip_left", 0.6))
    centre = front[np.argmin(front[:, 1])]
    leak = ball(native_phantom, centre, 28.0) & (native_phantom.segmentation.labels == 0)
    found = findings(native_phantom, given_to(native_phantom, leak, "hip_left"))
    mirrored = found["hip_left"]["left against right"]
    assert mirrored.status in FIRED
    assert np.linalg.norm(np.array(mirrored.place_lps_mm) - centre) < 28.0
    assert all(f.status not in FIRED for c, f in found["hip_right"].items() if c != "left against right")


def test_half_a_hip_bone_is_missing(native_phantom):
    hip = findings(native_phantom, without(native_phantom, above(native_phantom, "hip_left", 0.5)))["hip_left"]
    assert {"thickness to length", "width to length", "extent", "left against right"} & {
        check for check, f in hip.items() if f.status in FIRED
    }


def test_a_hip_bone_that_swallows_half_of_the_sacrum_leaves_its_place_and_the_sacrum_its_middle(native_phantom):
    taken = above(native_phantom, "sacrum", 0.5, axis=0)
    found = findings(native_phantom, given_to(native_phantom, taken, "hip_left"))
    assert found["sacrum"]["between the hip bones"].status in FIRED
    assert found["hip_left"]["left against right"].status in FIRED


def test_a_sacrum_that_is_nearly_gone_is_too_small(native_phantom):
    taken = (native_phantom.segmentation.labels == VALUE["sacrum"]) & ~above(native_phantom, "sacrum", 0.85)
    found = findings(native_phantom, given_to(native_phantom, taken, "hip_left"))
    assert found["sacrum"]["sacrum to hip bones"].status is Status.FAILED


def test_a_whole_sacrum_between_drained_hip_bones_has_not_failed_by_their_volume(native_phantom):
    drained = np.zeros(native_phantom.segmentation.labels.shape, bool)
    for hip in ("hip_left", "hip_right"):
        drained |= depth_mm(native_phantom, hip) > 3.7
    found = findings(native_phantom, without(native_phantom, drained))
    assert found["hip_left"]["interior"].status is Status.FAILED
    assert found["sacrum"]["sacrum to hip bones"].status is Status.WARN


def test_an_ilium_labelled_femur_stands_too_high(native_phantom):
    labels = given_to(native_phantom, above(native_phantom, "hip_left", 0.45), "femur_left")
    labels[native_phantom.segmentation.labels == VALUE["femur_left"]] = 0
    femur = findings(native_phantom, labels)["femur_left"]
    assert femur["top of the femur"].status is Status.FAILED


def test_femurs_of_exchanged_sides_lie_on_the_wrong_side_of_their_hip_bones(native_phantom):
    labels = native_phantom.segmentation.labels.copy()
    labels[native_phantom.segmentation.labels == VALUE["femur_left"]] = VALUE["femur_right"]
    labels[native_phantom.segmentation.labels == VALUE["femur_right"]] = VALUE["femur_left"]
    found = findings(native_phantom, labels)
    for femur in ("femur_left", "femur_right"):
        assert found[femur]["side of the femur"].status is Status.FAILED
        assert found[femur]["distance to the hip bone"].status in FIRED


def test_hip_bones_of_exchanged_sides_are_seen_by_the_patients_left(native_phantom):
    labels = native_phantom.segmentation.labels.copy()
    labels[native_phantom.segmentation.labels == VALUE["hip_left"]] = VALUE["hip_right"]
    labels[native_phantom.segmentation.labels == VALUE["hip_right"]] = VALUE["hip_left"]
    assert findings(native_phantom, labels)["hip_left"]["side of the hip bone"].status is Status.WARN


def test_a_femoral_head_given_to_the_hip_bone_has_no_counterpart_on_the_other_side(native_phantom):
    centre = native_phantom.truth["sides"]["left"]["native_rotation_centre"]["centre_lps_mm"]
    head = ball(native_phantom, centre, 26.0) & (native_phantom.segmentation.labels == VALUE["femur_left"])
    mirrored = findings(native_phantom, given_to(native_phantom, head, "hip_left"))["hip_left"]["left against right"]
    assert mirrored.status in FIRED
    assert np.linalg.norm(np.array(mirrored.place_lps_mm) - centre) < 26.0


def test_a_femur_that_takes_its_socket_along_has_too_large_a_head(native_phantom):
    centre = native_phantom.truth["sides"]["left"]["native_rotation_centre"]["centre_lps_mm"]
    taken = ball(native_phantom, centre, 42.0)
    head = findings(native_phantom, given_to(native_phantom, taken, "femur_left"))["femur_left"]["femoral head"]
    assert head.status is Status.FAILED
    assert np.linalg.norm(np.array(head.place_lps_mm) - centre) < 10.0


def test_a_femur_whose_lower_end_is_a_block_has_no_shaft(native_phantom):
    femur = points_of(native_phantom, native_phantom.segmentation.labels == VALUE["femur_left"])
    bottom = femur[femur[:, 2] < femur[:, 2].min() + 3.0].mean(axis=0)
    block = ball(native_phantom, bottom, 45.0) & (native_phantom.segmentation.labels == 0)
    found = findings(native_phantom, given_to(native_phantom, block, "femur_left"))["femur_left"]
    assert found["femoral shaft"].status is Status.FAILED


def test_a_part_far_from_the_rest_is_named_with_its_place(native_phantom):
    hip = points_of(native_phantom, native_phantom.segmentation.labels == VALUE["hip_left"])
    away = hip.mean(axis=0) + np.array([0.0, -75.0, 60.0])
    stray = ball(native_phantom, away, 20.0) & (native_phantom.segmentation.labels == 0)
    pieces = findings(native_phantom, given_to(native_phantom, stray, "hip_left"))["hip_left"]["pieces"]
    assert pieces.status is Status.WARN
    assert np.linalg.norm(np.array(pieces.place_lps_mm) - away) < 20.0


def test_a_mask_on_soft_tissue_has_no_density_of_bone(native_phantom):
    moved = np.roll(native_phantom.segmentation.labels, 40, axis=1)
    moved[:, :40] = 0
    found = findings(native_phantom, moved)
    assert any(found[bone]["density of the rim"].status in FIRED for bone in ("hip_left", "hip_right"))


@pytest.mark.parametrize(
    ("value", "status"),
    [(0.5, Status.OK), (0.15, Status.WARN), (0.85, Status.WARN), (0.05, Status.FAILED), (0.95, Status.FAILED)],
)
def test_limits_are_two_ranges_one_inside_the_other(value, status):
    assert Limits(0.2, 0.8, 0.1, 0.9).status_of(value) is status


def test_the_stated_surface_uncertainty_covers_what_the_checks_found(native_phantom):
    drained = without(native_phantom, depth_mm(native_phantom, "hip_left") > 4.5)
    grid = native_phantom.volume.grid
    before, after = (
        {q.name: q for q in judged(Segmentation(labels, grid), native_phantom.volume)}["hip_left"]
        for labels in (native_phantom.segmentation.labels, drained)
    )
    assert (before.status, after.status) == (Status.OK, Status.FAILED)
    hollow = next(f for f in after.findings if f.check == "interior")
    assert after.surface_uncertainty.p90_mm >= hollow.reach_mm > before.surface_uncertainty.p90_mm
    assert after.reason.startswith("hollow")
