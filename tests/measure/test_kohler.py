import numpy as np
import pytest

from coxa.anatomy import Side, Status, landmark_name
from coxa.measure import measure
from tests.geometry.shapes import mesh_of
from tests.measure.made_landmarks import made_landmarks


def column(side: Side):
    """A posterior column whose medial face is a plane 30 mm medial of the native centre."""
    low, high = np.array([57.0, 55.0, -110.0]), np.array([75.0, 90.0, -40.0])
    mesh = mesh_of(lambda p: np.maximum(low - p, p - high).max(-1), low - 4.0, high + 4.0)
    return mesh if side is Side.LEFT else mesh.transformed(np.diag([-1.0, 1.0, 1.0, 1.0]))


@pytest.mark.parametrize("side", list(Side))
def test_distance_from_the_kohler_line_is_lateral_positive_on_both_sides(side):
    surfaces = {f"hip_{side}": column(side)}
    for shift, expected in ((0.0, 30.0), (-35.0, -5.0)):
        marks = made_landmarks(moves={landmark_name("HRC", side): (shift, 0.0, 0.0)})
        table = {(m.side, m.metric, m.frame): m for m in measure(marks, surfaces)}
        row = table[side, "rotation_centre_horizontal_kohler", "app"]
        assert row.value == pytest.approx(expected, abs=0.3)
        missing = table[side.opposite, "rotation_centre_horizontal_kohler", "app"]
        assert missing.status is Status.NOT_MEASURABLE
        assert "no surface" in missing.reason
