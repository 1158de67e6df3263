"""Views that are no tidy pelvis: one hip, a missing head, a cut field, a header that lies about the patient."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from coxa.anatomy import Side, Status
from coxa.errors import NoPelvisError
from coxa.phantom import PhantomScan
from coxa.segmentation import segment
from coxa.segmentation.joints.hip_search import find_hips, turned_grid
from coxa.volume import Volume

MUSCLE_HU = 55
ONE_HIP_DICE = {"hip": 0.93, "femur": 0.96}


def true_centre(scan: PhantomScan, side: Side) -> np.ndarray:
    return np.array(scan.truth["sides"][side.value]["native_rotation_centre"]["centre_lps_mm"])


def cut(scan: PhantomScan, low_lps_mm, high_lps_mm) -> tuple[Volume, np.ndarray]:
    """Return scan and true labels between two corners; None leaves a bound open."""
    grid = scan.volume.grid
    box = []
    for n, (low, high) in enumerate(zip(low_lps_mm, high_lps_mm, strict=True)):
        places = grid.origin_lps_mm[n] + np.arange(grid.size[n]) * grid.spacing_mm[n]
        box.append(np.flatnonzero((places >= (low or -1e9)) & (places <= (high or 1e9))))
    start, size = [b[0] for b in box], [len(b) for b in box]
    i, j, k = (slice(a, a + n) for a, n in zip(start, size, strict=True))
    return scan.volume.crop(start, size), scan.segmentation.labels[k, j, i]


def without(scan: PhantomScan, name: str) -> Volume:
    """Return the scan with muscle in place of a bone and its joint space."""
    gone = ndi.binary_dilation(scan.segmentation.mask(name), iterations=2)
    for other in ("hip_left", "hip_right"):
        gone &= ~scan.segmentation.mask(other)
    hu = scan.volume.hu.copy()
    hu[gone] = np.random.default_rng(2).normal(MUSCLE_HU, 15, int(gone.sum()))
    return Volume(hu, scan.volume.grid)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("view", ["half", "small"])
def test_one_hip_in_view_is_known_by_its_side(native_phantom, side, view):
    centre = true_centre(native_phantom, side)
    if view == "small":
        low, high = centre - 72.0, centre + 72.0
    else:
        inner = centre[0] - side.lateral_sign * 75.0
        low, high = [None, None, None], [None, None, None]
        (low if side is Side.LEFT else high)[0] = inner
    volume, _ = cut(native_phantom, low, high)
    found = find_hips(volume)
    assert np.linalg.norm(found.joints[side].centre_lps_mm - centre) < 1.5
    assert not found.joints[side].inferred
    assert found.joints[side.opposite].inferred
    apart = found.joints[side].centre_lps_mm - true_centre(native_phantom, side.opposite)
    assert apart[0] * side.lateral_sign > 0
    assert f"the {side.opposite} hip is not in view" in found.warnings[0]


def test_one_hip_is_segmented_and_the_other_said_to_be_absent(native_phantom):
    volume, truth = cut(native_phantom, [true_centre(native_phantom, Side.LEFT)[0] - 60.0, None, None], [None] * 3)
    found = segment(volume)
    assert dice(found.mask("hip_left"), truth == 1) >= ONE_HIP_DICE["hip"]
    assert dice(found.mask("femur_left"), truth == 4) >= ONE_HIP_DICE["femur"]
    assert not found.has("hip_right")
    assert not found.has("femur_right")
    quality = {q.name: q for q in found.quality}
    assert quality["hip_right"].status is Status.NOT_MEASURABLE
    assert quality["hip_left"].touches_border
    assert "right hip is not in view" in found.warnings[0]


@pytest.fixture(scope="module")
def disarticulated(native_phantom):
    return without(native_phantom, "femur_left")


def test_a_hip_without_a_head_is_placed_by_the_mirror(disarticulated, native_phantom):
    found = find_hips(disarticulated)
    assert found.joints[Side.LEFT].inferred
    assert np.linalg.norm(found.joints[Side.LEFT].centre_lps_mm - true_centre(native_phantom, Side.LEFT)) < 12
    assert np.linalg.norm(found.joints[Side.RIGHT].centre_lps_mm - true_centre(native_phantom, Side.RIGHT)) < 1.5
    assert "no femoral head and no implant was found in the left hip" in found.warnings[0]


def test_an_absent_femur_is_absent_and_its_hip_bone_is_there(disarticulated, native_phantom):
    found = segment(disarticulated)
    truth = native_phantom.segmentation
    assert not found.has("femur_left")
    for name in ("hip_left", "hip_right"):
        assert dice(found.mask(name), truth.mask(name)) >= 0.94
    assert dice(found.mask("femur_right"), truth.mask("femur_right")) >= 0.96
    assert {q.name: q for q in found.quality}["femur_left"].status is Status.NOT_MEASURABLE


# where the patient's front and head end point in the header's LPS, and the rotation that the wrong header means
WRONG_HEADERS = {
    "prone as supine": np.diag([-1.0, -1.0, 1.0]),
    "feet first as head first": np.diag([-1.0, 1.0, -1.0]),
    "on the side as supine": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
}


@pytest.mark.parametrize("wrong", WRONG_HEADERS)
def test_a_header_that_contradicts_the_bones_is_found_out_and_said(native_phantom, wrong):
    header_from_true = WRONG_HEADERS[wrong]
    volume = Volume(native_phantom.volume.hu, turned_grid(native_phantom.volume.grid, header_from_true))
    found = find_hips(volume.nearest_lps())
    np.testing.assert_array_equal(found.true_from_header, header_from_true.T)
    for side, joint in found.joints.items():
        assert np.linalg.norm(joint.centre_lps_mm - true_centre(native_phantom, side)) < 1.5
    assert "the header contradicts the bones" in found.warnings[0]
    assert "mirrored" in found.warnings[0]


def test_labels_of_a_scan_with_a_wrong_header_are_the_same_voxels(native_phantom):
    scan = native_phantom
    turned = Volume(scan.volume.hu, turned_grid(scan.volume.grid, WRONG_HEADERS["feet first as head first"]))
    found = segment(turned)
    assert found.grid.matches(turned.grid)
    for name in ("hip_left", "hip_right", "femur_left", "femur_right"):
        assert dice(found.mask(name), scan.segmentation.mask(name)) >= 0.95


@pytest.mark.parametrize("axis", [1, 2])
def test_a_scan_mirrored_front_to_back_or_head_to_foot_is_never_silent(native_phantom, axis):
    mirrored = np.ascontiguousarray(np.flip(native_phantom.volume.hu, axis=2 - axis))
    found = find_hips(Volume(mirrored, native_phantom.volume.grid))
    assert "left and right are exchanged" in found.warnings[0]


def test_a_true_header_raises_no_doubt(native_phantom, revision_phantom):
    for scan in (native_phantom, revision_phantom):
        found = find_hips(scan.volume)
        assert found.warnings == ()
        np.testing.assert_array_equal(found.true_from_header, np.eye(3))


def test_joints_cut_through_their_middle_are_found_as_the_header_says(native_phantom):
    level = min(true_centre(native_phantom, side)[2] for side in Side)
    found = find_hips(cut(native_phantom, [None, None, level], [None] * 3)[0])
    assert found.warnings == ()
    for side, joint in found.joints.items():
        assert np.linalg.norm(joint.centre_lps_mm - true_centre(native_phantom, side)) < 3.0


@pytest.mark.parametrize("bounds", [(None, -40.0), (75.0, None), (30.0, None)], ids=["femurs", "belly", "wings"])
def test_a_part_without_a_whole_hip_is_refused(native_phantom, bounds):
    level = true_centre(native_phantom, Side.LEFT)[2]
    low, high = (None if b is None else level + b for b in bounds)
    volume, _ = cut(native_phantom, [None, None, low], [None, None, high])
    with pytest.raises(NoPelvisError, match="at least one whole hip"):
        find_hips(volume)


def forearm(volume: Volume, centre_lps_mm: np.ndarray) -> np.ndarray:
    """Return voxels of a bone rod beside the hip, head to foot, 9 mm thick."""
    i, j = (volume.grid.origin_lps_mm[n] + np.arange(volume.grid.size[n]) * volume.grid.spacing_mm[n] for n in (0, 1))
    rod = np.hypot(j[:, None] - centre_lps_mm[1], i[None, :] - centre_lps_mm[0]) < 9.0
    return np.broadcast_to(rod, volume.hu.shape)


def test_an_arm_beside_the_hip_is_no_femur(native_phantom):
    volume = native_phantom.volume
    arm = forearm(volume, true_centre(native_phantom, Side.LEFT) + np.array([88.0, 0.0, 0.0]))
    hu = volume.hu.copy()
    hu[arm] = 900
    found = segment(Volume(hu, volume.grid))
    assert (found.labels[arm & (native_phantom.segmentation.labels == 0)] > 0).mean() < 0.01
    truth = native_phantom.segmentation.mask("femur_left")
    assert dice(found.mask("femur_left"), truth) >= 0.96
