"""The simulated scan against its own truth, on any grid."""

from dataclasses import replace

import numpy as np
import pytest

from coxa.anatomy import SIDES, Side
from coxa.errors import UsageError
from coxa.geometry.fits import fit_sphere
from coxa.phantom import SCENARIOS, Scanner, default_grid, oblique_grid, oriented_grid, simulate
from coxa.volume import reorient_array

COARSE = Scanner(spacing_mm=(3.0, 3.0, 3.0), field_lps_mm=((-165.0, 165.0), (-30.0, 180.0), (-160.0, 60.0)))
RIGHT_HIP_ONLY = replace(COARSE, field_lps_mm=((-120.0, -50.0), (20.0, 90.0), (-110.0, -40.0)))


@pytest.fixture(scope="module")
def coarse():
    return replace(SCENARIOS["native_oblique"], scanner=COARSE)


@pytest.fixture(scope="module")
def coarse_scan(coarse):
    return simulate(coarse)


def centre_of(truth, side, which="native_rotation_centre"):
    return np.array(truth["sides"][side.value][which]["centre_lps_mm"])


def head_sphere(scan, side):
    """Sphere through the boundary between head voxels and others, on the half that looks away from the neck."""
    truth = scan.truth["sides"][side.value]
    centre, neck = centre_of(scan.truth, side), np.array(truth["femur"]["neck_axis_lps"])
    mask = scan.segmentation.mask(f"femur_{side}")
    points = []
    for axis in range(3):
        low, high = np.moveaxis(mask, axis, 0)[:-1], np.moveaxis(mask, axis, 0)[1:]
        at = np.argwhere(low != high).astype(float)
        kji = np.insert(at[:, 1:], axis, at[:, 0] + 0.5, axis=1)
        points.append(scan.segmentation.grid.points_from_indices(kji[:, ::-1]))
    points = np.concatenate(points)
    ray = points - centre
    near = (np.linalg.norm(ray, axis=1) < 0.5 * truth["head_diameter_mm"] + 4) & (ray @ neck < 3)
    return fit_sphere(points[near])


@pytest.mark.parametrize("side", SIDES)
def test_head_voxels_lie_on_the_true_sphere(native_phantom, side):
    sphere = head_sphere(native_phantom, side)
    assert sphere.centre_lps_mm == pytest.approx(centre_of(native_phantom.truth, side), abs=0.3)
    assert 2 * sphere.radius_mm == pytest.approx(native_phantom.truth["sides"][side]["head_diameter_mm"], abs=0.4)


def test_left_is_plus_x_in_the_voxels(native_phantom):
    grid = native_phantom.volume.grid
    for bone in ("hip", "femur"):
        x = {
            side: grid.points_from_indices(np.argwhere(native_phantom.segmentation.mask(f"{bone}_{side}"))[:, ::-1])[
                :, 0
            ]
            for side in SIDES
        }
        assert x[Side.LEFT].min() > x[Side.RIGHT].max()


def test_label_volume_is_the_volume_of_the_shape(native_phantom):
    for side in SIDES:
        counted = native_phantom.segmentation.mask(f"hip_{side}").sum() * native_phantom.volume.grid.voxel_volume_ml
        assert counted == pytest.approx(native_phantom.truth["sides"][side]["bone"]["native_hip_volume_ml"], rel=0.01)


def test_every_bone_is_one_piece(native_phantom, revision_phantom):
    from scipy.ndimage import label

    for scan in (native_phantom, revision_phantom):
        for name in ("hip_left", "hip_right", "sacrum", "femur_left", "femur_right"):
            pieces, _ = label(scan.segmentation.mask(name), structure=np.ones((3, 3, 3)))
            sizes = np.bincount(pieces.ravel())[1:]
            assert sizes.max() > 0.99 * sizes.sum(), name


def test_hounsfield_units_look_like_a_patient(native_phantom):
    hu, labels = native_phantom.volume.hu, native_phantom.segmentation.labels
    truth = native_phantom.truth
    i, j, k = native_phantom.volume.grid.indices_from_points(centre_of(truth, Side.LEFT)).round().astype(int)
    head = hu[k - 4 : k + 5, j - 4 : j + 5, i - 4 : i + 5]
    assert head.mean() == pytest.approx(SCENARIOS["native"].bone.trabecular_hu, abs=10)
    assert head.std() == pytest.approx(SCENARIOS["native"].scanner.noise_hu, rel=0.25)
    assert hu[labels > 0].max() > 1000
    assert hu[0, 0, 0] < -900
    body = (labels == 0) & (hu > -300)
    assert -110 < np.percentile(hu[body], 15) < -80 and 20 < np.percentile(hu[body], 60) < 70


def test_osteoporosis_shows_in_the_head():
    means = []
    for name in ("osteoporotic", "native"):
        scan = simulate(replace(SCENARIOS[name], scanner=RIGHT_HIP_ONLY))
        i, j, k = scan.volume.grid.indices_from_points(centre_of(scan.truth, Side.RIGHT)).round().astype(int)
        means.append(scan.volume.hu[k - 2 : k + 3, j - 2 : j + 3, i - 2 : i + 3].mean())
    assert means[0] < 100 < 150 < means[1]


def test_same_parameters_same_scan_other_seed_other_noise(coarse, coarse_scan):
    again, other = simulate(coarse), simulate(replace(coarse, seed=99))
    assert np.array_equal(again.volume.hu, coarse_scan.volume.hu)
    assert again.truth == coarse_scan.truth
    assert np.array_equal(other.segmentation.labels, coarse_scan.segmentation.labels)
    assert not np.array_equal(other.volume.hu, coarse_scan.volume.hu)
    assert coarse.digest != replace(coarse, seed=99).digest


def test_pose_turns_the_patient_about_mid_asis(coarse, coarse_scan):
    truth = coarse_scan.truth
    assert truth["app_frame"]["origin_lps_mm"] == pytest.approx(coarse.pose.offset_mm, abs=1e-3)
    upright = simulate(replace(SCENARIOS["native"], scanner=RIGHT_HIP_ONLY)).truth
    assert upright["app_frame"]["superior_axis_lps"] == pytest.approx([0, 0, 1], abs=1e-6)
    eight = np.radians(8.0)  # about x: superior leans towards the front (-y)
    pose = replace(coarse.pose, rotation_deg=(8.0, 0.0, 0.0))
    leaning = simulate(replace(coarse, pose=pose, scanner=RIGHT_HIP_ONLY)).truth
    assert leaning["app_frame"]["superior_axis_lps"] == pytest.approx([0, -np.sin(eight), np.cos(eight)], abs=1e-6)


@pytest.mark.parametrize("code", ["RAS", "LAS", "LPS", "SAR"])
def test_axis_codes_give_the_same_physical_scan(coarse, coarse_scan, code):
    scan = simulate(coarse, oriented_grid(default_grid(coarse), code))
    assert scan.truth["sides"] == coarse_scan.truth["sides"]
    grid = scan.volume.grid
    letters = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
    for axis, letter in enumerate(code):
        row, sign = letters[letter]
        assert grid.direction[row, axis] == pytest.approx(sign)
    axes, flips = grid.axes_nearest_lps()
    for mine, theirs in (
        (scan.volume.hu, coarse_scan.volume.hu),
        (scan.segmentation.labels, coarse_scan.segmentation.labels),
    ):
        assert np.array_equal(reorient_array(mine, axes, flips), theirs)
    index = grid.indices_from_points(centre_of(scan.truth, Side.LEFT)).round().astype(int)
    assert scan.segmentation.labels[tuple(index[::-1])] == 4, "the left head is labelled as the left femur"


def test_oblique_grid_holds_the_same_anatomy(coarse, coarse_scan):
    scan = simulate(coarse, oblique_grid(default_grid(coarse), (12.0, -9.0, 15.0)))
    assert scan.truth["landmarks_lps_mm"] == coarse_scan.truth["landmarks_lps_mm"]
    for side in SIDES:
        assert head_sphere(scan, side).centre_lps_mm == pytest.approx(centre_of(scan.truth, side), abs=0.3)
    rng = np.random.default_rng(3)
    points = np.array([0, 75, -50]) + coarse.pose.offset_mm + rng.uniform(-1, 1, (40000, 3)) * [110, 55, 60]
    seen = []
    for each in (scan, coarse_scan):
        kji = each.volume.grid.indices_from_points(points).round().astype(int)[:, ::-1]
        seen.append(each.segmentation.labels[tuple(kji.T)])
    differ = seen[0] != seen[1]
    assert differ.mean() < 0.05, "only voxels at surfaces may differ between two samplings"
    left, right = ([np.isin(s, values) for s in seen] for values in ((1, 4), (2, 5)))
    assert left[0].sum() > 1000 < right[0].sum()
    assert not (left[0] & right[1]).any() and not (right[0] & left[1]).any()


def test_axis_code_that_repeats_a_direction_is_refused(coarse):
    with pytest.raises(UsageError, match="no axis code"):
        oriented_grid(default_grid(coarse), "LRS")


def test_field_of_view_crops_the_scan_not_the_anatomy(coarse, coarse_scan):
    field = ((0.0, 150.0), (-30.0, 150.0), (-120.0, -20.0))
    half = simulate(replace(coarse, scanner=replace(COARSE, field_lps_mm=field)))
    assert half.truth["sides"] == coarse_scan.truth["sides"]
    assert half.truth["landmarks_lps_mm"] == coarse_scan.truth["landmarks_lps_mm"]
    low = half.volume.grid.origin_lps_mm - coarse.pose.offset_mm
    assert low == pytest.approx([0, -30, -120])
    assert not half.segmentation.has("femur_right") and half.segmentation.has("femur_left")
