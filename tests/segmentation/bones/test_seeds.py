"""The frame that seeds are placed in stays true when a cup has migrated and the patient lies rolled."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import Side
from coxa.segmentation.bones.seeds import hip_frame
from coxa.segmentation.joints.hip_joint import HipJoint


@pytest.mark.parametrize("roll_deg", [0.0, 25.0, -25.0])
@pytest.mark.parametrize("replaced", [Side.LEFT, Side.RIGHT])
def test_a_cup_migrated_upward_tilts_and_lifts_nothing(roll_deg, replaced):
    roll = Rotation.from_euler("z", roll_deg, degrees=True).as_matrix()
    native = {side: roll @ np.array([86.0 * side.lateral_sign, 0.0, 0.0]) for side in Side}
    joints = {
        side: HipJoint(place + (roll @ [0.0, 0.0, 30.0] if side is replaced else 0.0), side is replaced, 0.08)
        for side, place in native.items()
    }
    frame = hip_frame(joints)
    np.testing.assert_allclose(frame.axes, roll.T, atol=1e-9)
    np.testing.assert_allclose(frame.inverse().points(native[replaced.opposite])[1:], [0.0, 0.0], atol=1e-9)


def test_two_native_joints_give_their_own_obliquity():
    joints = {
        Side.LEFT: HipJoint(np.array([86.0, 0.0, 10.0]), False, 0.08),
        Side.RIGHT: HipJoint(np.array([-86.0, 0.0, -10.0]), False, 0.08),
    }
    assert hip_frame(joints).axes[0][2] > 0.1
