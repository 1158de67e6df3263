"""The coverage map as a picture: anatomical directions are where a surgeon looking into the cup has them."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from coxa.anatomy import Side
from coxa.planning.cup.coverage_map import CoverageMap
from coxa.report.drawing.palette import AUGMENT, HOST_BEHIND, UNSUPPORTED
from coxa.report.pictures.coverage_picture import DISC_PX, MIDDLE_PX, coverage_figure
from tests.report.made_case import planned

APEX = tuple(np.arange(2.5, 90.0, 5.0).tolist())
CLOCK = tuple(np.arange(0.0, 360.0, 5.0).tolist())


def quarters() -> CoverageMap:
    """Host bone above, augment in front, bone 2 mm away behind, nothing below."""
    host = [0.0 if c <= 40 or c >= 320 else 1.5 if 230 <= c <= 310 else None for c in CLOCK]
    part = [0.2 if 50 <= c <= 130 else None for c in CLOCK]
    return CoverageMap(APEX, CLOCK, tuple(tuple(host) for _ in APEX), tuple(tuple(part) for _ in APEX))


def seen(side: Side, right: float, up: float) -> tuple[int, ...]:
    plan = replace(planned().plan, side=side, coverage_map=quarters(), screws=())
    picture = coverage_figure(plan)
    assert picture is not None and str(side) in picture.alt
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2]))).convert("RGB"))
    x, y = round(MIDDLE_PX[0] + right * DISC_PX), round(MIDDLE_PX[1] - up * DISC_PX)
    return tuple(int(v) for v in pixels[y, x])


@pytest.mark.parametrize(("side", "anterior"), [(Side.RIGHT, 1.0), (Side.LEFT, -1.0)])
def test_anterior_is_on_the_right_hand_of_right_hips_and_the_left_of_left_ones(side: Side, anterior: float) -> None:
    assert seen(side, 0.0, 0.8) == HOST_BEHIND[1.0]
    assert seen(side, 0.8 * anterior, 0.0) == AUGMENT
    assert seen(side, -0.8 * anterior, 0.0) == HOST_BEHIND[2.0]
    assert seen(side, 0.0, -0.8) == UNSUPPORTED


def test_plan_without_a_map_has_no_picture() -> None:
    assert coverage_figure(replace(planned().plan, coverage_map=None)) is None


def test_only_screws_through_the_cup_are_drawn_on_it() -> None:
    plan = planned().plan
    screw = plan.screws[0]
    through = replace(plan, coverage_map=quarters(), screws=(replace(screw, through="cup and augment"),))
    beside = replace(through, screws=(replace(screw, through="augment"),))
    none = replace(through, screws=())
    pictures = [coverage_figure(each) for each in (through, beside, none)]
    assert all(pictures)
    drawn, other, bare = (picture.uri for picture in pictures if picture is not None)
    assert other == bare != drawn
