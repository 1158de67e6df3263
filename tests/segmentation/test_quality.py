"""What a segmentation says of itself."""

import numpy as np
import pytest

from coxa.anatomy import BONES, LABELS, METAL, UNKNOWN, UNKNOWN_LABEL, Status
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


def test_contamination_is_the_share_of_the_surface_near_metal():
    found = quality_of({1: WHOLE, 6: np.s_[18:22, 18:22, 10:40]})
    hip = found["hip_left"]
    # The block's outer layer without the rod's two ends, and the inner layer of 16 voxels around the rod; 28 slices
    # lie between the end slices. The halo of 3 mm voxels, 4.5 mm, holds the 16 in all 30 slices, and on the end
    # slices the 4 at the corners, which are surface there.
    surface = 20 * 20 * 30 - 18 * 18 * 28 - 2 * 16 + 28 * 16
    assert hip.metal_contamination == pytest.approx((30 * 16 + 2 * 4) / surface)
    assert hip.status is Status.WARN
    assert "of metal" in hip.reason
    assert found[METAL].volume_ml == pytest.approx(16 * 30 * 0.027)
    assert found[METAL].mean_hu == 3000.0
    assert found["sacrum"].metal_contamination == 0.0


def test_the_unknown_counts_for_the_bone_it_lies_beside_and_for_no_volume():
    names = {**LABELS, UNKNOWN_LABEL: UNKNOWN}
    labels = np.zeros(GRID.shape, np.uint8)
    labels[WHOLE], labels[10:30, 32:38, 10:40] = 1, 4
    alone = np.count_nonzero(labels == 1) * GRID.voxel_volume_ml
    labels[10:30, 30:31, 10:20] = UNKNOWN_LABEL  # touches the hip, one voxel away from the femur
    labels[10:12, 30:31, 44:46] = 6  # far from both
    scan = Volume(np.full(GRID.shape, 300, np.int16), GRID)
    found = {q.name: q for q in assess(Segmentation(labels, GRID, names), scan)}
    ml = 20 * 10 * 0.027
    assert found["hip_left"].unknown_ml == pytest.approx(ml)
    assert found["hip_left"].volume_ml == pytest.approx(alone)
    assert found["femur_left"].unknown_ml == 0.0
    assert found["hip_left"].metal_contamination > 0.0 == found["femur_left"].metal_contamination
    assert found[UNKNOWN].volume_ml == pytest.approx(ml)


def test_a_surface_that_the_scan_does_not_show_is_doubted():
    seen = quality_of({1: WHOLE})["hip_left"]
    labels = np.zeros(GRID.shape, np.uint8)
    labels[WHOLE] = 1
    rng = np.random.default_rng(0)
    even = Volume(rng.normal(300, 20, GRID.shape).astype(np.int16), GRID)
    unknown = {q.name: q for q in assess(Segmentation(labels, GRID), even)}["hip_left"]
    assert seen.surface_uncertainty.p90_mm < unknown.surface_uncertainty.p50_mm
    assert unknown.status is Status.WARN
    assert "surface" in unknown.reason
