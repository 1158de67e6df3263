import pytest

from coxa.anatomy import Side
from coxa.case import HipFindings, Landmarks, Status
from coxa.planning.propose import side_warning


def landmarks(*with_implant: Side) -> Landmarks:
    hips = {str(side): HipFindings(side in with_implant, None, None) for side in Side}
    return Landmarks({}, None, Status.NOT_MEASURABLE, "made", hips)


def test_an_implant_on_the_other_side_only_is_told():
    warning = side_warning(landmarks(Side.RIGHT), Side.LEFT)
    assert "the right one does" in warning
    assert "mirrored" in warning


@pytest.mark.parametrize("implants", [(), (Side.LEFT,), (Side.LEFT, Side.RIGHT)])
def test_an_implant_where_it_is_asked_for_or_nowhere_is_no_doubt(implants):
    assert side_warning(landmarks(*implants), Side.LEFT) is None
