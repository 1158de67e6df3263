import numpy as np
import pytest

from coxa.anatomy import Landmark, Status
from coxa.geometry.frames import app_frame
from coxa.measure import measure
from coxa.measure.propagation import FRAME_LANDMARKS, FRAME_SCATTER, SIDES_AGREE, Quantity, derive
from tests.measure.made_landmarks import made_landmarks

LENGTH = Quantity("none", "length", "mm", "none", "distance of two points")


def mark(name, place, radius):
    return Landmark(name, np.array(place, float), radius, Status.OK, "made")


def test_the_half_width_holds_nine_tenths_of_simulated_values():
    marks = {"A": mark("A", [0, 0, 0], 2.0), "B": mark("B", [100, 0, 0], 3.0)}

    def length(points):
        return float(np.linalg.norm(points["A"] - points["B"]))

    row = derive(LENGTH, marks, length)
    rng = np.random.default_rng(3)
    # A radius that holds 90 % of a 3D normal is 2.5003 sigma.
    noisy = [
        {n: m.point + rng.normal(0.0, m.uncertainty_mm / 2.5003, 3) for n, m in marks.items()} for _ in range(4000)
    ]
    held = np.mean([abs(length(points) - row.value) <= row.uncertainty for points in noisy])
    assert held == pytest.approx(0.90, abs=0.02)


def test_a_missing_input_is_named_with_its_reason():
    marks = {"A": Landmark.missing("A", "out of view"), "B": mark("B", [1, 0, 0], 1.0)}
    row = derive(LENGTH, marks, lambda points: 0.0)
    assert row.value is None
    assert row.reason == "needs A: out of view"


def test_inputs_that_are_missing_for_the_same_reason_share_it():
    marks = {name: Landmark.missing(name, why) for name, why in (("A", "failed"), ("B", "cut off"), ("C", "failed"))}
    assert derive(LENGTH, marks, lambda points: 0.0).reason == "needs A, C: failed; B: cut off"


@pytest.mark.parametrize("metric", ["pelvic_tilt", "pelvic_obliquity", "pelvic_rotation"])
def test_the_frames_landmarks_scatter_across_what_sticks_out_and_both_sides_together(metric):
    made = made_landmarks()
    row = next(m for m in measure(made, {}) if m.metric == metric)
    marks = {name: made.points[name] for name in FRAME_LANDMARKS}
    rng = np.random.default_rng(5)
    values = []
    for _ in range(3000):
        moved = {}
        for pair in (("ASIS_L", "ASIS_R"), ("PT_L", "PT_R")):
            shared = np.sqrt(SIDES_AGREE) * rng.normal(size=3)
            for name, mirror in zip(pair, (1.0, -1.0), strict=True):
                miss = shared + np.sqrt(1.0 - SIDES_AGREE) * rng.normal(size=3)
                sigma = marks[name].uncertainty_mm / 2.5003
                moved[name] = marks[name].point + sigma * np.array(FRAME_SCATTER) * miss * [mirror, 1.0, 1.0]
        axes = app_frame(*(moved[name] for name in FRAME_LANDMARKS)).axes
        values.append(
            {
                "pelvic_tilt": np.degrees(np.arctan2(axes[2][1], axes[2][2])),
                "pelvic_obliquity": np.degrees(np.arcsin(axes[0][2])),
                "pelvic_rotation": np.degrees(np.arctan2(axes[0][1], axes[0][0])),
            }[metric]
        )
    held = np.mean(np.abs(np.array(values) - row.value) <= row.uncertainty)
    assert held == pytest.approx(0.90, abs=0.025)
