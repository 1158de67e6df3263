"""What a segmentation says of itself."""

import numpy as np
import pytest

from coxa.anatomy import BONES, METAL, Status
from coxa.geometry import Grid
from coxa.labels import Segmentation
from coxa.segmentation.quality import assess
from coxa.volume import Volume

GRID = Grid((50, 40, 60), (3.0, 3.0, 3.0), np.zeros(3), np.eye(3))


def quality_of(boxes, hu=300, metal_hu=3000):
    """Boxes by label value: slices (k, j, i). Returns quality by name."""
    labels = np.zeros(GRID.shape, np.uint8)
    values = np.zeros(GRID.shape, np.int16)
    for value, box in boxes.items():
        labels[box] = value
        values[box] = metal_hu if value == 6 else hu
    found = assess(Segmentation(labels, GRID), Volume(values, GRID))
    return {quality.name: quality for quality in found}


WHOLE = np.s_[10:30, 10:30, 10:40]  # 324 ml


def test_a_whole_bone_is_ok_and_measured():
    hip = quality_of({1: WHOLE})["hip_left"]
    assert hip.status is Status.OK
    assert hip.volume_ml == pytest.approx(20 * 20 * 30 * 0.027)
    assert (hip.mean_hu, hip.touches_border, hip.metal_contamination, hip.reason) == (300.0, False, 0.0, None)


def test_absent_bones_are_not_measurable_with_a_reason_and_metal_is_just_not_there():
    found = quality_of({1: WHOLE})
    assert set(found) == set(BONES)
    assert found["sacrum"].status is Status.NOT_MEASURABLE
    assert found["sacrum"].reason


@pytest.mark.parametrize("box", [np.s_[0:20, 10:30, 10:40], np.s_[10:30, 20:40, 10:40], np.s_[10:30, 10:30, 10:40]])
def test_a_hip_cut_by_the_field_of_view_is_flagged(box):
    hip = quality_of({1: box})["hip_left"]
    cut = box[0].start == 0 or box[1].stop == 40
    assert hip.touches_border == cut
    assert hip.status == (Status.WARN if cut else Status.OK)
    assert ("cut by the edge" in (hip.reason or "")) == cut


def test_a_femur_is_cut_in_every_pelvic_scan_and_not_doubted_for_it():
    femur = quality_of({4: np.s_[0:20, 10:30, 10:40]})["femur_left"]
    assert femur.touches_border
    assert femur.status is Status.OK


def test_a_crumb_and_an_implausible_density_are_doubted():
    assert "volume" in (quality_of({1: np.s_[10:12, 10:12, 10:12]})["hip_left"].reason or "")
    assert "density" in (quality_of({1: WHOLE}, hu=20)["hip_left"].reason or "")


def test_metal_in_a_bone_is_counted_as_contamination():
    found = quality_of({1: WHOLE, 6: np.s_[18:22, 18:22, 10:40]})
    hip = found["hip_left"]
    # 3 mm reach one voxel: of the 400 - 16 voxels of each slice, 16 share a face with the rod
    assert hip.metal_contamination == pytest.approx(16 / 384)
    thick = quality_of({1: WHOLE, 6: np.s_[14:26, 14:26, 10:40]})["hip_left"]
    assert thick.status is Status.WARN
    assert "of metal" in thick.reason
    assert found[METAL].volume_ml == pytest.approx(16 * 30 * 0.027)
    assert found[METAL].mean_hu == 3000.0
