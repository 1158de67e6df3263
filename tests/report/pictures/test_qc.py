from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from coxa.anatomy import SIDES, UNKNOWN, UNKNOWN_LABEL, Side, Status
from coxa.labels import Finding, MetalPart, Segmentation
from coxa.report import write_qc_picture
from coxa.report.drawing.palette import CENTRE_NOW
from coxa.report.pictures.qc import CUT_SIZE, CUT_WIDTH_MM, hip_middle, qc_picture
from coxa.report.pictures.qc_places import places_to_show
from coxa.report.pictures.qc_table import STATUS_COLOURS, fitting, metal_texts, remarks
from coxa.structure_colours import METAL_PART_COLOURS, STRUCTURE_COLOURS
from tests.report.made_case import CENTRES, landmarks, scan


def amount(pixels, colour):
    return int((np.abs(pixels.astype(int) - colour).max(-1) < 12).sum())


def test_the_picture_shows_the_structures_in_their_colours(tmp_path):
    volume, segmentation = scan()
    write_qc_picture(tmp_path / "qc.png", volume, segmentation, landmarks())
    pixels = np.asarray(Image.open(tmp_path / "qc.png"))
    assert pixels.shape[1] == 1640
    swatch = amount(pixels, STRUCTURE_COLOURS["femur_left"])
    for name in ("hip_left", "hip_right"):
        assert amount(pixels, STRUCTURE_COLOURS[name]) > swatch + 300
    # Right hip above the left one: its outline is the cool one.
    rows = {name: pixels[-860:-430] if name == "hip_right" else pixels[-420:] for name in ("hip_right", "hip_left")}
    for name, part in rows.items():
        other = "hip_left" if name == "hip_right" else "hip_right"
        assert amount(part, STRUCTURE_COLOURS[name]) > 5 * amount(part, STRUCTURE_COLOURS[other])


def test_missing_landmarks_leave_a_picture_that_says_so():
    volume, segmentation = scan()
    whole = qc_picture(volume, segmentation, landmarks())
    bare = qc_picture(volume, segmentation, landmarks(found=()))
    assert amount(whole, CENTRE_NOW) > amount(bare, CENTRE_NOW)
    texts = [text for text, _ in remarks(segmentation, landmarks(found=()))]
    assert any("TD_L" in text and "<cut off> & gone" in text for text in texts)


def test_remarks_put_the_worst_first_and_keep_every_reason():
    _, segmentation = scan()
    found = remarks(segmentation, landmarks())
    assert found[0][1] is Status.NOT_MEASURABLE
    assert ("left hip bone: beside metal", Status.WARN) in found
    assert ("sacrum: no voxels found", Status.NOT_MEASURABLE) in found


@pytest.mark.parametrize(
    ("lines", "room", "shown"),
    [([2, 2], 4, 2), ([2, 3], 4, 1), ([2, 2, 1], 4, 1), ([2, 1, 1], 4, 3), ([5], 4, 0), ([], 4, 0)],
)
def test_remarks_that_do_not_fit_leave_a_line_to_say_how_many_more_there_are(lines, room, shown):
    assert fitting(lines, room) == shown
    left = 0 if shown == len(lines) else 1
    assert sum(lines[:shown]) + left <= room


def test_places_that_a_check_names_are_shown_failed_bones_first_with_a_ring():
    volume, segmentation = scan()
    place = tuple(CENTRES[Side.LEFT].tolist())
    warned = Finding("pieces", Status.WARN, 0.1, reason="apart", place_lps_mm=place)
    failed = Finding("interior", Status.FAILED, 0.4, reason="hollow", place_lps_mm=place, reach_mm=12.0)
    agreed = Finding("depth", Status.OK, 0.1)
    hips = [
        replace(segmentation.quality[0], findings=(agreed, warned)),
        replace(segmentation.quality[1], status=Status.FAILED, findings=(warned, failed)),
    ]
    checked = replace(segmentation, quality=tuple(hips))
    shown = [(p.structure, p.finding.check) for p in places_to_show(checked, 3)]
    assert shown == [("hip_right", "interior"), ("hip_left", "pieces"), ("hip_right", "pieces")]
    before, after = (qc_picture(volume, s, landmarks()) for s in (segmentation, checked))
    assert after.shape[0] > before.shape[0]
    assert amount(after, STATUS_COLOURS[Status.FAILED]) > amount(before, STATUS_COLOURS[Status.FAILED]) + 200


@pytest.mark.parametrize("side", SIDES)
def test_cuts_go_through_the_rotation_centre_else_through_bone(side):
    _, segmentation = scan()
    np.testing.assert_allclose(hip_middle(segmentation, landmarks(), side)[0], CENTRES[side])
    middle, what = hip_middle(segmentation, landmarks(found=()), side)
    assert np.linalg.norm(middle - CENTRES[side]) < 4.0
    assert "no rotation centre" in what


def test_a_side_that_is_not_in_view_is_said():
    volume, segmentation = scan()
    one_hip = Segmentation(np.where(segmentation.labels == 1, 1, 0).astype(np.uint8), segmentation.grid)
    assert hip_middle(one_hip, landmarks(found=()), Side.RIGHT) is None
    qc_picture(volume, one_hip, landmarks(found=()))


def test_metal_is_told_by_side_and_kind():
    parts = (
        MetalPart("cup_left", Side.LEFT, 17.4, 55.0),
        MetalPart("screw", Side.LEFT, 1.1, 31.4),
        MetalPart("screw", Side.LEFT, 1.0, 24.6),
        MetalPart("metal", Side.RIGHT, 2.0, 20.0),
    )
    assert metal_texts(parts) == ["right metal: other 2 ml", "left metal: cup 17 ml, 2 screws (31, 25 mm)"]
    assert metal_texts(()) == []


def test_parts_have_their_own_colours_and_the_unknown_is_hatched():
    volume, segmentation = scan()
    kji = np.indices(segmentation.labels.shape)
    points = segmentation.grid.points_from_indices(np.stack(kji[::-1], -1))
    labels = segmentation.labels.copy()
    for value, stem in ((11, 18.0), (UNKNOWN_LABEL, 10.0)):
        labels[np.linalg.norm(points - CENTRES[Side.LEFT], axis=-1) < stem] = value
    names = {**segmentation.names, 11: "cup_left", UNKNOWN_LABEL: UNKNOWN}
    told = Segmentation(labels, segmentation.grid, names)
    plain, drawn = (qc_picture(volume, s, landmarks())[-420:] for s in (segmentation, told))
    assert amount(plain, METAL_PART_COLOURS["cup"]) == 0 < amount(drawn, METAL_PART_COLOURS["cup"])
    assert amount(drawn, STRUCTURE_COLOURS["metal"]) == 0
    # Hatching is thinner than a pixel: yellower than grey, on every fourth diagonal or so, in three cuts.
    yellow = [((p[..., :2].astype(int) - p[..., 2:]).min(axis=-1) > 40).sum() for p in (plain, drawn)]
    disc_px = np.pi * (10.0 / CUT_WIDTH_MM * CUT_SIZE[0]) ** 2
    assert 3 * disc_px / 8 < yellow[1] - yellow[0] < 3 * disc_px
