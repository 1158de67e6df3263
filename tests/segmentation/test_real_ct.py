"""A real CT of 3 mm slices: a patient of 82, lying feet first."""

import itertools

import numpy as np
import pytest

from coxa.anatomy import BONES, METAL, Side, Status
from coxa.io import load_scan
from coxa.segmentation import segment
from coxa.segmentation.joints.hip_search import find_hips

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def volume(shared_data):
    archive = shared_data / "data" / "ct" / "TCGA-09-2043.zip"
    if not archive.is_file():
        pytest.skip("the real CT is absent: put it at ../shared/data/ct")
    return load_scan(archive).volume


@pytest.fixture(scope="module")
def segmentation(volume):
    return segment(volume)


def test_both_joints_are_native_and_as_far_apart_as_in_adults(volume):
    joints = find_hips(volume.nearest_lps()).joints
    apart = joints[Side.LEFT].centre_lps_mm - joints[Side.RIGHT].centre_lps_mm
    assert 160 <= np.linalg.norm(apart) <= 186
    assert apart[0] > 150
    assert not any(joint.has_metal for joint in joints.values())


def test_all_bones_are_there_with_plausible_size_and_symmetry(segmentation):
    quality = {q.name: q for q in segmentation.quality}
    assert all(quality[name].status is not Status.NOT_MEASURABLE for name in BONES)
    assert METAL not in quality
    for left, right in (("hip_left", "hip_right"), ("femur_left", "femur_right")):
        assert 0.8 < quality[left].volume_ml / quality[right].volume_ml < 1.25
    assert 200 < quality["hip_left"].volume_ml < 500


def centre(segmentation, name):
    k, j, i = np.nonzero(segmentation.mask(name))
    return segmentation.grid.points_from_indices(np.stack([i, j, k], axis=1)).mean(axis=0)


def test_bones_lie_in_anatomical_order(segmentation):
    where = {name: centre(segmentation, name) for name in BONES}
    row = ("femur_right", "hip_right", "sacrum", "hip_left", "femur_left")
    assert all(where[a][0] < where[b][0] for a, b in itertools.pairwise(row))
    assert where["sacrum"][1] > where["hip_left"][1]  # behind
    assert where["sacrum"][2] > where["femur_left"][2]  # above
