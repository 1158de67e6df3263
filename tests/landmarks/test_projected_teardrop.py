from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import Landmark, Side, Status
from coxa.geometry.frames import RigidTransform
from coxa.landmarks.centres.native_hips import NativeHips
from coxa.landmarks.projected_teardrop import find_projected_teardrop, projected_teardrops
from coxa.landmarks.reliability import Surroundings
from tests.geometry.shapes import mesh_of

CENTRE = np.array([88.0, 54.0, -72.0])
DOWN = np.array([0.0, 0.0, -80.0])
FLIP = np.diag([-1.0, 1.0, 1.0, 1.0])
ARCH_PER_MM = 0.04
APEX_MM = 14.0
LEFT_END = CENTRE - [32.0, 0.0, 15.0]
EVERYWHERE = Surroundings.of(None, None)


def upright():
    return RigidTransform.from_axes(np.eye(3), np.zeros(3))


def arched_wall(points):
    """A left wall 8 mm thick, 32 mm medial of the centre; its lower end is an arch, highest level with the centre."""
    end = CENTRE[2] - APEX_MM - ARCH_PER_MM * (points[..., 1] - CENTRE[1]) ** 2
    box = np.maximum([CENTRE[0] - 36.0, 20.0, -1e3] - points, points - [CENTRE[0] - 28.0, 90.0, CENTRE[2] + 40.0])
    return np.maximum(box.max(-1), end - points[..., 2])


@pytest.fixture(scope="module")
def wall():
    return mesh_of(arched_wall, [40, 10, -160], [75, 100, -25])


def test_level_rays_graze_the_top_of_the_arch(wall):
    medial, behind, below = (CENTRE - find_projected_teardrop(wall, CENTRE, 23.5, LEFT_END, upright(), Side.LEFT)) * [
        1,
        -1,
        1,
    ]
    assert below == pytest.approx(APEX_MM, abs=0.7)
    assert medial == pytest.approx(32.0, abs=0.7)
    assert behind == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("degrees", [-12.0, 12.0])
def test_tilted_rays_graze_where_the_arch_is_as_steep_as_they_are(wall, degrees):
    frame = RigidTransform.from_axes(Rotation.from_euler("x", degrees, degrees=True).as_matrix().T, np.zeros(3))
    rays = frame.axes[1]
    found = find_projected_teardrop(wall, CENTRE, 23.5, LEFT_END, frame, Side.LEFT)
    # The arch falls by 2 k y per mm at y behind its top; the rays rise by their superior over their posterior part.
    expected = -rays[2] / rays[1] / (2.0 * ARCH_PER_MM)
    assert abs(expected) > 2.5
    assert found[1] - CENTRE[1] == pytest.approx(expected, abs=1.3)


def test_a_right_wall_is_the_mirror_image(wall):
    right = find_projected_teardrop(
        wall.transformed(FLIP), CENTRE * [-1, 1, 1], 23.5, LEFT_END * [-1, 1, 1], upright(), Side.RIGHT
    )
    left = find_projected_teardrop(wall, CENTRE, 23.5, LEFT_END, upright(), Side.LEFT)
    assert right == pytest.approx(left * [-1, 1, 1], abs=1e-6)


def test_a_wall_that_runs_on_has_no_apex():
    endless = mesh_of(lambda p: arched_wall(p - DOWN), [40, 10, -240], [75, 100, -100])
    assert find_projected_teardrop(endless, CENTRE, 23.5, LEFT_END, upright(), Side.LEFT) is None


def mark(name, point, status=Status.OK):
    return Landmark(name, np.array(point), 2.0, status, "made", None if status is Status.OK else "destroyed")


def project(surfaces, teardrops, mirrors=None):
    centres = {"HRC_NATIVE_L": mark("HRC_NATIVE_L", CENTRE), "HRC_NATIVE_R": mark("HRC_NATIVE_R", CENTRE * [-1, 1, 1])}
    pelvis = SimpleNamespace(frame=SimpleNamespace(lps_from_app=upright()))
    return projected_teardrops(surfaces, NativeHips(centres, 23.5, mirrors or {}), pelvis, teardrops, EVERYWHERE)


def test_a_destroyed_side_takes_the_mirrored_apex_and_says_so(wall):
    teardrops = {
        "TD_L": mark("TD_L", LEFT_END),
        "TD_R": mark("TD_R", LEFT_END * [-1, 1, 1], Status.WARN),
    }
    mirrors = {Side.RIGHT: SimpleNamespace(other_from_side=FLIP)}
    found = project({"hip_left": wall}, teardrops, mirrors)
    for frame in ("APP", "FUNCTIONAL"):
        left, right = found[f"TD_DRR_{frame}_L"], found[f"TD_DRR_{frame}_R"]
        assert left.status is Status.OK
        assert right.status is Status.WARN and "destroyed" in right.reason
        assert right.point == pytest.approx(left.point * [-1, 1, 1])


def test_without_a_teardrop_in_space_there_is_no_projected_one(wall):
    teardrops = {"TD_L": mark("TD_L", LEFT_END), "TD_R": Landmark.missing("TD_R", "no surface of hip_right")}
    right = project({"hip_left": wall}, teardrops)["TD_DRR_APP_R"]
    assert right.status is Status.NOT_MEASURABLE and "no surface of hip_right" in right.reason


def test_an_edge_far_from_the_teardrop_is_not_taken_for_it(wall):
    teardrops = {
        "TD_L": mark("TD_L", LEFT_END - 0.15 * DOWN),
        "TD_R": Landmark.missing("TD_R", "out of view"),
    }
    left = project({"hip_left": wall}, teardrops)["TD_DRR_APP_L"]
    assert left.status is Status.NOT_MEASURABLE and "11 mm from TD_L" in left.reason
