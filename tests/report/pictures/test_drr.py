from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from coxa.anatomy import Side
from coxa.geometry import RigidTransform
from coxa.report.drawing.palette import CENTRE_NOW, LINE
from coxa.report.pictures.drr import WIDTH_PX, ap_radiograph, drr_picture, write_drr_picture
from tests.report.made_case import CENTRES, TEARDROPS, case, scan


def is_near(pixels, colour):
    return (np.abs(pixels.astype(int) - colour) < 60).all(-1)


def place(radiograph, point):
    """Where an LPS point is in the finished picture, (x, y)."""
    return (radiograph.view.pixels_from_points(point)[0] + 0.5) * WIDTH_PX / radiograph.view.columns


def drawn(found=("HRC", "HRC_NATIVE", "TD")):
    volume, segmentation = scan()
    return drr_picture(volume, segmentation, case(found)), ap_radiograph(volume, segmentation, case(found))


def test_the_inter_teardrop_line_runs_through_both_teardrops_and_on():
    picture, radiograph = drawn()
    right, left = (place(radiograph, TEARDROPS[side]) for side in (Side.RIGHT, Side.LEFT))
    # The patient's left teardrop is on the viewer's right.
    assert left[0] > right[0] + 100
    for x in (left[0] + 60, 0.5 * (left[0] + right[0]), right[0] - 60):
        assert is_near(picture[round(left[1]) - 3 : round(left[1]) + 4, round(x)], LINE).any()


@pytest.mark.parametrize("side", list(Side))
def test_height_and_horizontal_run_from_the_centre_to_the_line_and_to_the_perpendicular(side):
    picture, radiograph = drawn()
    centre, teardrop = place(radiograph, CENTRES[side]), place(radiograph, TEARDROPS[side])
    for x, y in ((centre[0], 0.4 * centre[1] + 0.6 * teardrop[1]), (0.5 * (centre[0] + teardrop[0]), centre[1])):
        around = picture[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
        assert is_near(around, CENTRE_NOW).any()


def test_without_a_teardrop_nothing_is_drawn_that_rests_on_it_and_the_legend_says_so():
    with_it, radiograph = drawn()
    without, _ = drawn(("HRC", "HRC_NATIVE"))
    film_rows = round(radiograph.view.rows * WIDTH_PX / radiograph.view.columns)
    assert is_near(with_it[:film_rows], LINE).sum() > 1000
    assert not is_near(without[:film_rows], LINE).any()
    assert is_near(without[film_rows:], CENTRE_NOW).sum() > is_near(with_it[film_rows:], CENTRE_NOW).sum()


def test_rows_outside_the_scan_are_cut_off_and_places_stay_true():
    volume, segmentation = scan()
    tilted = RigidTransform.from_axes(Rotation.from_euler("x", 25, degrees=True).as_matrix(), np.zeros(3))
    seen_from_below = replace(case(), landmarks=replace(case().landmarks, lps_from_app=tilted))
    radiograph = ap_radiograph(volume, segmentation, seen_from_below)
    assert radiograph.water_mm[0].max() > 5.0 and radiograph.water_mm[-1].max() > 5.0
    x, y = np.rint(radiograph.view.pixels_from_points(CENTRES[Side.LEFT])[0]).astype(int)
    # The ball of bone is brightest in its middle, 40 mm to either side there is none.
    step = round(40.0 / radiograph.view.mm_per_px)
    assert radiograph.water_mm[y, x] > 1.5 * radiograph.water_mm[y, x - step]


def test_the_file_is_a_picture(tmp_path):
    volume, segmentation = scan()
    write_drr_picture(tmp_path / "drr.png", volume, segmentation, case())
    assert Image.open(tmp_path / "drr.png").size[0] == WIDTH_PX
