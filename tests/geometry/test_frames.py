import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.errors import FrameMismatchError
from coxa.geometry import Frame, RigidTransform, app_frame, functional_frame


def test_app_axes_of_an_upright_pelvis_are_left_posterior_superior():
    frame = app_frame([120, 0, 0], [-120, 0, 0], [25, 0, -90], [-25, 0, -90])
    assert frame.axes == pytest.approx(np.eye(3))
    assert frame.origin == pytest.approx([0, 0, 0])
    assert (frame.target, frame.source) == (Frame.LPS, Frame.APP)


def test_a_pelvis_tipped_forward_has_its_superior_axis_forward():
    # Tubercles behind the ASIS: the top of the plane leans forward (anterior is -y).
    frame = app_frame([120, 0, 0], [-120, 0, 0], [25, 20, -90], [-25, 20, -90])
    assert frame.axes[2][1] < 0
    assert np.linalg.det(frame.matrix[:3, :3]) == pytest.approx(1.0)


def test_points_go_there_and_back():
    frame = app_frame([118, 3, 2], [-121, -4, 5], [27, 12, -88], [-24, 10, -90])
    assert frame.inverse().points(frame.points([10.0, 20.0, 30.0])) == pytest.approx([10.0, 20.0, 30.0])
    assert (frame.inverse() @ frame).matrix == pytest.approx(np.eye(4))


def test_the_left_side_has_positive_left_coordinates_in_any_pose():
    turn = RigidTransform.from_axes([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], [500, 600, 700], "lps", "lps")
    corners = turn.points([[120, 0, 0], [-120, 0, 0], [25, 0, -90], [-25, 0, -90]])
    assert app_frame(*corners).inverse().points(corners[0]) == pytest.approx([120, 0, 0])


def test_functional_frame_keeps_the_left_axis_and_takes_the_tables_vertical():
    lps_from_app = app_frame([120, 0, 0], [-120, 0, 0], [25, 20, -90], [-25, 20, -90])
    functional = functional_frame(lps_from_app)
    assert functional.axes == pytest.approx(np.eye(3))
    assert functional.source == Frame.FUNCTIONAL


def test_composing_frames_that_do_not_meet_is_refused():
    frame = app_frame([120, 0, 0], [-120, 0, 0], [25, 0, -90], [-25, 0, -90])
    with pytest.raises(FrameMismatchError, match="'app' and 'lps' differ"):
        frame @ frame
    with pytest.raises(ValueError, match="proper rotation"):
        RigidTransform(np.diag([-1.0, 1.0, 1.0, 1.0]), "lps", "app")


@pytest.mark.parametrize("turn", [np.diag([1.0, 1.0, 1.0]), np.diag([-1.0, 1.0, -1.0]), np.diag([-1.0, -1.0, 1.0])])
def test_the_functional_frame_of_a_patient_entered_in_a_wrong_position_is_not_upside_down(turn):
    tilted = Rotation.from_euler("xy", [12.0, 4.0], degrees=True).as_matrix().T
    right = functional_frame(RigidTransform.from_axes(tilted, [0.0, 0.0, 0.0]))
    wrong = functional_frame(RigidTransform.from_axes(tilted @ turn.T, [0.0, 0.0, 0.0]))
    np.testing.assert_allclose(wrong.axes, right.axes @ turn.T, atol=1e-12)
    assert right.axes[2][2] > 0.99
