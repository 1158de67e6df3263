from dataclasses import replace

import pytest

from coxa.anatomy import Landmark, Status
from coxa.measure import measure
from tests.measure.made_landmarks import made_landmarks


def with_projected(offset_left, offset_right):
    """The made pelvis whose teardrops' apices on film lie off those in space by (left, posterior, superior)."""
    made = made_landmarks()
    marks = dict(made.points)
    for suffix, offset in (("L", offset_left), ("R", offset_right)):
        for stem in ("TD_DRR_APP", "TD_DRR_FUNCTIONAL"):
            name = f"{stem}_{suffix}"
            marks[name] = Landmark(name, made.points[f"TD_{suffix}"].point + offset, 2.0, Status.OK, "made")
    return replace(made, points=marks)


def rows(landmarks):
    return {(m.side, m.metric, m.frame): m for m in measure(landmarks, {})}


@pytest.mark.parametrize("frame", ["app", "functional"])
def test_the_difference_is_superior_and_lateral_positive_on_both_sides(frame):
    table = rows(with_projected((2.0, 7.0, 1.5), (2.0, -3.0, -0.5)))
    assert table["left", "teardrop_drr_minus_3d_superior", frame].value == pytest.approx(1.5)
    assert table["right", "teardrop_drr_minus_3d_superior", frame].value == pytest.approx(-0.5)
    assert table["left", "teardrop_drr_minus_3d_lateral", frame].value == pytest.approx(2.0)
    assert table["right", "teardrop_drr_minus_3d_lateral", frame].value == pytest.approx(-2.0)


def test_centre_measured_from_the_apices_on_film():
    table = rows(with_projected((2.0, 7.0, 3.0), (-1.0, -3.0, 3.0)))
    # Both apices 3 mm higher: every centre 3 mm lower over their line. Apices at 57 and 56 mm, centres at 87.
    for side, horizontal in (("left", 30.0), ("right", 31.0)):
        assert table[side, "rotation_centre_height_drr_teardrop", "app"].value == pytest.approx(11.0)
        assert table[side, "rotation_centre_horizontal_drr_teardrop", "app"].value == pytest.approx(horizontal)
        assert table[side, "rotation_centre_height", "app"].value == pytest.approx(14.0)


def test_where_it_was_not_looked_for_the_rows_say_so():
    row = rows(made_landmarks())["left", "teardrop_drr_minus_3d_superior", "app"]
    assert row.status is Status.NOT_MEASURABLE
    assert "TD_DRR_APP_L: not searched for" in row.reason
