"""Trochanters that their own shaft or the other femur contradicts."""

import numpy as np
import pytest

from coxa.anatomy import Landmark, Side, Status
from coxa.landmarks import find_landmarks
from coxa.landmarks.trochanters import FemoralLandmarks, compared_sides


def side_of(side, span_mm):
    place = np.array([side.lateral_sign * 140.0, 0.0, 0.0])
    marks = {
        f"{stem}_{side.suffix}": Landmark(f"{stem}_{side.suffix}", place, 3.4, Status.OK, "cap")
        for stem in ("GT", "LT")
    }
    return FemoralLandmarks(marks, span_mm)


def test_equal_femora_are_not_doubted():
    marks = compared_sides({Side.LEFT: side_of(Side.LEFT, 58.0), Side.RIGHT: side_of(Side.RIGHT, 60.5)})
    assert all(mark.status is Status.OK for mark in marks.values())


def test_a_lesser_trochanter_13_mm_too_high_puts_all_four_in_doubt_by_as_much():
    marks = compared_sides({Side.LEFT: side_of(Side.LEFT, 45.0), Side.RIGHT: side_of(Side.RIGHT, 58.0)})
    assert len(marks) == 4
    for mark in marks.values():
        assert mark.status is Status.WARN
        assert mark.uncertainty_mm >= 13.0
        assert "45 mm over" in mark.reason
        assert "58 mm on the right" in mark.reason


def test_one_side_alone_is_not_compared():
    alone = {Side.LEFT: side_of(Side.LEFT, 45.0), Side.RIGHT: side_of(Side.RIGHT, None)}
    assert all(mark.status is Status.OK for mark in compared_sides(alone).values())


@pytest.fixture(scope="module")
def with_another_bone(native_surfaces, native_landmarks):
    """A lump of the pubic ramus counted as femur: behind the neck, but nowhere near the shaft."""
    from coxa.geometry import Mesh

    femur, hip = native_surfaces["femur_left"], native_surfaces["hip_left"]
    axis = native_landmarks.points["LT_L"].point
    near = np.linalg.norm(hip.vertices_lps_mm - native_landmarks.points["IT_L"].point, axis=1) < 25.0
    lump = hip.vertices_lps_mm + (axis + np.array([-40.0, 25.0, 0.0]) - hip.vertices_lps_mm[near].mean(0))
    faces = hip.faces[near[hip.faces].all(axis=1)] + len(femur.vertices_lps_mm)
    joined = Mesh(np.vstack([femur.vertices_lps_mm, lump]), np.vstack([femur.faces, faces]))
    return find_landmarks({**native_surfaces, "femur_left": joined})


def test_a_point_far_from_its_shaft_is_no_lesser_trochanter(with_another_bone):
    mark = with_another_bone.points["LT_L"]
    assert mark.status is Status.NOT_MEASURABLE
    assert "mm from the shaft's axis" in mark.reason
    assert with_another_bone.points["LT_R"].status is Status.OK
