"""Labels made elsewhere: put in their place, checked against the anatomy, completed with metal."""

import numpy as np
import pytest

from coxa.anatomy import BONES, METAL, Status
from coxa.errors import SegmentationError, UsageError
from coxa.geometry.grid import Grid
from coxa.labels import Segmentation, StructureQuality
from coxa.phantom import oblique_grid
from coxa.segmentation import segment
from coxa.segmentation.backends import labelmap
from coxa.segmentation.backends.labelmap import LabelmapBackend
from coxa.volume import Volume, reorient_array
from tests.segmentation.made_labels import BOXES_LPS_MM, GRID, OWN, box, labels, scan


def put(given, volume=None):
    return segment(scan() if volume is None else volume, LabelmapBackend(given))


def swapped(*pairs):
    other = dict(pair for a, b in pairs for pair in ((a, b), (b, a)))
    return {name: BOXES_LPS_MM[other.get(name, name)] for name in BOXES_LPS_MM}


def shifted(by_lps_mm):
    return {
        name: [(low + d, high + d) for (low, high), d in zip(limits, by_lps_mm, strict=True)]
        for name, limits in BOXES_LPS_MM.items()
    }


def quality_of(segmentation, name):
    return next(q for q in segmentation.quality if q.name == name)


def test_labels_that_fit_come_through_with_quality():
    found = put(labels())
    assert found.backend == "labelmap"
    assert np.array_equal(found.labels, labels().labels)
    hip = quality_of(found, "hip_left")
    assert (hip.mean_hu, hip.touches_border, hip.metal_contamination) == (400.0, False, 0.0)
    assert hip.volume_ml == pytest.approx(40 * 60 * 140 / 1000, rel=0.05)


def test_a_box_is_no_hip_bone_but_a_person_may_overrule_the_checks_and_a_program_may_not():
    by_hand, by_program = (
        quality_of(segment(scan(), backend), "hip_left")
        for backend in (LabelmapBackend(labels()), LabelmapBackend(labels(), "a model", Status.FAILED))
    )
    assert by_hand.status is Status.WARN
    assert by_program.status is Status.FAILED
    assert "of its own extent" in by_hand.reason
    assert Status.FAILED not in {f.status for f in by_hand.findings}


@pytest.mark.parametrize(
    ("axes", "flips"), [((0, 1, 2), (True, True, False)), ((2, 0, 1), (False, True, True)), ((1, 2, 0), (True,) * 3)]
)
def test_other_storage_orders_are_the_same_voxels(axes, flips):
    turned = np.ascontiguousarray(reorient_array(labels().labels, axes, flips))
    found = put(Segmentation(turned, GRID.reoriented(axes, flips), labels().names))
    assert np.array_equal(found.labels, labels().labels)


@pytest.mark.parametrize(
    "grid",
    [
        Grid((150, 75, 70), (2.0, 2.0, 3.0), [-149.0, -74.0, -100.0], np.eye(3)),
        Grid((100, 50, 90), (3.0, 3.0, 3.0), [147.5, 74.0, -130.0], np.diag([-1.0, -1.0, 1.0])),
        oblique_grid(Grid((120, 80, 90), (3.0, 3.0, 3.0), [-178.0, -118.0, -135.0], np.eye(3)), (6.0, -4.0, 8.0)),
    ],
    ids=["finer", "RAS and longer", "oblique"],
)
def test_another_grid_is_resampled_to_the_place_in_the_patient(grid):
    """The left hip ends up where the scan's left hip is, on whatever grid it was drawn."""
    found = put(labels(grid))
    assert found.grid is GRID or found.grid.matches(GRID)
    for name in BONES:
        wanted, got = labels().mask(name), found.mask(name)
        assert 2 * (wanted & got).sum() / (wanted.sum() + got.sum()) > 0.9
        k, j, i = np.nonzero(got)
        centre = GRID.points_from_indices(np.stack([i, j, k], axis=1)).mean(axis=0)
        assert centre == pytest.approx(np.mean(BOXES_LPS_MM[name], axis=1), abs=1.5)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        (swapped(("hip_left", "hip_right")), "hip_left lies 159 mm to the patient's right of hip_right"),
        (swapped(("hip_left", "hip_right"), ("femur_left", "femur_right")), "hip_left lies 159 mm"),
        (swapped(("femur_left", "femur_right")), "femur_left lies 246 mm to the patient's right of femur_right"),
    ],
)
def test_swapped_sides_are_refused(boxes, message):
    with pytest.raises(SegmentationError, match=message):
        put(labels(boxes=boxes))


def test_a_mirrored_file_is_refused():
    """A file that lost its orientation holds left and right exchanged; the names look right, the bones fit."""
    mirrored = Segmentation(np.ascontiguousarray(labels().labels[:, :, ::-1]), GRID, labels().names)
    with pytest.raises(SegmentationError, match="left and right are swapped"):
        put(mirrored)


@pytest.mark.parametrize(("present", "wrong"), [("hip_left", "hip_right"), ("hip_right", "hip_left")])
def test_a_single_hip_is_compared_with_the_sacrum(present, wrong):
    boxes = {wrong: BOXES_LPS_MM[present], "sacrum": BOXES_LPS_MM["sacrum"]}
    with pytest.raises(SegmentationError, match="swapped"):
        put(labels(boxes=boxes))
    assert put(labels(boxes={present: BOXES_LPS_MM[present], "sacrum": BOXES_LPS_MM["sacrum"]})).has(present)


def test_a_single_femur_must_lie_nearest_its_own_hip():
    boxes = {name: BOXES_LPS_MM[name] for name in ("hip_left", "hip_right")}
    with pytest.raises(SegmentationError, match="femur_left lies nearer to hip_right"):
        put(labels(boxes={**boxes, "femur_left": BOXES_LPS_MM["femur_right"]}))


def test_a_piece_of_a_bone_on_the_other_side_is_refused():
    given = labels()
    mixed = given.labels.copy()
    mixed[given.mask("hip_right") & (np.arange(70) > 45)[:, None, None]] = OWN["hip_left"]
    with pytest.raises(SegmentationError, match="ml of hip_left lie on the patient's right"):
        put(Segmentation(mixed, GRID, given.names))


@pytest.mark.parametrize(
    ("by_lps_mm", "back"), [((0, 9, 0), r"\[0, -6, 0\]"), ((-9, 0, 0), r"\[6, 0, 0\]"), ((0, 0, 12), r"\[0, 0, -6\]")]
)
def test_displaced_labels_are_refused_with_the_way_back(by_lps_mm, back):
    with pytest.raises(SegmentationError, match=f"do not lie on the bone: shifted by {back} mm"):
        put(labels(boxes=shifted(by_lps_mm)))


def test_labels_in_soft_tissue_or_air_are_refused():
    hu = scan().hu.copy()
    for value in (40, -1000):
        hu[:] = value
        with pytest.raises(SegmentationError, match="do not lie on the bone"):
            put(labels(), Volume(hu, GRID))


def test_labels_of_another_place_are_refused():
    elsewhere = Grid(GRID.size, GRID.spacing_mm, GRID.origin_lps_mm + 1000.0, GRID.direction)
    with pytest.raises(SegmentationError, match="no voxel of the scan is labelled as hip bone"):
        put(Segmentation(labels().labels, elsewhere, labels().names))


def test_osteoporotic_bone_is_bone():
    """Bone barely denser than muscle, with marrow darker than it: the labels still lie where they should."""
    hu = np.where(scan().hu == 400, 90, 50).astype(np.int16)
    for name in ("hip_left", "hip_right"):
        marrow = [(low + 9, high - 9) for low, high in BOXES_LPS_MM[name]]
        hu[box(GRID, marrow)] = 20
    assert put(labels(), Volume(hu, GRID)).has("hip_left")


@pytest.mark.parametrize("cut", [np.s_[30:, :, :], np.s_[:, :, :92], np.s_[:, 22:, :]])
def test_a_label_file_that_ends_in_the_middle_of_a_bone_is_refused(cut):
    given = labels()
    k, j, i = (s.start or 0 for s in cut)
    part = given.labels[cut]
    grid = GRID.crop([i, j, k], part.shape[::-1])
    with pytest.raises(SegmentationError, match="ends in the middle of"):
        put(Segmentation(part, grid, given.names))


def test_a_bone_that_the_scan_itself_cuts_is_flagged_not_refused():
    short = GRID.crop([0, 0, 20], [100, 50, 50])
    found = put(labels(), scan(short))
    assert quality_of(found, "hip_left").touches_border
    assert "cut by the edge" in quality_of(found, "hip_left").reason


STEM = ((118, 127), (-8, 8), (-90, -30))


def test_metal_is_found_in_the_scan_when_the_labels_have_none():
    found = put(labels(), scan(metal=STEM))
    metal = found.mask(METAL)
    assert metal.sum() == (scan(metal=STEM).hu == 3000).sum() > 0
    assert not found.mask("femur_left")[metal].any()
    quality = {q.name: q.metal_contamination for q in found.quality}
    assert quality["femur_left"] > quality["femur_right"] == 0.0


def test_metal_far_from_the_hips_is_none_of_ours():
    volume = scan()
    hu = volume.hu.copy()
    hu[0:3, 0:3, 0:1] = 3000
    given = labels(boxes={name: limits for name, limits in BOXES_LPS_MM.items() if "femur" not in name})
    assert not put(given, Volume(hu, GRID)).has(METAL)


def test_metal_that_the_labels_name_is_theirs_to_say():
    given = labels()
    drawn = given.labels.copy()
    drawn[30:32, 20:22, 80:82] = OWN[METAL]
    found = put(Segmentation(drawn, GRID, {**given.names, OWN[METAL]: METAL}), scan(metal=STEM))
    assert found.mask(METAL).sum() == 8


def test_loose_pieces_are_told_of_and_left():
    given = labels()
    drawn = given.labels.copy()
    drawn[64:67, 20:22, 80:82] = OWN["hip_left"]
    found = put(Segmentation(drawn, GRID, given.names))
    assert quality_of(found, "hip_left").status is Status.WARN
    assert "0.3 ml of it lie in loose pieces" in quality_of(found, "hip_left").reason
    assert "loose" not in quality_of(found, "hip_right").reason
    assert np.array_equal(found.labels, drawn)


def test_a_stem_through_the_femur_leaves_no_loose_piece():
    whole_width = ((109, 136), (-16, 16), (-60, -50))
    found = put(labels(), scan(metal=whole_width))
    assert "loose" not in (quality_of(found, "femur_left").reason or "")


def test_bones_that_the_labels_leave_out_are_reported_missing():
    found = put(labels(boxes={name: BOXES_LPS_MM[name] for name in ("hip_left", "hip_right")}))
    assert quality_of(found, "sacrum").status is Status.NOT_MEASURABLE


def test_the_name_alone_is_not_enough():
    with pytest.raises(UsageError, match="--labels"):
        segment(scan(), "labelmap")


def test_loose_pieces_do_not_lift_a_failure():
    failed = StructureQuality("hip_left", 300.0, False, 300.0, 0.0, Status.FAILED, "hollow")
    told = labelmap._mention_loose(failed, {"hip_left": 2.0})
    assert told.status is Status.FAILED and "hollow" in told.reason and "2.0 ml" in told.reason
