"""The native skeleton: proportions of adults, and landmarks that are what their definitions say."""

import numpy as np
import pytest

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Side, landmark_name
from coxa.geometry.frames import app_frame
from coxa.phantom.parameters import LEFT_SHAPE, RIGHT_SHAPE
from coxa.phantom.skeleton import build_skeleton
from coxa.phantom.solids import moved


@pytest.fixture(scope="module")
def skeleton():
    return build_skeleton(LEFT_SHAPE, RIGHT_SHAPE)


@pytest.fixture(scope="module")
def app(skeleton):
    """Landmarks in the APP frame."""
    inverse = skeleton.body_from_app.inverse()
    return {name: inverse.points(point) for name, point in skeleton.landmarks_mm.items()}


def test_every_landmark_of_the_contract_is_there(skeleton):
    expected = {landmark_name(stem, side) for stem in PAIRED_LANDMARKS for side in SIDES} | set(SINGLE_LANDMARKS)
    assert set(skeleton.landmarks_mm) == expected


def test_left_is_plus_x_and_the_frame_is_its_own_landmarks(skeleton, app):
    corners = [skeleton.landmarks_mm[name] for name in ("ASIS_L", "ASIS_R", "PT_L", "PT_R")]
    assert app_frame(*corners).matrix == pytest.approx(skeleton.body_from_app.matrix, abs=2e-4)
    for stem in PAIRED_LANDMARKS:
        assert app[f"{stem}_L"][0] > 15 > -15 > app[f"{stem}_R"][0], stem


def test_adult_proportions(app):
    """Reference: inter-centre 173 +- 10, centre 53 mm behind and 72 below mid-ASIS, inter-ASIS about 235."""
    assert np.linalg.norm(app["HRC_L"] - app["HRC_R"]) == pytest.approx(173, abs=5)
    middle = 0.5 * (app["HRC_L"] + app["HRC_R"])
    assert middle[1] == pytest.approx(53, abs=4)
    assert middle[2] == pytest.approx(-72, abs=4)
    assert np.linalg.norm(app["ASIS_L"] - app["ASIS_R"]) == pytest.approx(235, abs=6)


def test_anatomical_order(app):
    for s in "LR":
        superior = {stem: app[f"{stem}_{s}"][2] for stem in PAIRED_LANDMARKS}
        posterior = {stem: app[f"{stem}_{s}"][1] for stem in PAIRED_LANDMARKS}
        assert superior["PSIS"] > superior["ASIS"] > superior["AIIS"] > superior["HRC"] > superior["TD"]
        assert superior["TD"] > superior["IT"] > superior["LT"] - 10
        assert superior["GT"] > superior["LT"] + 40
        assert posterior["PSIS"] > posterior["IS"] > posterior["HRC"] > posterior["AIIS"] > posterior["ASIS"]
        assert abs(app[f"TD_{s}"][0]) < abs(app[f"HRC_{s}"][0]) - 20
        assert abs(app[f"GT_{s}"][0]) > abs(app[f"LT_{s}"][0]) + 10
    assert abs(app["PSY"][0]) < 4 > abs(app["SP"][0])
    assert app["SP"][2] > app["PSY"][2] + 80


def test_sides_differ_enough_to_show_a_mirror_error(app):
    mirrored = np.array([-1.0, 1.0, 1.0])
    gaps = {stem: np.linalg.norm(app[f"{stem}_L"] - mirrored * app[f"{stem}_R"]) for stem in PAIRED_LANDMARKS}
    assert sum(gap > 2.0 for gap in gaps.values()) >= 7, gaps


SURFACE_LANDMARKS = ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT", "TD")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stem", SURFACE_LANDMARKS)
def test_landmarks_lie_on_the_bone(skeleton, stem, side):
    half = skeleton.halves[side]
    point = half.to_body(skeleton.landmarks_mm[landmark_name(stem, side)])
    assert abs(float(half.hip.solid(point[:, None])[0])) < 0.05


DIRECTIONS = {
    "ASIS": (0, -1, 0), "AIIS": (0, -1, 0), "PSIS": (0, 1, 0), "PT": (0, -1, 0),
    "IS": (-0.7071, 0.7071, 0), "IT": (0, 0, -1), "TD": (0, 0, -1),
}  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stem", SURFACE_LANDMARKS)
def test_no_bone_near_a_landmark_lies_further_out(skeleton, stem, side):
    """Dense lattice of 4 mm around the point, in APP axes: nothing of the bone beyond 0.05 mm."""
    half = skeleton.halves[side]
    app_solid = moved(half.in_body(half.hip.solid), skeleton.body_from_app.matrix)
    at = skeleton.body_from_app.inverse().points(skeleton.landmarks_mm[landmark_name(stem, side)])
    line = np.arange(-4.0, 4.01, 0.16)
    lattice = at[:, None] + np.stack(np.meshgrid(line, line, line)).reshape(3, -1)
    direction = np.array(DIRECTIONS[stem]) * [side.lateral_sign, 1, 1]
    bone = lattice[:, app_solid(lattice) < 0]
    assert (direction @ (bone - at[:, None])).max() < 0.05


def test_head_stands_in_its_socket_with_the_joint_space(skeleton):
    for half in skeleton.halves.values():
        rng = np.random.default_rng(0)
        rays = rng.normal(size=(3, 4000))
        rays /= np.linalg.norm(rays, axis=0)
        roof = rays[:, half.hip.opening @ rays < -0.5]
        centre = half.hip.centre[:, None]
        assert np.abs(half.femur.solid(centre + half.femur.head_radius_mm * roof)).max() < 0.05
        gap = half.hip.solid(centre + half.hip.socket_radius_mm * roof)
        assert (np.abs(gap) < 0.3).mean() > 0.5, "the lunate surface is on the socket sphere"
        assert (gap > 1.0).mean() > 0.05, "the fossa is deeper"
        assert half.hip.solid(centre + (half.hip.socket_radius_mm - 0.7) * roof).min() > 0


def test_bones_keep_apart(skeleton):
    points = np.stack(np.meshgrid(np.arange(-90, 90, 3.0), np.arange(60, 160, 3.0), np.arange(-110, 70, 3.0)))
    left, right = (half.in_body(half.hip.solid)(points) for half in skeleton.halves.values())
    middle, vertebra = skeleton.sacrum(points), skeleton.vertebra(points)
    assert (vertebra < 0).any()
    assert not ((vertebra < 2.0) & (middle < 0)).any()
    assert not ((left < 0) & (right < 0)).any()
    assert not ((middle < 0) & ((left < 0) | (right < 0))).any()
    assert (np.maximum(middle, left) < 3.0).any(), "the sacroiliac joint is a narrow gap"


def test_pelvic_ring_has_its_openings(skeleton):
    """Through the obturator foramen and the greater sciatic notch a ray passes; through the wing it does not."""
    half = skeleton.halves[Side.LEFT]

    def blocked(y, z):
        x = np.arange(5.0, 150.0, 0.5)
        return bool((half.hip.solid(np.stack([x, np.full_like(x, y), np.full_like(x, z)])) < 0).any())

    assert not blocked(56.0, -103.0)
    assert not blocked(102.0, -40.0)
    assert blocked(60.0, 30.0)
    assert blocked(90.0, -105.0)
