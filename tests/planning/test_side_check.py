import pytest

from coxa.anatomy import Side
from coxa.case import HipFindings, Landmarks, Status
from coxa.planning.propose import doubt_of_side


def landmarks(*with_implant: Side) -> Landmarks:
    hips = {str(side): HipFindings(side in with_implant, None, None) for side in Side}
    return Landmarks({}, None, Status.NOT_MEASURABLE, "made", hips)


def test_an_implant_on_the_other_side_only_is_told():
    doubt = doubt_of_side(landmarks(Side.RIGHT), Side.LEFT)
    assert "the right one does" in doubt
    assert "mirrored" in doubt


@pytest.mark.parametrize("implants", [(), (Side.LEFT,), (Side.LEFT, Side.RIGHT)])
def test_an_implant_where_it_is_asked_for_or_nowhere_is_no_doubt(implants):
    assert doubt_of_side(landmarks(*implants), Side.LEFT) is None
