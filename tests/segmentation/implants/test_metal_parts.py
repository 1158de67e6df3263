"""Metal told apart: a total hip with a screw on the left; plates, nails and wires on the right."""

import numpy as np
import pytest

from coxa.anatomy import SIDES, Side
from coxa.geometry import Grid
from coxa.segmentation.implants.metal_parts import PART_VALUE, recognise_metal
from coxa.segmentation.joints.hip_joint import HipJoint
from tests.geometry.shapes import capsule, sphere

GRID = Grid((168, 60, 168), (1.5, 1.5, 1.5), np.array([-125.0, -45.0, -170.0]), np.eye(3))
LEFT, RIGHT = np.array([80.0, 0.0, 0.0]), np.array([-80.0, 0.0, 0.0])
JOINTS = {Side.LEFT: HipJoint(LEFT, True, 0.08), Side.RIGHT: HipJoint(RIGHT, False, 0.08)}
AXIS = np.array([np.sin(np.radians(45)), 0.0, -np.cos(np.radians(45))])  # out of a left cup: lateral and down
KNEE = np.array([115.0, 0.0, -45.0])
TIP = np.array([108.0, 0.0, -150.0])
HEAD_MM, CUP_MM, WALL_MM = 28.0, 54.0, 4.0


def at_points():
    k, j, i = np.indices(GRID.shape)
    return GRID.points_from_indices(np.stack([i, j, k], axis=-1))


@pytest.fixture(scope="module")
def points():
    return at_points()


@pytest.fixture(scope="module")
def made(points):
    """Masks of the parts of a total hip, apart from each other."""
    away = np.array([-0.3, 0.2, 0.93])
    face = (points - LEFT) @ AXIS
    head = sphere(points, LEFT, HEAD_MM / 2) <= 0
    shell = (np.abs(sphere(points, LEFT, CUP_MM / 2 - WALL_MM / 2)) <= WALL_MM / 2) & (face <= 0)
    stem = (capsule(points, LEFT, KNEE, 6.0) <= 0) | (capsule(points, KNEE, TIP, 7.0) <= 0)
    screw = capsule(points, LEFT + CUP_MM / 2 * away, LEFT + (CUP_MM / 2 + 28.0) * away, 3.0) <= 0
    liner = (sphere(points, LEFT, CUP_MM / 2 - WALL_MM) <= 0) & (face <= 0) & ~head
    return {
        "head_left": head,
        "cup_left": shell,
        "stem_left": stem & ~head,
        "screw": screw & ~shell,
        "liner_left": liner & ~stem,
    }


@pytest.fixture(scope="module")
def hip(made):
    metal = np.any([mask for name, mask in made.items() if name != "liner_left"], axis=0)
    return recognise_metal(metal, GRID, JOINTS)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("name", ["head_left", "cup_left", "stem_left", "screw", "liner_left"])
def test_each_part_of_a_total_hip_is_told_from_the_others(hip, made, name):
    assert dice(hip.labels == PART_VALUE[name], made[name]) > 0.9


def test_every_metal_voxel_is_labelled_and_no_other_but_the_liner(hip, made):
    metal = np.any([mask for name, mask in made.items() if name != "liner_left"], axis=0)
    assert np.array_equal((hip.labels > 0) & (hip.labels != PART_VALUE["liner_left"]), metal)


def test_a_part_is_recorded_with_its_side_volume_and_length(hip):
    (screw,) = [part for part in hip.parts if part.name == "screw"]
    assert screw.side is Side.LEFT
    assert screw.length_mm == pytest.approx(28 + 3 + 1.5, abs=2)  # round tip, and a voxel's width
    assert screw.volume_ml == pytest.approx(np.pi * 9 * 29.5 / 1000, rel=0.15)
    assert {part.side for part in hip.parts} == {Side.LEFT}
    assert set(hip.prostheses) == {Side.LEFT}


def test_the_stem_has_a_neck_from_the_head_and_a_body_down_the_shaft(hip):
    stem = hip.stems[Side.LEFT]
    neck, shaft = KNEE - LEFT, TIP - KNEE
    assert stem.neck_lps @ neck / np.linalg.norm(neck) > np.cos(np.radians(3))
    assert stem.body_lps @ shaft / np.linalg.norm(shaft) > np.cos(np.radians(3))


def test_a_stem_cut_short_has_a_neck_only_and_no_invented_body(made):
    parts = made["head_left"] | made["cup_left"] | made["stem_left"]
    start = round((170 - 60) / 1.5)
    short = recognise_metal(parts[start:], GRID.crop([0, 0, start], [168, 60, 168 - start]), JOINTS)
    assert short.stems[Side.LEFT].body_lps is None
    assert short.stems[Side.LEFT].neck_lps[2] < 0


def test_a_head_without_a_cup_is_a_hemiarthroplasty(made):
    found = recognise_metal(made["head_left"] | made["stem_left"], GRID, JOINTS)
    assert dice(found.labels == PART_VALUE["head_left"], made["head_left"]) > 0.9
    assert not np.isin(found.labels, [PART_VALUE["cup_left"], PART_VALUE["liner_left"]]).any()


def at_right(x, y, z):
    return RIGHT + np.array([x, y, z])


def solid_box(points, middle, size):
    return (np.abs(points - middle) <= np.array(size) / 2).all(axis=-1)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("plate", lambda p: solid_box(p, at_right(0, 0, 30), (12, 4, 70))),
        ("screw", lambda p: capsule(p, RIGHT, at_right(60, 5, 5), 3.5) <= 0),
        ("nail", lambda p: capsule(p, at_right(-30, 0, -20), at_right(-32, 0, -165), 5.5) <= 0),
        ("metal", lambda p: np.abs(np.hypot(sphere(p, RIGHT, 22.0), p[..., 2] + 5)) <= 1.5),  # a cerclage wire
        ("metal", lambda p: solid_box(p, RIGHT, (20, 20, 20))),
    ],
)
def test_metal_without_a_prosthesis_is_named_by_its_shape(points, name, shape):
    metal = shape(points)
    found = recognise_metal(metal, GRID, JOINTS)
    assert [part.name for part in found.parts] == [name]
    assert found.parts[0].side is Side.RIGHT
    assert (found.labels[metal] == PART_VALUE[name]).all()
    assert not found.prostheses


def test_without_metal_nothing_is_recognised():
    found = recognise_metal(np.zeros(GRID.shape, bool), GRID, JOINTS)
    assert not found.labels.any()
    assert not found.parts
    assert set(JOINTS) == set(SIDES)
