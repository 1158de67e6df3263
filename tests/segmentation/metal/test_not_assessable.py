"""The third state beside metal: where it is said, and where it is not."""

import numpy as np
import pytest

from coxa.anatomy import FEMUR_LEFT, HIP_LEFT, LABELS, LINER_LABELS, METAL, METAL_PART_LABELS, UNKNOWN, UNKNOWN_LABEL
from coxa.geometry import Grid
from coxa.labels import Segmentation
from coxa.segmentation.metal.not_assessable import METAL_HALO_MM, halo_mm, mark_unknown

GRID = Grid((60, 60, 60), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
HIP, FEMUR, METAL_VALUE, HEAD, STEM, LINER = 1, 4, 6, 13, 15, 17
NAMES = {**LABELS, **METAL_PART_LABELS, **LINER_LABELS}
ROD = np.s_[10:50, 28:32, 28:32]


def marked(boxes, names=NAMES, grid=GRID):
    """Mark the unknown among boxes of label values, drawn in the order given."""
    labels = np.zeros(grid.shape, np.uint8)
    for value, box in boxes:
        labels[box] = value
    return mark_unknown(Segmentation(labels, grid, names))


def gap_mm(box=ROD):
    """Distance of each voxel's centre from the nearest voxel centre of a box."""
    gaps = [
        np.maximum(np.maximum(s.start - n, n - (s.stop - 1)), 0)
        for s, n in zip(box, np.indices(GRID.shape), strict=True)
    ]
    return np.sqrt(sum(gap.astype(float) ** 2 for gap in gaps))


def test_within_the_blooming_even_labelled_bone_is_unknown_and_beyond_it_bone_stays_bone():
    found = marked([(HIP, np.s_[:, :, :]), (METAL_VALUE, ROD)])
    unknown, gap = found.mask(UNKNOWN), gap_mm()
    assert unknown[(gap > 0) & (gap < 1.5)].all()
    assert found.mask(HIP_LEFT)[gap > 2.1].all()
    assert not unknown[gap > 2.1].any()


def test_near_bone_what_was_not_labelled_bone_is_unknown_within_the_whole_halo():
    found = marked([(HIP, np.s_[:, :, :22]), (METAL_VALUE, ROD)])
    unknown, gap = found.mask(UNKNOWN), gap_mm()
    assert unknown[(gap > 0) & (gap < METAL_HALO_MM - 0.1)][0]
    beside = np.zeros(GRID.shape, bool)
    beside[15:45, 28:32, 25:28] = True  # between the bone and the rod, 3 mm of the halo
    assert unknown[beside].all()
    assert not unknown[gap > METAL_HALO_MM + 0.5].any()


def test_far_from_all_bone_nothing_is_unknown():
    found = marked([(HIP, np.s_[:, :, :10]), (METAL_VALUE, ROD)])
    assert not found.has(UNKNOWN)


@pytest.mark.parametrize("part", [HEAD, STEM])
def test_a_neck_or_head_away_from_bone_has_none_to_expect(part):
    bone = np.s_[:, :, :22]  # 6 mm from the rod: near for a cup, not for a neck
    assert marked([(FEMUR, bone), (METAL_VALUE, ROD)]).mask(UNKNOWN)[:, :, 27].any()
    assert not marked([(FEMUR, bone), (part, ROD)]).mask(UNKNOWN)[:, :, 27:].any()


def test_a_liner_is_never_bone():
    found = marked([(HIP, np.s_[:, :, :]), (LINER, np.s_[10:50, 26:34, 26:34]), (METAL_VALUE, ROD)])
    assert not found.mask(UNKNOWN)[10:50, 26:34, 26:34].any()


def test_metal_and_bones_elsewhere_keep_their_labels():
    boxes = [(HIP, np.s_[:, :, :26]), (FEMUR, np.s_[:, :, 34:]), (METAL_VALUE, ROD)]
    found = marked(boxes)
    gap = gap_mm()
    assert found.mask(METAL).sum() == 40 * 4 * 4
    assert found.mask(HIP_LEFT)[(gap > 2.1)][:10].all()
    assert found.mask(FEMUR_LEFT).sum() == 60 * 60 * 26  # 3 mm away: beyond the blooming


def test_without_metal_and_when_marked_already_nothing_changes():
    plain = Segmentation(np.ones(GRID.shape, np.uint8), GRID)
    assert mark_unknown(plain) is plain
    once = marked([(HIP, np.s_[:, :, :]), (METAL_VALUE, ROD)])
    assert mark_unknown(once) is once


def test_the_label_avoids_values_that_are_taken():
    names = {**LABELS, UNKNOWN_LABEL: "vertebra"}
    found = marked([(HIP, np.s_[:, :, :]), (UNKNOWN_LABEL, np.s_[:2]), (METAL_VALUE, ROD)], names)
    assert found.mask("vertebra").sum() == 2 * 60 * 60
    (value,) = found.values_of(UNKNOWN)
    assert value not in names


@pytest.mark.parametrize(("thick_mm", "expected_mm"), [(1.0, 3.0), (3.0, 4.5)])
def test_coarse_voxels_widen_the_halo_to_their_blooming(thick_mm, expected_mm):
    assert halo_mm(Grid((4, 4, 4), (1.0, 1.0, thick_mm), np.zeros(3), np.eye(3))) == expected_mm
