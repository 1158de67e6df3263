"""Leg length difference: what a femur's pose must not change, and what it does as the legs lie."""

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from coxa.anatomy import SIDES, Side, Status
from coxa.measure import measure
from tests.geometry.shapes import capsule, mesh_of
from tests.measure.made_landmarks import PLACES, made_landmarks

HRC, LT = np.array(PLACES["HRC"]), np.array(PLACES["LT"])
TURNS = {"abducted": ("y", -12.0), "adducted": ("y", 9.0), "flexed": ("x", -15.0)}
"""Of the left femur about its rotation centre, LPS axes."""


def shaft_mesh(side: Side, turn: Rotation, length_mm: float = 200.0):
    mirror = np.array([side.lateral_sign, 1.0, 1.0])
    centre = HRC * mirror
    ends = [centre + turn.apply((np.array([42.0, 5.0, down])) * mirror) for down in (-40.0, -length_mm)]
    low, high = np.min(ends, axis=0) - 20.0, np.max(ends, axis=0) + 20.0
    return mesh_of(lambda points: capsule(points, *ends, 13.0), low, high, 5.0)


@cache
def straight_shaft(side: Side, length_mm: float = 200.0):
    return shaft_mesh(side, Rotation.identity(), length_mm)


def legs(left: Rotation | None = None, longer_mm: float = 0.0, length_mm: float = 200.0):
    moves = {"LT_L": (left or Rotation.identity()).apply(LT - HRC + [0.0, 0.0, -longer_mm]) - (LT - HRC)}
    surfaces = {f"femur_{side}": straight_shaft(side, length_mm) for side in SIDES}
    if left is not None:
        surfaces["femur_left"] = shaft_mesh(Side.LEFT, left, length_mm)
    table = measure(made_landmarks(moves=moves), surfaces)
    return {(m.metric, m.frame): m for m in table if m.metric.startswith("leg_length")}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("longer_mm", [0.0, 8.0])
def test_a_turned_femur_is_not_a_longer_or_shorter_one(turn, longer_mm):
    rows = legs(Rotation.from_euler(*TURNS[turn], degrees=True), longer_mm)
    for frame in ("app", "functional"):
        row = rows["leg_length_difference", frame]
        assert row.value == pytest.approx(longer_mm, abs=0.5)
        assert "corrected for femoral pose" in row.definition
        as_they_lie = rows["leg_length_difference_uncorrected", frame]
        assert abs(as_they_lie.value - longer_mm) > 1.5
        assert "not corrected" in as_they_lie.definition


def test_abduction_of_the_left_leg_lifts_its_trochanter():
    rows = legs(Rotation.from_euler(*TURNS["abducted"], degrees=True))
    # The apex lies 28 mm lateral of the centre and 53 mm below: 12 degrees outward lift it.
    expected = 53.0 * np.cos(np.radians(12)) - 28.0 * np.sin(np.radians(12)) - 53.0
    assert rows["leg_length_difference_uncorrected", "app"].value == pytest.approx(expected, abs=0.01)


def test_without_a_shaft_only_the_distance_as_the_legs_lie_is_left():
    table = measure(made_landmarks(), {"femur_left": straight_shaft(Side.LEFT)})
    rows = {(m.metric, m.frame): m for m in table}
    row = rows["leg_length_difference", "app"]
    assert row.status is Status.NOT_MEASURABLE
    assert "femur_right" in row.reason
    assert rows["leg_length_difference_uncorrected", "app"].status is Status.OK


def test_short_shafts_widen_the_uncertainty_and_warn():
    whole, cut = legs(), legs(length_mm=90.0)
    row = cut["leg_length_difference", "app"]
    assert row.status is Status.WARN
    assert "shaft is in view only" in row.reason
    assert row.uncertainty > whole["leg_length_difference", "app"].uncertainty
